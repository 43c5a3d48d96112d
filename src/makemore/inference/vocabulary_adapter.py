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

TRANSLATION = (
    "translation"  # name of the tensor that maps the wider vocabulary's ids to the model's
)


class VocabularyAdapter:
    """A fitted model that has some characters and all labels of a wider vocabulary.

    Attributes:
        model: the model.
        id_map: (V + labels,) int32, the model's id for each id of the wider vocabulary.
        is_own: (V + labels,) bool, whether the model has the character or label itself; if not,
            `id_map` has the id of a substitute.
        window: the model's window, in characters; None for whole prefixes.
        vocabulary_size: V, of the wider vocabulary.
    """

    def __init__(
        self,
        model: Model,
        id_map: NDArray[np.int32],
        is_own: NDArray[np.bool_],
        vocabulary_size: int,
    ) -> None:
        """Create an adapter; see the attributes for the arguments."""
        self.model, self.id_map, self.is_own = model, id_map, is_own
        self.window, self.vocabulary_size = model.window, vocabulary_size
        self._own_ids = np.flatnonzero(is_own[:vocabulary_size])

    @property
    def has_exact_rows(self) -> bool:
        """See `Model.has_exact_rows`."""
        return self.model.has_exact_rows

    def extend(
        self, id_map: NDArray[np.int32], is_own: NDArray[np.bool_], vocabulary_size: int
    ) -> "VocabularyAdapter":
        """Return an adapter of the same model to a still wider vocabulary.

        Args:
            id_map: (V + labels,) int32, this adapter's id for each id of the new vocabulary.
            is_own: (V + labels,) bool, whether this adapter has the character or label itself.
            vocabulary_size: V, of the new vocabulary.
        """
        own = is_own & self.is_own[id_map]
        return VocabularyAdapter(self.model, self.id_map[id_map], own, vocabulary_size)

    def log_probs(self, c: Contexts) -> Float32s:
        """See `Model.log_probs`."""
        return self._widen(self.model.log_probs(self._map_ids(c)))

    @property
    def wide_ids(self) -> NDArray[np.int64]:
        """(own V + labels,) int64, the wider vocabulary's id for each of the model's ids."""
        return np.flatnonzero(self.is_own)

    def own_lines(self, c: Contexts) -> Contexts | None:
        """Return the lines that have only the model's characters, in its ids; None if none do."""
        foreign_counts = np.concatenate([[0], np.cumsum(~self.is_own[c.next][c.edge])])
        indices = np.flatnonzero(foreign_counts[c.start[1:]] == foreign_counts[c.start[:-1]])
        if not len(indices):
            return None
        selected = c.lines(indices)
        return replace(self._map_ids(selected), next=self.id_map[selected.next])

    def _map_ids(self, c: Contexts) -> Contexts:
        """Return contexts with `last` and `back` in the model's ids; `next` is not mapped."""
        back = None if c.back is None else self.id_map[c.back]
        size = self.model.vocabulary_size
        return replace(c, vocabulary_size=size, last=self.id_map[c.last], back=back)

    def start(self, n: int, label: int | None = None) -> tuple[Float32s, State]:
        """See `Model.start`."""
        log_probs, state = self.model.start(n, self._map_label(label))
        return self._widen(log_probs), state

    def step(self, ids: NDArray[np.int32], state: State) -> tuple[Float32s, State]:
        """See `Model.step`."""
        log_probs, state = self.model.step(self.id_map[ids], state)
        return self._widen(log_probs), state

    def automaton(self, max_states: int, label: int | None = None) -> Automaton | None:
        """See `Model.automaton`."""
        automaton = self.model.automaton(max_states, self._map_label(label))
        if automaton is None:
            return None
        goto = automaton.goto[:, self.id_map[: self.vocabulary_size]]
        return Automaton(automaton.initial, goto, self._widen(automaton.log_probs))

    def tensors(self) -> Tensors:
        """See `Model.tensors`; an id that the model does not have is stored as -1 - `id_map`."""
        translation = np.where(self.is_own, self.id_map, -1 - self.id_map).astype(np.int32)
        return {**self.model.tensors(), TRANSLATION: translation}

    @classmethod
    def from_tensors(
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
            raise ValueError("the id map of a member is invalid")
        is_own = translation >= 0
        id_map = np.where(is_own, translation, -1 - translation)
        own_size = int(np.count_nonzero(is_own[:vocabulary_size]))
        if (id_map >= own_size + labels).any():
            raise ValueError("the id map of a member is invalid")
        rest = {name: value for name, value in tensors.items() if name != TRANSLATION}
        return cls(load(own_size, labels, rest), id_map, is_own, vocabulary_size)

    def _map_label(self, label: int | None) -> int | None:
        """Return the model's id of a label."""
        return None if label is None else int(self.id_map[label])

    def _widen(self, log_probs: Float32s) -> Float32s:
        """Return (n, V) log-probabilities, -inf for characters that the model does not have."""
        widened = np.full((len(log_probs), self.vocabulary_size), -np.inf, np.float32)
        widened[:, self._own_ids] = log_probs[:, self.id_map[self._own_ids]]
        return widened
