"""Runs a benchmark and writes its record: python benchmarks/run.py NAME [--peer PATH].

Benchmarks are no tests: a slow machine fails none. Whatever is compared is measured in one run.
"""

import argparse
import time
from importlib import import_module

from recording import Recorder, write_record

BENCHMARKS = {
    "lecture-mlp": "lecture_mlp",
    "table-building": "table_building",
    "kneser-ney": "kneser_ney",
    "start-up": "start_up",
    "families": "families",
    "lecture-wavenet": "lecture_wavenet",
    "peer": "peer",
    "quality": "quality",
    "fresh-splits": "fresh_splits",
    "sizes": "sizes",
    "count-once": "count_once",
    "scale": "scale",
    "sampling": "sampling",
    "recording-cost": "recording_cost",
    "streaming": "streaming",
    "fuzzing": "fuzzing",
}

BESIDE_PEER = ("peer", "sampling")


def main() -> None:
    """Runs the benchmark that is named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("--peer", help="a copy of karpathy/makemore, to stand beside")
    asked = parser.parse_args()
    if (asked.name in BESIDE_PEER) != (asked.peer is not None):
        parser.error(f"--peer PATH is for {' and '.join(BESIDE_PEER)}, which need it")
    benchmark = import_module(BENCHMARKS[asked.name])
    recorder, start = Recorder(), time.perf_counter()
    data = benchmark.run(recorder, *([asked.peer] if asked.peer else []))
    folder = write_record(asked.name, benchmark.CLAIM, recorder, data, time.perf_counter() - start)
    print(f"record written to {folder}")


if __name__ == "__main__":
    main()
