"""The interface of fitted models, and base classes for models with a window of K characters.

All code outside training uses models through `Model`, with NumPy arrays.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import AnyArray, Float32s, Ids, Ints
from makemore.corpus.vocabulary import BOUNDARY

if TYPE_CHECKING:
    from makemore.contexts.table import Contexts
    from makemore.inference.automaton import Automaton

Tensors = Mapping[str, AnyArray]
State = Any  # an array, or any object where `state[rows]` selects and repeats rows


# Maximum rows of a block of contexts, and maximum log-probabilities (16 MiB of float32). The first
# limits the memory for a network's activations; the second takes effect for large vocabularies.
_BLOCK_ROWS, _BLOCK_ENTRIES = 2**16, 2**22


class Model(Protocol):
    """Interface of every fitted model. V is the vocabulary size; all floats are float32."""

    window: int | None
    vocabulary_size: int

    @property
    def has_exact_rows(self) -> bool:
        """Whether each row of log-probabilities is bit-identical in every batch.

        True for count models: rows are looked up and normalised one by one. False for networks: the
        last digits of a matrix product depend on the number of rows and on the row's position.
        """

    def log_probs(self, c: "Contexts") -> Float32s:
        """Compute (N, V) natural log-probabilities of the next id; probabilities sum to 1."""

    def start(self, n: int, label: int | None = None) -> tuple[Float32s, State]:
        """Return (n, V) log-probabilities of the first id, and the initial state of n lines."""

    def step(self, ids: NDArray[np.int32], state: State) -> tuple[Float32s, State]:
        """Read (n,) ids; return (n, V) log-probabilities of the next id, and the new state."""

    def automaton(self, max_states: int, label: int | None = None) -> "Automaton | None":
        """Compile the model to an automaton, for lines of one label; None if it is too large."""

    def tensors(self) -> Tensors:
        """Return all fitted parameters, as named arrays."""


@runtime_checkable
class FamilyModel(Model, Protocol):
    """A model built by the registry: it can be loaded from tensors, and trained further."""

    def load(self, tensors: Tensors) -> Self:
        """Set the fitted parameters from arrays that `tensors` returned; return self."""

    def resize_tensors(self, tensors: Tensors, ids: NDArray[np.int64]) -> Tensors:
        """Resize the tensors of a model over a smaller vocabulary to this model's vocabulary.

        Id i of the smaller vocabulary is `ids[i]` in this one. `ids` is ascending, characters
        before labels. This model does not change.
        """


def members(model: Model) -> Sequence[Model]:
    """Return the members of a mixture; for any other model, the model itself."""
    result: Sequence[Model] = getattr(model, "members", [model])
    return result


def block_rows(vocabulary_size: int) -> int:
    """Return the number of contexts to evaluate, or to train on, at once."""
    return max(1, min(_BLOCK_ROWS, _BLOCK_ENTRIES // vocabulary_size))


class WindowModel(FamilyModel, ABC):
    """A model of the last K ids, preceded by the line's label if there are labels."""

    window: int
    label_count: int

    @abstractmethod
    def log_probs_at(self, back: Ids) -> Float32s:
        """Compute (n, V) log-probabilities of the next id after (n, K) or (n, 1 + K) windows."""

    def log_probs(self, c: "Contexts") -> Float32s:
        """See `Model.log_probs`."""
        return self.log_probs_at(c.lookback(self.window))

    def start(self, n: int, label: int | None = None) -> tuple[Float32s, Ids]:
        """See `Model.start`."""
        back = np.full((n, self.window), BOUNDARY, dtype=np.int32)
        if self.label_count:
            assert label is not None, "a model with labels needs a label"
            back = np.concatenate([np.full((n, 1), label, dtype=np.int32), back], axis=1)
        return self.log_probs_at(back), back

    def step(self, ids: NDArray[np.int32], state: Ids) -> tuple[Float32s, Ids]:
        """See `Model.step`."""
        first = 1 if self.label_count else 0
        back = np.concatenate([state[:, :first], state[:, first + 1 :], ids[:, None]], axis=1)
        return self.log_probs_at(back), back

    def automaton(self, max_states: int, label: int | None = None) -> "Automaton | None":
        """See `Model.automaton`; states are windows, in order of the number of characters read."""
        from makemore.inference.automaton import MAX_TABLE_ENTRIES, Automaton

        ids = self.vocabulary_size - 1
        sizes = [ids**length for length in range(self.window + 1)]  # number of windows by length
        if sum(sizes) > min(max_states, MAX_TABLE_ENTRIES // self.vocabulary_size):
            return None
        starts = np.cumsum([0, *sizes])
        back = np.full((starts[-1], self.window), BOUNDARY, np.int32)
        goto = np.zeros((starts[-1], self.vocabulary_size), np.int32)
        for length, size in enumerate(sizes):
            rows, number = slice(starts[length], starts[length + 1]), np.arange(size)
            for position in range(length):  # the newest character is the last digit
                back[rows, self.window - 1 - position] = 1 + number // ids**position % ids
            next_length = min(length + 1, self.window)
            next_number = number[:, None] * ids + np.arange(ids)
            goto[rows, 1:] = starts[next_length] + next_number % sizes[next_length]
        if self.label_count:
            back = np.concatenate([np.full((len(back), 1), label, np.int32), back], axis=1)
        blocks = np.array_split(back, 1 + len(back) // block_rows(self.vocabulary_size))
        return Automaton(0, goto, np.concatenate([self.log_probs_at(block) for block in blocks]))


class CountModel(WindowModel):
    """A model of windows that is fitted by counting."""

    has_exact_rows = True

    @property
    def is_complete(self) -> bool:
        """Whether all counts are kept, so that `to_contexts` returns them."""
        return True

    @abstractmethod
    def count(self, c: "Contexts") -> Self:
        """Count contexts, replacing all previous counts; return self."""

    @abstractmethod
    def pair_log_probs(self, back: Ids, row: Ints, ids: Ids) -> Float32s:
        """Compute the log-probabilities of some ids after some windows.

        They equal those of `log_probs_at`, without those of all other ids.

        Args:
            back: (n, K) or (n, 1 + K) windows.
            row: (m,) index of a window.
            ids: (m,) id after that window.

        Returns:
            (m,) float32, nats.
        """

    @abstractmethod
    def to_contexts(self) -> "Contexts":
        """Return the counts as contexts without lines."""


class BackoffModel(CountModel):
    """A count model that shortens a context until it is one that was counted."""

    @abstractmethod
    def known_length(self, back: Ids) -> Ints:
        """Return (n,) how many of the latest characters of each window were counted in this order.

        The start of a line counts as a character.
        """

    def known_lengths(self, c: "Contexts") -> Ints:
        """Return (C,) the known length before each character, in the order of `c.edge`."""
        return self.known_length(c.lookback(self.window))[c.row][c.edge]
