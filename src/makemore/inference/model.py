"""What every fitted model answers, and the base of the models that look back K characters.

Everything outside training speaks to models through `Model`, in NumPy.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import AnyArray, Float32s, Ids
from makemore.corpus.vocabulary import BOUNDARY

if TYPE_CHECKING:
    from makemore.contexts.table import Contexts
    from makemore.inference.automaton import Automaton

Tensors = Mapping[str, AnyArray]
State = Any  # an array, or anything whose rows `state[rows]` selects and repeats


# A block of contexts has at most so many rows, and at most so many log-probabilities (16 MiB of
# float32): what a network holds for a row bounds the one, a large vocabulary the other.
_BLOCK_ROWS, _BLOCK_CELLS = 2**16, 2**22


class Model(Protocol):
    """What every fitted model answers. V is the vocabulary's size; all floats are float32."""

    window: int | None
    vocabulary_size: int

    @property
    def has_exact_rows(self) -> bool:
        """Whether a row of log-probabilities has the same bits whatever rows stand beside it.

        True of counts, whose rows are looked up and normalised one by one. False of products of
        matrices: their last digits depend on the number of rows and on the place among them.
        """

    def log_probs(self, c: "Contexts") -> Float32s:
        """(N, V) natural log-probabilities of the next id in each context; rows sum to one."""

    def start(self, n: int, label: int | None = None) -> tuple[Float32s, State]:
        """(n, V) log-probabilities of first ids, and the state of n lines not yet begun."""

    def step(self, ids: NDArray[np.int32], state: State) -> tuple[Float32s, State]:
        """(n, V) log-probabilities after these (n,) ids, and the state that follows."""

    def automaton(self, most: int, label: int | None = None) -> "Automaton | None":
        """The model as at most so many states, for lines of one label; None if it takes more."""

    def tensors(self) -> Tensors:
        """Everything learned, as named arrays."""


@runtime_checkable
class FamilyModel(Model, Protocol):
    """A model that the registry builds: it can be rebuilt from its tensors, and continue."""

    def load(self, tensors: Tensors) -> Self:
        """Takes back what `tensors` gave."""

    def grown(self, tensors: Tensors, ids: NDArray[np.int64]) -> Tensors:
        """Makes what a model over fewer ids learned fit this one: its id i is `ids[i]` here.

        `ids` is ascending, characters before labels; the model itself is left as it is.
        """


def members(model: Model) -> Sequence[Model]:
    """Return the models that a mixture mixes; the model itself where it is none."""
    found: Sequence[Model] = getattr(model, "members", [model])
    return found


def block_rows(vocabulary_size: int) -> int:
    """Return how many contexts are asked about, or learned from, at once."""
    return max(1, min(_BLOCK_ROWS, _BLOCK_CELLS // vocabulary_size))


class WindowModel(FamilyModel, ABC):
    """A model of the last K ids, with the line's label in front where there are labels."""

    window: int
    label_count: int

    @abstractmethod
    def log_probs_at(self, back: Ids) -> Float32s:
        """(n, V) log-probabilities of the next id after each (n, K) or (n, 1 + K) window."""

    def log_probs(self, c: "Contexts") -> Float32s:
        """See `Model.log_probs`."""
        return self.log_probs_at(c.lookback(self.window))

    def start(self, n: int, label: int | None = None) -> tuple[Float32s, Ids]:
        """See `Model.start`."""
        back = np.full((n, self.window), BOUNDARY, dtype=np.int32)
        if self.label_count:
            assert label is not None, "a model with labels starts every line with one"
            back = np.concatenate([np.full((n, 1), label, dtype=np.int32), back], axis=1)
        return self.log_probs_at(back), back

    def step(self, ids: NDArray[np.int32], state: Ids) -> tuple[Float32s, Ids]:
        """See `Model.step`."""
        first = 1 if self.label_count else 0
        back = np.concatenate([state[:, :first], state[:, first + 1 :], ids[:, None]], axis=1)
        return self.log_probs_at(back), back

    def automaton(self, most: int, label: int | None = None) -> "Automaton | None":
        """See `Model.automaton`; a state is a window, those at a line's start first."""
        from makemore.inference.automaton import MOST_CELLS, Automaton

        ids = self.vocabulary_size - 1
        sizes = [ids**read for read in range(self.window + 1)]  # windows by characters read
        if sum(sizes) > min(most, MOST_CELLS // self.vocabulary_size):
            return None
        starts = np.cumsum([0, *sizes])
        back = np.full((starts[-1], self.window), BOUNDARY, np.int32)
        goto = np.zeros((starts[-1], self.vocabulary_size), np.int32)
        for read, size in enumerate(sizes):
            rows, number = slice(starts[read], starts[read + 1]), np.arange(size)
            for place in range(read):  # the newest character is the last digit
                back[rows, self.window - 1 - place] = 1 + number // ids**place % ids
            then = min(read + 1, self.window)
            after = number[:, None] * ids + np.arange(ids)
            goto[rows, 1:] = starts[then] + after % sizes[then]
        if self.label_count:
            back = np.concatenate([np.full((len(back), 1), label, np.int32), back], axis=1)
        blocks = np.array_split(back, 1 + len(back) // block_rows(self.vocabulary_size))
        return Automaton(0, goto, np.concatenate([self.log_probs_at(part) for part in blocks]))


class CountModel(WindowModel):
    """A model of windows that learns by counting."""

    has_exact_rows = True

    @abstractmethod
    def count(self, c: "Contexts") -> Self:
        """Count contexts; what was counted before is replaced."""

    @abstractmethod
    def counted(self) -> "Contexts":
        """Return what was counted, without the lines."""
