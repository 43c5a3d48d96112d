"""A list, split, as the contexts that models learn from."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from makemore import likelihood
from makemore.corpus.canaries import Canaries
from makemore.corpus.contexts import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.ranking import evenly
from makemore.corpus.split import is_set_apart, split_lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.likelihood import Model

_FEW_LINES = 4096  # of the train part, for models that take long to ask


class Parts:
    """The train, dev and test parts of a list; the tables last asked for are kept."""

    NAMES = ("train", "dev", "test")

    def __init__(
        self,
        lines: Lines,
        vocabulary: Vocabulary,
        split: str,
        test: float,
        canaries: Canaries | None = None,
    ) -> None:
        """Splits the list; canaries are learned with its train part, and counted nowhere."""
        self._lines, self._vocabulary, self._canaries = lines, vocabulary, canaries
        self._which: dict[str, NDArray[np.int64]] = split_lines(lines, split, test=test)._asdict()
        # A network is asked about two tables again and again; one more may be large enough.
        self._table = lru_cache(maxsize=3)(self._counted)

    @property
    def lines(self) -> int:
        """How many lines all parts have."""
        return sum(map(len, self._which.values()))

    def set_apart(self, share: float) -> float:
        """The share of all possible lines, by their digests, of which none is learned here.

        It is the share that the digest split was given, or 0 if it had to learn those lines too.
        """
        rest = self._lines.select(np.concatenate([self._which["train"], self._which["dev"]]))
        return 0.0 if is_set_apart(rest, share).any() else share

    def size(self, part: str) -> int:
        """How many lines a part has."""
        return len(self._which[part])

    def contexts(self, part: str, window: int | None) -> Contexts | None:
        """A part as seen through a window, or as whole prefixes; None if it has no lines."""
        if not self.size(part):
            return None
        return self._table(part, window)

    def train(self, window: int | None) -> Contexts:
        """The train part, which a split never leaves without lines."""
        found = self.contexts("train", window)
        assert found is not None
        return found

    def train_and_dev(self, window: int | None) -> Contexts:
        """All lines but those of the test part."""
        both = np.sort(np.concatenate([self._which["train"], self._which["dev"]]))
        return self._contexts(both, window, self._canaries)

    def losses(self, model: Model, whole_train: bool) -> dict[str, float | int | None]:
        """Each part's size and loss; None for a loss without lines, or an infinite one.

        Args:
            model: what is measured.
            whole_train: whether all of the train part is measured, or a few of its lines, evenly
                apart, as lists are often sorted.
        """
        found: dict[str, float | int | None] = {}
        for part in self._which:
            c = self.contexts(part, model.window)
            if c is not None and part == "train" and (self._canaries or not whole_train):
                size = self.size(part)  # canaries stand behind
                c = c.lines(evenly(size, size if whole_train else _FEW_LINES))
            loss = None if c is None else likelihood.loss(model, c)
            is_finite = loss is not None and np.isfinite(loss)
            found |= {f"{part}_lines": self.size(part), f"{part}_loss": loss if is_finite else None}
        return found

    def _counted(self, part: str, window: int | None) -> Contexts:
        """The table of a part."""
        return self._contexts(
            self._which[part], window, self._canaries if part == "train" else None
        )

    def _contexts(
        self, which: NDArray[np.int64], window: int | None, canaries: Canaries | None
    ) -> Contexts:
        """The table of some lines, and of canaries behind them."""
        lines = self._lines.select(which)
        lines = lines if canaries is None else canaries.behind(lines)
        return Contexts.of(lines, self._vocabulary, window)
