"""Budgets, losses and evaluation times beside busy loops, before and after steps in parts."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from recording import Recorder, extract_source

CLAIM = "a budget is kept, and used well, beside other work"
BEFORE = "9bcbba7"  # the last commit in which torch split each operation between threads
BUDGET, SEEDS = 10, 5  # seconds; seeds of each measurement
LOOPS = {"idle": (0, 0.0), "one loop": (1, 0.0), "two loops": (2, 0.0), "a late loop": (1, 5.0)}
_LOOP = "while True: pass"
# One thread: the process seems to have one processor. It prints the seconds of the second call.
_TIMED = """
import os, sys, time
if sys.argv[1] == "one": os.sched_getaffinity = lambda _: {0}
from makemore import MakeMore
maker, lines = MakeMore.load(sys.argv[2]), open(sys.argv[3]).read().split()
for _ in range(2):
    start = time.perf_counter()
    maker.sample(20_000, seed=1) if sys.argv[4] == "sample" else maker.score_samples(lines)
print(time.perf_counter() - start)
"""


def run(recorder: Recorder) -> bytes:
    """Fit the bundled names under each load with the code before and after, in turn."""
    from makemore.corpus.named.corpora import dataset_named

    repository = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = "".join(f"{line}\n" for line in dataset_named("us-names").load().to_list())
        (folder / "names.txt").write_text(data, encoding="utf-8")
        sides = {"before": extract_source(BEFORE, folder), "after": repository / "src"}
        for load, (loops, delay) in LOOPS.items():
            found = {
                side: [_fit(folder, sides[side], seed, loops, delay) for seed in range(SEEDS)]
                for side in sides
            }
            for side, results in found.items():
                columns = zip(*results, strict=True)
                for metric, unit, values in zip(
                    ("seconds", "dev loss", "steps"), ("s", "nats", "steps"), columns, strict=True
                ):
                    goal = "11 or 12.5" if (side, metric) == ("after", "seconds") else ""
                    recorder.record(f"{load}, {side}, {metric}", unit, list(values), goal)
        for call in ("sample", "score"):
            with _busy(2, 0.0):
                pairs = [
                    [_timed(folder, threads, call) for threads in ("all", "one")]
                    for _ in range(SEEDS)
                ]
            ratios = [every / one for every, one in pairs]
            recorder.record(f"two loops, {call}, time of one thread", "times", ratios, "1.5")
    return sha256(data.encode()).hexdigest().encode()


def _fit(
    folder: Path, source: Path, seed: int, loops: int, delay: float
) -> tuple[float, float, float]:
    """Fit in a process of its own; return the seconds of the fit, the dev loss and the steps."""
    command = [sys.executable, "-m", "makemore", "fit", "names.txt", "-o", "model"]
    with _busy(loops, delay):
        done = subprocess.run(
            [*command, "--budget", f"{BUDGET}s", "--seed", str(seed)],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(source)},
            capture_output=True,
            text=True,
            check=True,
        )
    seconds = float(done.stderr.split("fitted mixture in ")[1].split(" s")[0])
    information = subprocess.run(
        [sys.executable, "-m", "makemore", "info", "model", "--json"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=True,
    )
    training = json.loads(information.stdout)["training"]
    steps = training.get("steps") or 0
    plan = training.get("plan") or ""
    if "-" in plan:
        steps = int(plan.rsplit("-", 1)[1])
    return seconds, training["dev_loss"], float(steps)


def _timed(folder: Path, threads: str, call: str) -> float:
    """Return the seconds of a call on the last model, with all threads or with one."""
    done = subprocess.run(
        [sys.executable, "-c", _TIMED, threads, "model", "names.txt", call],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


@contextmanager
def _busy(loops: int, delay: float) -> Iterator[None]:
    """Run busy loops, which start after a delay."""
    code = f"import time; time.sleep({delay})\n{_LOOP}"
    processes = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()
