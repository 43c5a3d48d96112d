"""A model in a wider vocabulary, which has characters that the model's own list does not have.

A character that the model does not have is impossible where it may come next, and is read as one
that stands in for it where it came before.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s
from makemore.contexts.table import Contexts
from makemore.inference.automaton import Automaton
from makemore.inference.model import Model, State, Tensors

TRANSLATION = "translation"  # the tensor that maps the wider vocabulary's ids to the model's


class VocabularyAdapter:
    """A fitted model over some of a wider vocabulary's characters, and all of its labels.

    Attributes:
        model: the model.
        reads_as: (V + labels,) int32, the model's own id that each id of the wider vocabulary is
            read as.
        is_own: (V + labels,) bool, whether the model has the character or label itself; elsewhere
            another one stands in for it.
        window: how far it looks back.
        vocabulary_size: V, of the wider vocabulary.
    """

    def __init__(
        self,
        model: Model,
        reads_as: NDArray[np.int32],
        is_own: NDArray[np.bool_],
        vocabulary_size: int,
    ) -> None:
        """Take a model and the map of ids; see the attributes."""
        self.model, self.reads_as, self.is_own = model, reads_as, is_own
        self.window, self.vocabulary_size = model.window, vocabulary_size
        self._own = np.flatnonzero(is_own[:vocabulary_size])

    @property
    def has_exact_rows(self) -> bool:
        """See `Model.has_exact_rows`."""
        return self.model.has_exact_rows

    def further(
        self, reads_as: NDArray[np.int32], is_own: NDArray[np.bool_], vocabulary_size: int
    ) -> "VocabularyAdapter":
        """Return the same model in a vocabulary that is wider still.

        Args:
            reads_as: (V + labels,) int32, the id here that each id there is read as.
            is_own: (V + labels,) bool, whether this vocabulary has the character or label itself.
            vocabulary_size: V, of the wider vocabulary.
        """
        still_own = is_own & self.is_own[reads_as]
        return VocabularyAdapter(self.model, self.reads_as[reads_as], still_own, vocabulary_size)

    def log_probs(self, c: Contexts) -> Float32s:
        """See `Model.log_probs`."""
        return self._widened(self.model.log_probs(self._as_read(c)))

    @property
    def wider(self) -> NDArray[np.int64]:
        """(own V + labels,) the wider vocabulary's id of each of the model's own."""
        return np.flatnonzero(self.is_own)

    def own(self, c: Contexts) -> Contexts | None:
        """Return the lines that have only the model's own characters, in its ids; None for none."""
        foreign = np.concatenate([[0], np.cumsum(~self.is_own[c.next][c.edge])])
        which = np.flatnonzero(foreign[c.start[1:]] == foreign[c.start[:-1]])
        if not len(which):
            return None
        few = c.lines(which)
        return replace(self._as_read(few), next=self.reads_as[few.next])

    def _as_read(self, c: Contexts) -> Contexts:
        """Contexts as the model reads them."""
        back = None if c.back is None else self.reads_as[c.back]
        size = self.model.vocabulary_size
        return replace(c, vocabulary_size=size, last=self.reads_as[c.last], back=back)

    def start(self, n: int, label: int | None = None) -> tuple[Float32s, State]:
        """See `Model.start`."""
        log_probs, state = self.model.start(n, self._label(label))
        return self._widened(log_probs), state

    def step(self, ids: NDArray[np.int32], state: State) -> tuple[Float32s, State]:
        """See `Model.step`."""
        log_probs, state = self.model.step(self.reads_as[ids], state)
        return self._widened(log_probs), state

    def automaton(self, most: int, label: int | None = None) -> Automaton | None:
        """See `Model.automaton`."""
        automaton = self.model.automaton(most, self._label(label))
        if automaton is None:
            return None
        goto = automaton.goto[:, self.reads_as[: self.vocabulary_size]]
        return Automaton(automaton.first, goto, self._widened(automaton.log_probs))

    def tensors(self) -> Tensors:
        """See `Model.tensors`; an id that the model does not have is -1 - (what it is read as)."""
        translation = np.where(self.is_own, self.reads_as, -1 - self.reads_as).astype(np.int32)
        return {**self.model.tensors(), TRANSLATION: translation}

    @classmethod
    def loaded(
        cls, load: Callable[[int, int, Tensors], Model], tensors: Tensors, sizes: tuple[int, int]
    ) -> Self:
        """Return the adapter that `tensors` gave.

        Args:
            load: builds the model from its vocabulary size, its number of labels and its tensors.
            tensors: what `tensors` gave.
            sizes: V and the number of labels, of the wider vocabulary.

        Raises:
            ValueError: the tensors do not fit these sizes.
        """
        translation, (vocabulary_size, labels) = tensors[TRANSLATION], sizes
        if translation.shape != (sum(sizes),) or translation.dtype != np.int32:
            raise ValueError("ids stand for none of a member's")
        is_own = translation >= 0
        reads_as = np.where(is_own, translation, -1 - translation)
        own = int(np.count_nonzero(is_own[:vocabulary_size]))
        if (reads_as >= own + labels).any():
            raise ValueError("ids stand for none of a member's")
        rest = {name: value for name, value in tensors.items() if name != TRANSLATION}
        return cls(load(own, labels, rest), reads_as, is_own, vocabulary_size)

    def _label(self, label: int | None) -> int | None:
        """The model's own id of a label."""
        return None if label is None else int(self.reads_as[label])

    def _widened(self, log_probs: Float32s) -> Float32s:
        """(n, V) the model's log-probabilities of its own characters, -inf for the others."""
        widened = np.full((len(log_probs), self.vocabulary_size), -np.inf, np.float32)
        widened[:, self._own] = log_probs[:, self.reads_as[self._own]]
        return widened
