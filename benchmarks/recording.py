"""Measurements of a benchmark, and the record that is written from them."""

import io
import json
import math
import os
import platform
import subprocess
import sys
import tarfile
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
    """Values of one metric.

    Attributes:
        metric: name of the metric.
        unit: unit of the values.
        values: one value for each seed or repeat.
        goal: target value in words, or empty.
    """

    metric: str
    unit: str
    values: list[float]
    goal: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the measurement with its mean and standard deviation."""
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
    """Collects the measurements and the log of a benchmark, and the commit it started from."""

    measurements: list[Measurement] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    commit: str = field(default_factory=lambda: _commit())

    def say(self, sentence: str) -> None:
        """Print a sentence and append it to the log."""
        print(sentence, flush=True)
        self.log.append(sentence)

    def record(self, metric: str, unit: str, values: list[float], goal: str = "") -> None:
        """Add a measurement and print it."""
        self.measurements.append(Measurement(metric, unit, values, goal))
        shown = ", ".join(f"{value:,.4g}" for value in values)
        self.say(f"{metric}: {shown} {unit}" + (f"  (goal: {goal})" if goal else ""))


@contextmanager
def stopwatch() -> Iterator[Callable[[], float]]:
    """Yield a function that returns the seconds since the start."""
    start = time.perf_counter()
    yield lambda: time.perf_counter() - start


def write_record(slug: str, claim: str, recorder: Recorder, data: bytes, seconds: float) -> Path:
    """Write record.json and log.txt; the README of a record is written by hand.

    Args:
        slug: name of the benchmark.
        claim: claim of the benchmark, in a sentence.
        recorder: measurements and log.
        data: the input data, of which the digest is recorded.
        seconds: duration of the whole benchmark.
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


def extract_source(commit: str, folder: Path) -> Path:
    """Extract the package as it was at a commit into a folder; return the path to import it from.

    Args:
        commit: the commit.
        folder: an existing folder.
    """
    archive = subprocess.run(
        ["git", "archive", commit, "src"], cwd=RECORDS.parents[1], capture_output=True, check=True
    )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder / commit, filter="data")
    return folder / commit / "src"


def _commit() -> str:
    """Return the current commit, marked as dirty if the tree has changes other than records."""
    head = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", ":/", f":(exclude,top){_PLACE}")
    return f"{head}-dirty" if changed else head or "unknown"


def _git(*arguments: str) -> str:
    """Return the output of a git command in this directory."""
    done = subprocess.run(
        ["git", *arguments], capture_output=True, text=True, check=False, cwd=RECORDS.parent
    )
    return done.stdout.strip()


def _processor() -> str:
    """Return the name of the processor, if available."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or sys.platform
