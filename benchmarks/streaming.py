"""Counting lists block by block: time and memory for up to ten million lines."""

import json
import resource
import subprocess
import sys
import tempfile
from hashlib import sha256
from itertools import islice
from pathlib import Path

from recording import Recorder, stopwatch

CLAIM = (
    "ten million lines are counted in bounded memory: that of contexts and digests, not of lines"
)
SIZES = (1_000_000, 3_000_000, 10_000_000)
_MB = 2**20


def child() -> None:
    """Fit to a file in this process; print the seconds, the peak memory, and the sizes."""
    from makemore import MakeMore, read_blocks, read_lines

    path, how, output = sys.argv[1:]
    before = _peak()
    with stopwatch() as clock:
        read = read_blocks if how == "blocks" else read_lines
        maker = MakeMore("kneser_ney").fit(read(path))
        maker.save(output)
        seconds = clock()
    learned = maker.learned_
    found = {"seconds": seconds, "peak": _peak() - before, "model": Path(output).stat().st_size}
    found["distinct"] = learned.cleaning.kept - learned.cleaning.repeated
    found["counts"] = len(learned.model.to_contexts().row)
    print(json.dumps(found))


def _peak() -> int:
    """Return the peak memory of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def run(recorder: Recorder) -> bytes:
    """Measure lists of three sizes, sampled from a model; the smallest also all at once."""
    from makemore import MakeMore
    from makemore.corpus.named.corpora import dataset_named

    maker = MakeMore("kneser_ney").fit(dataset_named("us-names").load())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.txt"
        for size in SIZES:
            with path.open("w", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in islice(maker.stream(ahead=size), size))
            for how in ("blocks", "lines") if size == SIZES[0] else ("blocks",):
                _measure(recorder, path, size, how)
        return sha256(path.read_bytes()).hexdigest().encode()


def _measure(recorder: Recorder, path: Path, size: int, how: str) -> None:
    """Measure one list, in a separate process."""
    command = [sys.executable, __file__, str(path), how, str(path.with_suffix(".safetensors"))]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    name = f"{size:,} lines, {'block by block' if how == 'blocks' else 'all at once'}"
    text, model = path.stat().st_size / _MB, found["model"] / _MB
    recorder.say(f"{name}: {text:.0f} MB of text, {found['distinct']:,} distinct lines")
    recorder.say(f"{found['counts']:,} counts of a character in a context, {model:.0f} MB on disk")
    recorder.record(f"{name}: time", "s", [found["seconds"]])
    peak = found["peak"] / _MB
    recorder.record(f"{name}: memory at most, beside the program's own", "MB", [peak])
    beside = (found["peak"] - 8 * found["distinct"]) / found["counts"]
    title = f"{name}: the same, less 8 bytes for each distinct line"
    recorder.record(title, "bytes a count", [beside])


if __name__ == "__main__":
    child()
