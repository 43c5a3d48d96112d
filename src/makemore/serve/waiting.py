"""Draws that wait for a batch, and answers that wait for a request."""

from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Self

from makemore.sampling.shared import Draws

_FEWEST, _MOST = 16, 64  # requests of a kind that are drawn ahead at a time


@dataclass(frozen=True)
class Answer:
    """The lines of a request.

    Attributes:
        lines: the lines; fewer than were asked for if no more were found.
        seed: the seed that gives them again.
        strategy: how they were sampled.
        is_exact: whether they follow the model's distribution exactly.
    """

    lines: list[str]
    seed: int
    strategy: str
    is_exact: bool

    @classmethod
    def of(cls, draws: Draws) -> Self:
        """Return the lines of complete draws."""
        plan = draws.shared.plan
        return cls(draws.lines, draws.seed, plan.method, plan.is_exact)


@dataclass(frozen=True)
class LongAnswer:
    """The lines of a request for many.

    Attributes:
        strategy: how they are sampled.
        is_exact: whether they follow the model's distribution exactly.
        chunks: the lines, some at a time.
    """

    strategy: str
    is_exact: bool
    chunks: AsyncIterator[list[str]]


@dataclass
class Ahead:
    """Answers to a kind of requests without a seed, drawn before they are asked for.

    Attributes:
        asked: number of requests so far; from the second on, answers are drawn ahead.
        ready: answers that nobody has got yet.
        drawing: number of answers that are being drawn.
        size: number of answers to draw next.
    """

    asked: int = 0
    ready: deque[Answer] = field(default_factory=deque)
    drawing: int = 0
    size: int = _FEWEST

    @property
    def is_due(self) -> bool:
        """Whether it is time to draw more."""
        return 2 * len(self.ready) < self.size and not self.drawing

    def start(self) -> None:
        """Note that `size` answers are being drawn; more than before if none was left."""
        if not self.ready:
            self.size = min(2 * self.size, _MOST)
        self.drawing = self.size

    def add(self, draws: Draws, error: BaseException | None) -> None:
        """Keep the lines that were drawn; those that are to be drawn alone are dropped."""
        self.drawing -= 1
        if error is None and draws.is_complete and draws.lines:
            self.ready.append(Answer.of(draws))


@dataclass(frozen=True, eq=False)
class Waiting:
    """Draws that wait for a batch.

    Attributes:
        draws: what to draw.
        finish: is called in the event loop when they are over, with an error or None.
        is_wanted: returns whether anybody still waits for them.
        is_long: whether they are part of a long answer, which waits for short ones.
    """

    draws: Draws
    finish: Callable[[Draws, BaseException | None], None]
    is_wanted: Callable[[], bool] = lambda: True
    is_long: bool = False
