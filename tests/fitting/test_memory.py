"""Counting needs memory for contexts and digests only, not for lines."""

import os
import subprocess
import sys

import numpy as np
import pytest

LIMIT = 192 * 2**20  # bytes beyond the memory of the program itself

COUNT = f"""
import resource, sys
from makemore import MakeMore, NgramOptions
from makemore.corpus.reading.lists import read_blocks, read_lines
import makemore.models.ngram, makemore.fitting.fit

now = int(open("/proc/self/statm").read().split()[5]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_DATA, (now + {LIMIT}, now + {LIMIT}))
read = read_blocks if sys.argv[2] == "blocks" else read_lines
try:
    maker = MakeMore(NgramOptions(window=3)).fit(read(sys.argv[1]))
except MemoryError:
    sys.exit("no memory")
print(maker.learned_.cleaning)
maker.save(sys.argv[3])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory limits are set as on Linux")
def test_a_list_larger_than_memory_is_counted_block_by_block(tmp_path):
    path = tmp_path / "codes.txt"
    codes = np.random.default_rng(0).integers(10**6, 10**7, 3_000_000)
    path.write_text("\n".join(map(str, codes.tolist())) + "\n")

    def count(how):
        single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-c", COUNT, str(path), how, str(tmp_path / "model")]
        return subprocess.run(command, env=os.environ | single, capture_output=True, text=True)

    done = count("blocks")
    distinct = len(np.unique(codes))
    assert done.stdout == (
        f"3,000,000 lines read, 0 blank, {3_000_000 - distinct:,} repeated, 3,000,000 kept, "
        "21,000,000 characters\n"
    )
    # The same list at once exceeds the limit.
    assert count("lines").stderr == "no memory\n"
