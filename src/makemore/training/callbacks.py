"""Interfaces to training: step callbacks and checkpointers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from makemore.inference.model import Tensors
from makemore.options.declaration import Value

if TYPE_CHECKING:
    from makemore.training.loop import Step, TrainOptions, TrainState

OnStep = Callable[["Step"], None]

# Run fingerprint; see `makemore.checkpoint.fingerprint`.
RunValue = Value | list[str] | dict[str, str]
Run = Mapping[str, RunValue]


@dataclass(frozen=True)
class Progress:
    """Progress in training a model's networks: the state needed for a restart.

    Attributes:
        train_options: the training options of each network.
        finished: the tensors of each fully trained network, in order.
        state: the training state of the next network.
        seconds: training time so far.
    """

    train_options: Sequence["TrainOptions"]
    finished: Sequence[Tensors]
    state: "TrainState"
    seconds: float


class Checkpointer(Protocol):
    """Saves training progress, and restores it after an interruption."""

    def begin(self, run: Run) -> Progress | None:
        """Open a run and return its saved progress; None if there is none."""

    def record(self, step: "Step") -> None:
        """Record a step."""

    def is_due(self, done: int, interval: int) -> bool:
        """Return whether to save after `done` steps; `interval` is the dev evaluation interval."""

    def save(self, progress: Progress) -> None:
        """Save the progress."""
