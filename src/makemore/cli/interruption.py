"""Signals that end a program: Ctrl-C (SIGINT), SIGTERM, and SIGHUP of a closed terminal.

Each raises `Interrupted`, so that temporary files are deleted, or stops a training after the
current step, so that the best model so far is saved.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from makemore.cli.console import print_message

if TYPE_CHECKING:
    from makemore.training.loop import Step

Handler = Callable[[int, FrameType | None], None]

SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class Interrupted(KeyboardInterrupt):
    """A signal ended the program.

    Attributes:
        status: exit status of shells for a program that the signal ended.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.status = 128 + number


@contextmanager
def handle_signals(handler: Handler) -> Iterator[None]:
    """Return a context in which a function handles the signals that end a program.

    Signals that the process ignores, such as SIGHUP under `nohup` and SIGINT in the background, are
    still ignored. Only the main thread can handle signals; in another one, nothing changes.
    """
    previous = {}
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                previous[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)


def raise_interrupted(number: int, frame: FrameType | None) -> None:
    """Handle a signal by raising `Interrupted`."""
    raise Interrupted(number)


class InterruptHandler:
    """Step callback that stops training cleanly at a signal: give it as `on_step`.

    A signal before the first step, when there is nothing to keep, ends the program as usual. So
    does a second one.

    Attributes:
        status: exit status of the signal that stopped the training; None if none did.
    """

    def __init__(self) -> None:
        """Initialise the state before the first step."""
        self._is_training, self._is_done = False, False
        self.status: int | None = None

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Let the training stop after the current step.

        Raises:
            Interrupted: training has not started, or it is the second signal.
        """
        if self.status is not None or not self._is_training:
            raise Interrupted(number)
        self.status = 128 + number
        state = "training is complete" if self._is_done else "stopping after this step"
        hint = "; press Ctrl-C again to abort without saving" if number == signal.SIGINT else ""
        print_message(f"{state}{hint}")

    def __call__(self, step: "Step") -> None:
        """Stop the training if there was a signal.

        Raises:
            StopIteration: there was a signal.
        """
        self._is_training, self._is_done = True, step.number == step.steps
        if self.status is not None:
            raise StopIteration
