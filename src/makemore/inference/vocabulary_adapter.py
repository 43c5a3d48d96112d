"""Adapter that gives a model a wider vocabulary, with characters that the model does not have.

A character that the model does not have has probability zero as the next character. In a context,
the model reads another character in its place.
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
    """A fitted model that has some characters and all labels of a wider vocabulary.

    Attributes:
        model: the model.
        reads_as: (V + labels,) int32, the model's id for each id of the wider vocabulary.
        is_own: (V + labels,) bool, whether the model has the character or label itself; if not,
            `reads_as` has the id of a substitute.
        window: the model's window, in characters; None for whole prefixes.
        vocabulary_size: V, of the wider vocabulary.
    """

    def __init__(
        self,
        model: Model,
        reads_as: NDArray[np.int32],
        is_own: NDArray[np.bool_],
        vocabulary_size: int,
    ) -> None:
        """Create an adapter; see the attributes for the arguments."""
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
        """Return an adapter of the same model to a still wider vocabulary.

        Args:
            reads_as: (V + labels,) int32, this adapter's id for each id of the new vocabulary.
            is_own: (V + labels,) bool, whether this adapter has the character or label itself.
            vocabulary_size: V, of the new vocabulary.
        """
        still_own = is_own & self.is_own[reads_as]
        return VocabularyAdapter(self.model, self.reads_as[reads_as], still_own, vocabulary_size)

    def log_probs(self, c: Contexts) -> Float32s:
        """See `Model.log_probs`."""
        return self._widened(self.model.log_probs(self._as_read(c)))

    @property
    def wider(self) -> NDArray[np.int64]:
        """(own V + labels,) int64, the wider vocabulary's id for each of the model's ids."""
        return np.flatnonzero(self.is_own)

    def own(self, c: Contexts) -> Contexts | None:
        """Return the lines that have only the model's characters, in its ids; None if none do."""
        foreign = np.concatenate([[0], np.cumsum(~self.is_own[c.next][c.edge])])
        which = np.flatnonzero(foreign[c.start[1:]] == foreign[c.start[:-1]])
        if not len(which):
            return None
        few = c.lines(which)
        return replace(self._as_read(few), next=self.reads_as[few.next])

    def _as_read(self, c: Contexts) -> Contexts:
        """Return contexts with `last` and `back` in the model's ids; `next` is not mapped."""
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
        """See `Model.tensors`; an id that the model does not have is stored as -1 - `reads_as`."""
        translation = np.where(self.is_own, self.reads_as, -1 - self.reads_as).astype(np.int32)
        return {**self.model.tensors(), TRANSLATION: translation}

    @classmethod
    def loaded(
        cls, load: Callable[[int, int, Tensors], Model], tensors: Tensors, sizes: tuple[int, int]
    ) -> Self:
        """Rebuild an adapter from its tensors.

        Args:
            load: builds the model from its vocabulary size, its number of labels and its tensors.
            tensors: arrays that `tensors` returned.
            sizes: V and the number of labels of the wider vocabulary.

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
        """Return the model's id of a label."""
        return None if label is None else int(self.reads_as[label])

    def _widened(self, log_probs: Float32s) -> Float32s:
        """Return (n, V) log-probabilities, -inf for characters that the model does not have."""
        widened = np.full((len(log_probs), self.vocabulary_size), -np.inf, np.float32)
        widened[:, self._own] = log_probs[:, self.reads_as[self._own]]
        return widened
