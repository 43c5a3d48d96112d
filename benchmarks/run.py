"""Run a benchmark and write its record: python benchmarks/run.py NAME [--peer PATH].

Benchmarks are not tests: they do not fail on a slow machine. Compared quantities are measured
in the same run.
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
    "busy": "busy",
    "counting": "counting",
    "small-lists": "small_lists",
    "serve": "serving",
}

NEED_PEER = ("peer", "sampling")


def main() -> None:
    """Run the named benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("--peer", help="a copy of karpathy/makemore, to compare with")
    arguments = parser.parse_args()
    if (arguments.name in NEED_PEER) != (arguments.peer is not None):
        parser.error(f"--peer PATH is for {' and '.join(NEED_PEER)}, which need it")
    benchmark = import_module(BENCHMARKS[arguments.name])
    recorder, start = Recorder(), time.perf_counter()
    data = benchmark.run(recorder, *([arguments.peer] if arguments.peer else []))
    folder = write_record(
        arguments.name, benchmark.CLAIM, recorder, data, time.perf_counter() - start
    )
    print(f"record written to {folder}")


if __name__ == "__main__":
    main()
