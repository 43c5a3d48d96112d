"""While a network is trained: a progress bar, Ctrl-C, and TensorBoard."""

import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from makemore.cli.console import TYPED, say

if TYPE_CHECKING:
    from makemore.probe.tensorboard import TensorBoardWriter
    from makemore.training.callbacks import OnStep
    from makemore.training.loop import Step


class Interruption:
    """Ends a training in order at Ctrl-C: give it as `on_step`.

    Before the first step there is nothing to keep, and Ctrl-C ends the program as ever; so does a
    second one.
    """

    def __init__(self) -> None:
        """Start before the first step."""
        self._is_training, self._is_done, self._is_pressed = False, False, False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Handle the signal of Ctrl-C.

        Raises:
            KeyboardInterrupt: there is nothing to keep, or it is the second time.
        """
        if self._is_pressed or not self._is_training:
            raise KeyboardInterrupt
        self._is_pressed = True
        now = "the training is over" if self._is_done else "stopping after this step"
        say(f"{now}; Ctrl-C again gives everything up")

    def __call__(self, step: "Step") -> None:
        """End the training if Ctrl-C was pressed.

        Raises:
            StopIteration: it was pressed.
        """
        self._is_training, self._is_done = True, step.number == step.steps
        if self._is_pressed:
            raise StopIteration


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Let Ctrl-C end a training in order while this lasts."""
    interruption = Interruption()
    is_main = threading.current_thread() is threading.main_thread()  # which alone handles signals
    if not is_main or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background
        yield interruption
        return
    before = signal.signal(signal.SIGINT, interruption.handle)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, before)


def next_command(output: str, run: str | None) -> str:
    """Return what to type after a training was stopped: to go on with it, or to use the model."""
    if run is None:
        return shlex.join(["makemore", "sample", output])
    typed = list(TYPED.get())
    if "--resume" not in typed:  # behind -- it would be the name of a file
        typed.insert(typed.index("--") if "--" in typed else len(typed), "--resume")
    return shlex.join(["makemore", *typed])


@contextmanager
def progress(what: str) -> "Iterator[OnStep | None]":
    """Show a bar for training steps on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, dev = bar.add_task(what, total=None), ""

        def on_step(step: "Step") -> None:
            nonlocal dev
            dev = dev if step.dev_loss is None else f", dev {step.dev_loss:.4f}"
            bar.update(
                task,
                completed=step.number,
                total=step.steps,
                description=f"{what}: step {step.number}/{step.steps}, loss {step.loss:.4f}{dev}",
            )

        yield on_step


def tracking(folder: str) -> "AbstractContextManager[TensorBoardWriter]":
    """Return what writes a training to a folder for TensorBoard.

    Raises:
        OptionError: TensorBoard is not installed, or nothing can be written there.
    """
    from makemore.probe.tensorboard import TensorBoardWriter

    return TensorBoardWriter(folder)
