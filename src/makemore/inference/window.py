"""What all models that look back K characters share: their state is the window itself."""

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.automaton import MOST_CELLS, Automaton
from makemore.inference.likelihood import FamilyModel, Floats, block_rows

Back = NDArray[np.int32]


class WindowModel(FamilyModel, ABC):
    """A model of the last K ids, with the line's label in front where there are labels."""

    window: int
    label_count: int

    @abstractmethod
    def log_probs_at(self, back: Back) -> Floats:
        """(n, V) log-probabilities of the next id after each (n, K) or (n, 1 + K) window."""

    def log_probs(self, c: Contexts) -> Floats:
        """See `Model.log_probs`."""
        return self.log_probs_at(c.lookback(self.window))

    def start(self, n: int, label: int | None = None) -> tuple[Floats, Back]:
        """See `Model.start`."""
        back = np.full((n, self.window), BOUNDARY, dtype=np.int32)
        if self.label_count:
            assert label is not None, "a model with labels starts every line with one"
            back = np.concatenate([np.full((n, 1), label, dtype=np.int32), back], axis=1)
        return self.log_probs_at(back), back

    def step(self, ids: NDArray[np.int32], state: Back) -> tuple[Floats, Back]:
        """See `Model.step`."""
        first = 1 if self.label_count else 0
        back = np.concatenate([state[:, :first], state[:, first + 1 :], ids[:, None]], axis=1)
        return self.log_probs_at(back), back

    def automaton(self, most: int, label: int | None = None) -> Automaton | None:
        """See `Model.automaton`; a state is a window, those at a line's start first."""
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
    def count(self, c: Contexts) -> Self:
        """Count contexts; what was counted before is replaced."""

    @abstractmethod
    def counted(self) -> Contexts:
        """Return what was counted, without the lines."""
