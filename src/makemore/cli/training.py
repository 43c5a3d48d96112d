"""Training callbacks of the command line: progress bar, Ctrl-C handler and TensorBoard."""

import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from makemore.cli.console import ARGUMENTS, print_message

if TYPE_CHECKING:
    from makemore.probe.tensorboard import TensorBoardWriter
    from makemore.training.callbacks import OnStep
    from makemore.training.loop import Step


class InterruptHandler:
    """Step callback that stops training cleanly at Ctrl-C: give it as `on_step`.

    Ctrl-C before the first step, when there is nothing to keep, ends the program as usual. So does
    a second Ctrl-C.
    """

    def __init__(self) -> None:
        """Initialise the state before the first step."""
        self._is_training, self._is_done, self._is_pressed = False, False, False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Handle SIGINT, the signal of Ctrl-C.

        Raises:
            KeyboardInterrupt: training has not started, or it is the second Ctrl-C.
        """
        if self._is_pressed or not self._is_training:
            raise KeyboardInterrupt
        self._is_pressed = True
        state = "training is complete" if self._is_done else "stopping after this step"
        print_message(f"{state}; press Ctrl-C again to abort without saving")

    def __call__(self, step: "Step") -> None:
        """Stop the training if Ctrl-C was pressed.

        Raises:
            StopIteration: Ctrl-C was pressed.
        """
        self._is_training, self._is_done = True, step.number == step.steps
        if self._is_pressed:
            raise StopIteration


@contextmanager
def stop_on_interrupt() -> Iterator[InterruptHandler]:
    """Return a context in which Ctrl-C stops the training cleanly."""
    interruption = InterruptHandler()
    # Only the main thread can handle signals. Background processes may ignore SIGINT.
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield interruption
        return
    previous_handler = signal.signal(signal.SIGINT, interruption.handle)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, previous_handler)


def next_command(output: str, run: str | None) -> str:
    """Return the command to run after a stopped training: resume the run, or sample the model."""
    if run is None:
        return shlex.join(["makemore", "sample", output])
    arguments = list(ARGUMENTS.get())
    if "--resume" not in arguments:  # it goes before --, after which it would be a file name
        arguments.insert(arguments.index("--") if "--" in arguments else len(arguments), "--resume")
    return shlex.join(["makemore", *arguments])


@contextmanager
def progress_bar(description: str) -> "Iterator[OnStep | None]":
    """Return a context with a progress bar on a terminal; it yields the step callback or None."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, dev = bar.add_task(description, total=None), ""

        def on_step(step: "Step") -> None:
            nonlocal dev
            dev = dev if step.dev_loss is None else f", dev {step.dev_loss:.4f}"
            losses = f"loss {step.loss:.4f}{dev}"
            bar.update(
                task,
                completed=step.number,
                total=step.steps,
                description=f"{description}: step {step.number}/{step.steps}, {losses}",
            )

        yield on_step


def open_tensorboard(folder: str) -> "AbstractContextManager[TensorBoardWriter]":
    """Return a callback, as a context manager, that writes TensorBoard logs to a directory.

    Raises:
        OptionError: TensorBoard is not installed, or the directory is not writable.
    """
    from makemore.probe.tensorboard import TensorBoardWriter

    return TensorBoardWriter(folder)
