"""A model asked in another model's characters: those of a list that it never saw as well.

A character that the model does not have is impossible where it may come next, and is read as one
that stands in for it where it came before.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from makemore.contexts.table import Contexts
from makemore.inference.automaton import Automaton
from makemore.inference.likelihood import Floats, Model, State, Tensors

TRANSLATION = "translation"  # the tensor that says what each id stands for


class VocabularyAdapter:
    """A fitted model over some of a wider vocabulary's characters, and all of its labels.

    Attributes:
        model: the model.
        window: how far it looks back.
        vocabulary_size: V, of the wider vocabulary.
    """

    def __init__(self, model: Model, ids: NDArray[np.int32], vocabulary_size: int) -> None:
        """Takes a model, and for each id of the wider vocabulary what it stands for.

        Args:
            model: the model.
            ids: (V + labels,) int32, the model's own id; -1 - i where it has none and i stands in.
            vocabulary_size: V.
        """
        self.model, self.ids, self.vocabulary_size = model, ids, vocabulary_size
        self.window = model.window
        self._own = np.flatnonzero(ids[:vocabulary_size] >= 0)
        self._read = np.where(ids < 0, -1 - ids, ids).astype(np.int32)

    @property
    def has_exact_rows(self) -> bool:
        """See `Model.has_exact_rows`."""
        return self.model.has_exact_rows

    def further(self, ids: NDArray[np.int32], vocabulary_size: int) -> "VocabularyAdapter":
        """The same model in a vocabulary that is wider still; `ids` say what is meant here."""
        read = np.where(ids < 0, -1 - ids, ids)
        is_own = (ids >= 0) & (self.ids[read] >= 0)
        own = np.where(is_own, self._read[read], -1 - self._read[read])
        return VocabularyAdapter(self.model, own.astype(np.int32), vocabulary_size)

    def log_probs(self, c: Contexts) -> Floats:
        """See `Model.log_probs`."""
        return self._spread(self.model.log_probs(self._as_read(c)))

    @property
    def wider(self) -> NDArray[np.int64]:
        """(own V + labels,) the wider vocabulary's id of each of the model's own."""
        return np.flatnonzero(self.ids >= 0)

    def own(self, c: Contexts) -> Contexts | None:
        """Those lines that have only the model's own characters, in its ids; None for none."""
        is_own = self.ids[c.next] >= 0
        foreign = np.concatenate([[0], np.cumsum(~is_own[c.edge])])
        which = np.flatnonzero(foreign[c.start[1:]] == foreign[c.start[:-1]])
        if not len(which):
            return None
        few = c.lines(which)
        return replace(self._as_read(few), next=self.ids[few.next])

    def _as_read(self, c: Contexts) -> Contexts:
        """Contexts as the model reads them."""
        back = None if c.back is None else self._read[c.back]
        size = self.model.vocabulary_size
        return replace(c, vocabulary_size=size, last=self._read[c.last], back=back)

    def start(self, n: int, label: int | None = None) -> tuple[Floats, State]:
        """See `Model.start`."""
        log_probs, state = self.model.start(n, self._label(label))
        return self._spread(log_probs), state

    def step(self, ids: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """See `Model.step`."""
        log_probs, state = self.model.step(self._read[ids], state)
        return self._spread(log_probs), state

    def automaton(self, most: int, label: int | None = None) -> Automaton | None:
        """See `Model.automaton`."""
        found = self.model.automaton(most, self._label(label))
        if found is None:
            return None
        goto = found.goto[:, self._read[: self.vocabulary_size]]
        return Automaton(found.first, goto, self._spread(found.log_probs))

    def tensors(self) -> Tensors:
        """See `Model.tensors`."""
        return {**self.model.tensors(), TRANSLATION: self.ids}

    @classmethod
    def loaded(
        cls, load: Callable[[int, int, Tensors], Any], tensors: Tensors, sizes: tuple[int, int]
    ) -> Self:
        """Makes the model that `tensors` gave, of as many characters and labels as it has.

        Raises:
            ValueError: they are no model's of `sizes`, a vocabulary size and a number of labels.
        """
        ids, vocabulary_size = tensors[TRANSLATION], sizes[0]
        own = int(np.count_nonzero(ids[:vocabulary_size] >= 0))
        read = np.where(ids < 0, -1 - ids, ids)
        if ids.shape != (sum(sizes),) or ids.dtype != np.int32 or (read >= own + sizes[1]).any():
            raise ValueError("ids stand for none of a member's")
        rest = {name: value for name, value in tensors.items() if name != TRANSLATION}
        return cls(load(own, sizes[1], rest), ids, vocabulary_size)

    def _label(self, label: int | None) -> int | None:
        """The model's own id of a label."""
        return None if label is None else int(self._read[label])

    def _spread(self, log_probs: Floats) -> Floats:
        """(n, V) what the model says of its own characters; the others are impossible."""
        found = np.full((len(log_probs), self.vocabulary_size), -np.inf, np.float32)
        found[:, self._own] = log_probs[:, self.ids[self._own]]
        return found
