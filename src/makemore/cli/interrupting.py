"""Ctrl-C while a model is trained: the training ends in order, and what it has is kept."""

import shlex
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from makemore.cli.console import say

TYPED: ContextVar[Sequence[str]] = ContextVar("TYPED", default=())  # the arguments, as typed


class Interruption:
    """Hears Ctrl-C: give it as `on_step`.

    Before the first step there is nothing to keep, and Ctrl-C ends the program as ever; so does a
    second one.
    """

    def __init__(self) -> None:
        """Nothing was heard yet."""
        self._is_training, self._is_done, self._is_heard = False, False, False

    def hear(self, *_: Any) -> None:
        """Takes note of Ctrl-C.

        Raises:
            KeyboardInterrupt: there is nothing to keep, or it is the second time.
        """
        if self._is_heard or not self._is_training:
            raise KeyboardInterrupt
        self._is_heard = True
        now = "the training is over" if self._is_done else "stopping after this step"
        say(f"{now}; Ctrl-C again gives everything up")

    def __call__(self, step: Any) -> None:
        """Ends the training if Ctrl-C was heard.

        Raises:
            StopIteration: it was.
        """
        self._is_training, self._is_done = True, step.number == step.steps
        if self._is_heard:
            raise StopIteration


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Lets Ctrl-C end a training in order while this lasts."""
    interruption = Interruption()
    is_main = threading.current_thread() is threading.main_thread()  # which alone hears signals
    if not is_main or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background
        yield interruption
        return
    before = signal.signal(signal.SIGINT, interruption.hear)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, before)


def next_command(output: str, run: str | None) -> str:
    """What to type after a training was stopped: to go on with it, or to use what it has."""
    if run is None:
        return shlex.join(["makemore", "sample", output])
    typed = list(TYPED.get())
    if "--resume" not in typed:  # behind -- it would be the name of a file
        typed.insert(typed.index("--") if "--" in typed else len(typed), "--resume")
    return shlex.join(["makemore", *typed])
