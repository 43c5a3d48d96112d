"""Scaling with list size: lists of 10^4 to 10^7 characters, one epoch of a GRU each."""

import resource
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from recording import Recorder, stopwatch

CLAIM = "time and memory grow near linearly with the list: tables, an epoch of gru, peak memory"
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)


def child() -> None:
    """Train on the list on standard input for one epoch; print sizes, seconds and peak memory."""
    import numpy as np
    import torch

    from makemore import GRUOptions
    from makemore.contexts.table import Contexts
    from makemore.corpus.lines import Lines
    from makemore.corpus.vocabulary import Vocabulary
    from makemore.models.gru import GRU
    from makemore.training.loop import Training, TrainOptions

    lines = Lines.from_text(sys.stdin.read())
    vocabulary = Vocabulary.of(lines)
    options = GRUOptions(hidden=64)
    network = GRU(options, len(vocabulary), 0).initialise(torch.Generator().manual_seed(0))
    little = Contexts.of(lines.select(np.arange(min(500, len(lines)))), vocabulary, None)
    for _ in Training(network, TrainOptions(steps=5, rate=0.01, batch=4096)).run(little, None):
        pass  # the first steps of torch are slow
    before = resident()
    with stopwatch() as clock:
        c = Contexts.of(lines, vocabulary, None)
        tables = clock()
    steps = max(1, round(c.total / 4096))
    with stopwatch() as clock:
        for _ in Training(network, TrainOptions(steps, rate=0.01, batch=4096)).run(c, None):
            pass
        epoch = clock()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(c.total, len(c), tables, epoch, before, peak / 1024)


def resident() -> float:
    """Return the resident memory of this process, in MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def run(recorder: Recorder) -> bytes:
    """Measure each size in a separate process, on lines sampled from a Kneser-Ney model."""
    from makemore import MakeMore
    from makemore.corpus.named.corpora import dataset_named

    made = MakeMore("kneser_ney").fit(dataset_named("us-names").load())
    lines = made.sample(SIZES[-1] // 7)
    for size in SIZES:
        text = "\n".join(lines[: size // 7])
        command = [sys.executable, __file__]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
        characters, contexts, tables, epoch, before, peak = map(float, done.stdout.split())
        recorder.say(f"{characters:,.0f} characters, {contexts:,.0f} contexts")
        of = f"{size:,} characters"
        recorder.record(f"{of}: tables", "microseconds a character", [1e6 * tables / characters])
        recorder.record(f"{of}: an epoch", "microseconds a character", [1e6 * epoch / characters])
        recorder.record(f"{of}: peak memory above torch and the text", "MiB", [peak - before])
    return sha256("\n".join(lines).encode()).digest()


if __name__ == "__main__":
    child()
