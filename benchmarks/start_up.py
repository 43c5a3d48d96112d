"""Start-up time of whole processes: the help, and sampling from a count model."""

import subprocess
import sys
import tempfile
from pathlib import Path

from recording import Recorder, stopwatch

from makemore import MakeMore
from makemore.corpus.named.corpora import dataset_named

CLAIM = "the command answers at once"
REPEATS = 11
PROGRAM = "from makemore.cli.main import main; main()"


def run(recorder: Recorder) -> bytes:
    """Time whole processes, and an empty Python process for comparison."""
    lines = dataset_named("us-names").load()
    with tempfile.TemporaryDirectory() as folder:
        model = str(Path(folder) / "names.safetensors")
        MakeMore("kneser_ney").fit(lines).save(model)
        commands = {
            "an empty Python": ([sys.executable, "-c", "pass"], ""),
            "makemore --help": ([sys.executable, "-c", PROGRAM, "--help"], "0.25"),
            "makemore sample, Kneser-Ney": (
                [sys.executable, "-c", PROGRAM, "sample", model],
                "0.5",
            ),
        }
        for name, (command, goal) in commands.items():
            seconds = []
            for _ in range(REPEATS):
                with stopwatch() as clock:
                    subprocess.run(command, capture_output=True, check=True)
                    seconds.append(clock())
            recorder.record(f"{name}, whole process", "s", seconds, goal)
    return "\n".join(lines.to_list()).encode()
