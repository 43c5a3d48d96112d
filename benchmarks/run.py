"""Runs a benchmark and writes its record: python benchmarks/run.py NAME.

Benchmarks are no tests: a slow machine fails none. Whatever is compared is measured in one run.
"""

import sys
import time
from importlib import import_module

from recording import Recorder, write_record

BENCHMARKS = {
    "lecture-mlp": "lecture_mlp",
    "table-building": "table_building",
    "kneser-ney": "kneser_ney",
    "start-up": "start_up",
    "families": "families",
}


def main() -> None:
    """Runs the benchmark that is named."""
    if len(sys.argv) != 2 or sys.argv[1] not in BENCHMARKS:
        print(f"usage: python benchmarks/run.py [{'|'.join(BENCHMARKS)}]", file=sys.stderr)
        sys.exit(2)
    slug = sys.argv[1]
    benchmark = import_module(BENCHMARKS[slug])
    recorder, start = Recorder(), time.perf_counter()
    data = benchmark.run(recorder)
    folder = write_record(slug, benchmark.CLAIM, recorder, data, time.perf_counter() - start)
    print(f"record written to {folder}")


if __name__ == "__main__":
    main()
