"""What all models that look back K characters share: their state is the window itself."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.contexts import Contexts
from makemore.corpus.vocabulary import BOUNDARY
from makemore.likelihood import Automaton, Floats

Back = NDArray[np.int32]


class WindowModel(ABC):
    """A model of the last K ids, with the line's label in front where there are labels."""

    window: int
    vocabulary_size: int
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
        """See `Model.automaton`."""
        del most, label
        return None
