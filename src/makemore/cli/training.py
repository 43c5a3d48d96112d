"""Training callbacks of the command line: progress bar, progress lines and TensorBoard."""

import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from makemore.cli.console import ARGUMENTS, print_message

if TYPE_CHECKING:
    from makemore.probe.tensorboard import TensorBoardWriter
    from makemore.training.callbacks import OnStep
    from makemore.training.loop import Step

_FIRST_LINE, _MAX_INTERVAL = 15.0, 300.0  # seconds between lines of progress


def next_command(output: str, run: str | None) -> str:
    """Return the command to run after a stopped training: resume the run, or sample the model."""
    if run is None:
        return shlex.join(["makemore", "sample", output])
    arguments = list(ARGUMENTS.get())
    if "--resume" not in arguments:  # it goes before --, after which it would be a file name
        arguments.insert(arguments.index("--") if "--" in arguments else len(arguments), "--resume")
    return shlex.join(["makemore", *arguments])


class ProgressLines:
    """Step callback that prints the progress now and then, for a log.

    The first line comes after fifteen seconds, and each further one after twice the time, but at
    least every five minutes.
    """

    def __init__(self, description: str) -> None:
        """Start the clock."""
        self._description, self._dev = description, ""
        self._started, self._next = time.perf_counter(), _FIRST_LINE

    def __call__(self, step: "Step") -> None:
        """Print a line if it is time."""
        self._dev = _dev_loss(step) or self._dev
        elapsed = time.perf_counter() - self._started
        if elapsed >= self._next and step.number < step.steps:
            self._next = elapsed + min(elapsed, _MAX_INTERVAL)
            progress = _describe_step(self._description, step, self._dev)
            print_message(f"{progress}, {elapsed:,.0f} s")


def _describe_step(description: str, step: "Step", dev: str) -> str:
    """Return the number of a step and its losses as text."""
    return f"{description}: step {step.number:,}/{step.steps:,}, loss {step.loss:.4f}{dev}"


def _dev_loss(step: "Step") -> str:
    """Return the dev loss of a step as text; an empty string if it has none."""
    return "" if step.dev_loss is None else f", dev {step.dev_loss:.4f}"


@contextmanager
def show_progress(description: str) -> "Iterator[OnStep]":
    """Return a context with a step callback: a progress bar on a terminal, else lines for a log."""
    if not sys.stderr.isatty():
        yield ProgressLines(description)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, dev = bar.add_task(description, total=None), ""

        def on_step(step: "Step") -> None:
            nonlocal dev
            dev = _dev_loss(step) or dev
            progress = _describe_step(description, step, dev)
            bar.update(task, completed=step.number, total=step.steps, description=progress)

        yield on_step


def open_tensorboard(folder: str) -> "AbstractContextManager[TensorBoardWriter]":
    """Return a callback, as a context manager, that writes TensorBoard logs to a directory.

    Raises:
        OptionError: TensorBoard is not installed, or the directory is not writable.
    """
    from makemore.probe.tensorboard import TensorBoardWriter

    return TensorBoardWriter(folder)
