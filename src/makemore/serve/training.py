"""The process of a job: python -m makemore.serve.training FOLDER learns the list in a folder.

The folder has `job.json`, which says what to learn and how, and the list. The model is written to
`model` there. Progress goes to standard output, one JSON object in each line. SIGTERM stops the
training, and the best weights so far are kept; before the first step it ends the process.
"""

import json
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import numpy as np

from makemore.checkpoint.model_file import Document
from makemore.corpus.lines import Lines
from makemore.corpus.rare_lines import drop_rare
from makemore.corpus.reading.lists import read_lines
from makemore.corpus.reading.rows import Columns
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import DataError, MakemoreError
from makemore.estimator.makemore import MakeMore
from makemore.fitting.small_lists import choose_starter
from makemore.inference.model import FamilyModel
from makemore.options.declaration import Options, Value
from makemore.options.verbs import FitOptions, InputOptions, SampleOptions
from makemore.registry import family_named
from makemore.sampling.request import Source
from makemore.sampling.stream import Stream

if TYPE_CHECKING:
    from makemore.training.loop import Step

CANCELLED = 3  # exit status if it was stopped before there was anything to keep
_PROGRESS, _SAMPLES = 0.5, 4.0  # minimum seconds between two events, and between two with lines
_LINES = 5  # sampled as the model learns
_NICENESS = 5  # so that sampling goes first


def emit(kind: str, **data: Value | list[str]) -> None:
    """Print an event."""
    sys.stdout.write(json.dumps({"event": kind, **data}) + "\n")
    sys.stdout.flush()


class Reporter:
    """Step callback that reports progress, samples a few lines now and then, and stops in time."""

    def __init__(self, lines: Lines, seconds: float) -> None:
        """Prepare for a list, and a maximum number of seconds."""
        self._vocabulary, self._longest = Vocabulary.of(lines), int(lines.lengths().max(initial=1))
        labels = np.zeros(len(lines), np.int32) if lines.labels is None else lines.labels
        weights = np.bincount(labels, lines.counts(), len(self._vocabulary.labels))
        self._label_shares = (
            weights / (weights.sum() or 1.0) if lines.labels is not None else np.zeros(0)
        )
        self._started = self._reported = self._sampled = time.perf_counter()
        self._seconds, self._is_training, self._is_stopped = seconds, False, False
        self._dev_loss: float | None = None

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Handle SIGTERM."""
        if not self._is_training:
            os._exit(CANCELLED)
        self._is_stopped = True

    def __call__(self, step: "Step") -> None:
        """Report a step.

        Raises:
            StopIteration: the training is to stop.
        """
        self._is_training = True
        now = time.perf_counter()
        self._dev_loss = self._dev_loss if step.dev_loss is None else step.dev_loss
        if now - self._reported >= _PROGRESS or step.number == step.steps:
            self._reported = now
            progress = {"step": step.number, "steps": step.steps, "loss": step.loss}
            seconds = round(now - self._started, 2)
            emit("progress", **progress, dev_loss=self._dev_loss, seconds=seconds)
        has_own_vocabulary = step.network.vocabulary_size != len(self._vocabulary)
        if now - self._sampled >= _SAMPLES and not has_own_vocabulary:
            self._sampled = now
            emit("sample", step=step.number, lines=self._sample(step))
        if self._is_stopped or now - self._started > self._seconds:
            raise StopIteration

    def _sample(self, step: "Step") -> list[str]:
        """Return a few lines of the network in its current state."""
        network = step.network
        assert isinstance(network, FamilyModel)
        source = Source(network, self._vocabulary, self._longest, self._label_shares)
        is_training = step.network.training
        step.network.eval()
        try:
            return list(islice(Stream(source, SampleOptions(seed=step.number), ahead=1), _LINES))
        finally:
            step.network.train(is_training)


def learn(folder: Path, job: Document) -> None:
    """Learn the list of a job and save the model."""
    options = FitOptions.of(job["fit"])
    lines = _read(next(folder.glob("list.*")), InputOptions.of(job["input"]))
    lines = drop_rare(lines, options.min_count)
    family: str | Options = job["model"]
    if job["options"]:
        family = family_named(job["model"]).options.of(job["options"])
    emit("read", lines=len(lines), summary=str(lines.summary()))
    reporter = Reporter(lines, job["seconds"])
    signal.signal(signal.SIGTERM, reporter.stop)
    # The starter's training on a short list takes seconds, and has no checkpoints.
    has_starter = family == "auto" and choose_starter(lines, options) is not None
    run = None if has_starter else folder / "run"
    maker = MakeMore(family).set_params(**options.parameters())
    maker.fit(lines, on_step=reporter, run=run)
    maker.save(folder / "model")


def _read(path: Path, source: InputOptions) -> Lines:
    """Read the list; errors do not name its path on the server."""
    try:
        return read_lines(path, Columns.of(source), source.encoding)
    except DataError as error:
        raise error.at(replace(error.location, file=None)) from None


def _end_with_server() -> None:
    """End the process when the server is gone, which holds the other end of standard input."""
    while os.read(0, 1024):  # not sys.stdin, which Python could not close at the end
        pass
    os._exit(CANCELLED)


def main(folder: Path) -> None:
    """Run a job; the exit status is 0 if there is a model."""
    # Ctrl-C in the terminal of the server is for the server, which stops its jobs itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(CANCELLED))
    threading.Thread(target=_end_with_server, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    try:
        learn(folder, json.loads((folder / "job.json").read_bytes()))
    except MakemoreError as error:
        emit("failed", message=str(error))
        sys.exit(1)
    except MemoryError:
        emit("failed", message="the list needs more memory than there is: send a shorter one")
        sys.exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
