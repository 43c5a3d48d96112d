"""Fuzzing of every entry point for user input: number of inputs, and of failures."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from recording import Recorder, stopwatch

CLAIM = "any input gives a result or a one-line error"
FUZZ = Path(__file__).parents[1] / "fuzz"
SEED = 20261122
RUNS = {
    "reading": 60_000,
    "choosing": 60_000,
    "patterns": 40_000,
    "sampling": 12_000,
    "sequences": 60_000,
    "models": 12_000,
    "command": 12_000,
}


def run(recorder: Recorder) -> bytes:
    """Fuzz every target, starting from the stored corpus."""
    recorder.say(f"atheris {version('atheris')}, seed {SEED}")
    taken = broke = 0
    for name, runs in RUNS.items():
        kept = sorted((FUZZ / "corpus" / name).iterdir())
        command = [sys.executable, str(FUZZ / "run.py"), name, f"-runs={runs}", f"-seed={SEED}"]
        with stopwatch() as clock:
            done = subprocess.run(
                [*command, "-max_len=400", "-print_final_stats=1"],
                capture_output=True,
                text=True,
                check=False,
            )
            seconds = clock()
        units = int(re.findall(r"number_of_executed_units: (\d+)", done.stderr)[-1])
        covered = re.findall(r"cov: (\d+)", done.stderr)[-1]
        found = len(re.findall(r"Test unit written to", done.stderr))
        recorder.say(
            f"{name}: {units:,} inputs from {len(kept)} kept, {covered} edges covered, "
            f"{seconds:.0f} s, exit {done.returncode}"
        )
        recorder.record(f"{name}, inputs", "inputs", [units])
        taken, broke = taken + units, broke + found
    recorder.record("fuzzed inputs", "inputs", [taken], "100,000")
    recorder.record("fuzzed inputs that broke the contract", "inputs", [broke], "0")
    return b"".join(path.read_bytes() for path in sorted((FUZZ / "corpus").glob("*/*")))
