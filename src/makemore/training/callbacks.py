"""What is told of a training while it goes on, and what keeps it so that it can be resumed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from makemore.inference.likelihood import Tensors

if TYPE_CHECKING:
    from makemore.training.loop import TrainState

OnStep = Callable[[Any], None]


@dataclass(frozen=True)
class Progress:
    """How far the training of a model's networks has come: all that a restart needs.

    Attributes:
        settled: how each network is trained, the fields of `TrainOptions` by name.
        finished: the tensors of each network that is done, in their order.
        state: that of the next one.
        seconds: what all of it took so far.
    """

    settled: Sequence[Mapping[str, Any]]
    finished: Sequence[Tensors]
    state: "TrainState"
    seconds: float


class Keeper(Protocol):
    """Keeps a training as it goes on, and gives it back after it was stopped."""

    def begin(self, run: Mapping[str, Any]) -> Progress | None:
        """Opens a run, and gives what was kept of it; None if there is nothing yet."""

    def note(self, step: Any) -> None:
        """Takes note of each step."""

    def is_due(self, done: int, pace: int) -> bool:
        """Whether to keep it now, after so many steps; `pace` lie between looks at the dev part."""

    def keep(self, progress: Progress) -> None:
        """Keeps how far the training has come."""


@dataclass(frozen=True)
class Hooks:
    """Who is told of a training.

    Attributes:
        on_step: called with each `Step`; it may raise StopIteration, and the training ends in order
            with the best weights so far.
        keeper: keeps the training, so that it can be resumed.
    """

    on_step: OnStep | None = None
    keeper: Keeper | None = None


NO_HOOKS = Hooks()
