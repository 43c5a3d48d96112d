"""What a training reports to: callbacks of each step, and what saves checkpoints."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from makemore.inference.model import Tensors
from makemore.options.declaration import Value

if TYPE_CHECKING:
    from makemore.training.loop import Step, TrainOptions, TrainState

OnStep = Callable[["Step"], None]

# What tells one run from another; see `makemore.checkpoint.fingerprint`.
RunValue = Value | list[str] | dict[str, str]
Run = Mapping[str, RunValue]


@dataclass(frozen=True)
class Progress:
    """How far the training of a model's networks has come: all that a restart needs.

    Attributes:
        settled: how each network is trained.
        finished: the tensors of each network that is done, in their order.
        state: that of the next one.
        seconds: what all of it took so far.
    """

    settled: Sequence["TrainOptions"]
    finished: Sequence[Tensors]
    state: "TrainState"
    seconds: float


class Checkpointer(Protocol):
    """Saves a training as it goes on, and restores it after it was stopped."""

    def begin(self, run: Run) -> Progress | None:
        """Open a run, and return what was saved of it; None if there is nothing yet."""

    def note(self, step: "Step") -> None:
        """Record a step."""

    def is_due(self, done: int, interval: int) -> bool:
        """Whether to save now, after so many steps; `interval` lie between two dev evaluations."""

    def keep(self, progress: Progress) -> None:
        """Save how far the training has come."""
