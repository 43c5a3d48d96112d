"""What a benchmark measures, and how it becomes a record that can be checked."""

import json
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

UNIT = "nats per character"
RECORDS = Path(__file__).parent / "records"
_PLACE = "benchmarks/records"
LIBRARIES = ("makemore", "numpy", "torch", "safetensors")


@dataclass
class Measurement:
    """One figure: what is claimed, in which unit, measured how often.

    Attributes:
        metric: what was measured.
        unit: in which unit.
        values: one for each seed or repeat.
        goal: what it was to reach, in words, or nothing.
    """

    metric: str
    unit: str
    values: list[float]
    goal: str = ""

    def as_json(self) -> dict[str, object]:
        """The measurement with its mean and standard deviation."""
        mean = sum(self.values) / len(self.values)
        squares = sum((value - mean) ** 2 for value in self.values)
        sd = math.sqrt(squares / (len(self.values) - 1)) if len(self.values) > 1 else 0.0
        return {
            "metric": self.metric,
            "unit": self.unit,
            "goal": self.goal,
            "values": self.values,
            "mean": mean,
            "sd": sd,
        }


@dataclass
class Recorder:
    """Collects a benchmark's measurements and its log, and the commit it started from."""

    measurements: list[Measurement] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    commit: str = field(default_factory=lambda: _commit())

    def say(self, sentence: str) -> None:
        """Prints a sentence and keeps it for the log."""
        print(sentence, flush=True)
        self.log.append(sentence)

    def measured(self, metric: str, unit: str, values: list[float], goal: str = "") -> None:
        """Keeps a figure."""
        self.measurements.append(Measurement(metric, unit, values, goal))
        shown = ", ".join(f"{value:,.4g}" for value in values)
        self.say(f"{metric}: {shown} {unit}" + (f"  (goal: {goal})" if goal else ""))


@contextmanager
def stopwatch() -> Iterator[Callable[[], float]]:
    """Gives a function that tells the seconds since the start."""
    start = time.perf_counter()
    yield lambda: time.perf_counter() - start


def write_record(slug: str, claim: str, recorder: Recorder, data: bytes, seconds: float) -> Path:
    """Writes record.json and log.txt; the README of a record is written by hand.

    Args:
        slug: the benchmark's name.
        claim: what it shows, in a sentence.
        recorder: what was measured.
        data: the data it was measured on, for its digest.
        seconds: how long all of it took.
    """
    folder = RECORDS / f"{time.strftime('%Y-%m-%d')}_{slug}"
    folder.mkdir(parents=True, exist_ok=True)
    record = {
        "claim": claim,
        "measurements": [measurement.as_json() for measurement in recorder.measurements],
        "command": f"python benchmarks/run.py {slug}",
        "commit": recorder.commit,
        "data_sha256": sha256(data).hexdigest(),
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "cores": os.cpu_count(),
            "processor": _processor(),
        },
        "versions": {"python": platform.python_version()} | {n: version(n) for n in LIBRARIES},
        "seconds": round(seconds, 1),
    }
    (folder / "record.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    (folder / "log.txt").write_text("\n".join(recorder.log) + "\n", encoding="utf-8")
    return folder


def _commit() -> str:
    """The commit measured, with a mark if the tree has changes other than records."""
    head = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", ":/", f":(exclude,top){_PLACE}")
    return f"{head}-dirty" if changed else head or "unknown"


def _git(*arguments: str) -> str:
    """What git answers, in this folder."""
    done = subprocess.run(
        ["git", *arguments], capture_output=True, text=True, check=False, cwd=RECORDS.parent
    )
    return done.stdout.strip()


def _processor() -> str:
    """The processor's name, where the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or sys.platform
