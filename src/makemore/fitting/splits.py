"""A list, split, as the contexts that models learn from."""

import json
from abc import ABC, abstractmethod
from functools import lru_cache, partial, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import evenly, summed
from makemore.contexts.streaming import Tally
from makemore.contexts.table import Contexts
from makemore.corpus.canaries import Canaries
from makemore.corpus.digests import distinct
from makemore.corpus.lines import Lines
from makemore.corpus.split import Split, is_set_apart, split_lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.inference import likelihood
from makemore.inference.likelihood import Model

_FEW_LINES = 4096  # of the train part, for models that take long to ask


class Parts(ABC):
    """The train, dev and test parts of a list; the tables last asked for are kept.

    Attributes:
        sizes: how many lines each part has.
        canaries: what is learned with the train part, and counted nowhere; or None.
    """

    NAMES = Split._fields

    sizes: dict[str, int]
    canaries: Canaries | None = None

    def __init__(self) -> None:
        """Has counted nothing yet."""
        # A network is asked about two tables again and again; one more may be large enough.
        self._table = lru_cache(maxsize=3)(self._counted)

    @abstractmethod
    def set_apart(self, share: float) -> float:
        """The share of all possible lines, by their digests, of which none is learned here.

        It is the share that the digest split was given, or 0 if it had to learn those lines too.
        """

    @abstractmethod
    def train_and_dev(self, window: int | None) -> Contexts:
        """All lines but those of the test part."""

    @abstractmethod
    def facts(self, digests: bool) -> dict[str, Any]:
        """Facts about the whole list, as fields of `FittedModel`; digests if they are kept."""

    @abstractmethod
    def _counted(self, part: str, window: int | None) -> Contexts:
        """The table of a part that has lines."""

    @property
    def lines(self) -> int:
        """How many lines all parts have."""
        return sum(self.sizes.values())

    def contexts(self, part: str, window: int | None) -> Contexts | None:
        """A part as seen through a window, or as whole prefixes; None if it has no lines."""
        return self._table(part, window) if self.sizes[part] else None

    def train(self, window: int | None) -> Contexts:
        """The train part, which a split never leaves without lines."""
        found = self.contexts("train", window)
        assert found is not None
        return found

    def losses(self, model: Model, whole_train: bool) -> dict[str, float | int | None]:
        """Each part's size and loss; None for a loss without lines, or an infinite one.

        Args:
            model: what is measured.
            whole_train: whether all of the train part is measured, or a few of its lines, evenly
                apart, as lists are often sorted.
        """
        found: dict[str, float | int | None] = {}
        for part, size in self.sizes.items():
            c = self.contexts(part, model.window)
            if c is not None and part == "train" and (self.canaries or not whole_train):
                c = c.lines(evenly(size, size if whole_train else _FEW_LINES))  # no canaries
            loss = None if c is None else likelihood.loss(model, c)
            is_finite = loss is not None and np.isfinite(loss)
            found |= {f"{part}_lines": size, f"{part}_loss": loss if is_finite else None}
        return found


class ListedParts(Parts):
    """Those of a list that is in memory."""

    def __init__(
        self,
        lines: Lines,
        vocabulary: Vocabulary,
        split: str,
        test: float,
        canaries: Canaries | None = None,
    ) -> None:
        """Splits the list."""
        super().__init__()
        self._lines, self._vocabulary, self.canaries = lines, vocabulary, canaries
        self._which: dict[str, NDArray[np.int64]] = split_lines(lines, split, test=test)._asdict()
        self.sizes = {part: len(which) for part, which in self._which.items()}

    def set_apart(self, share: float) -> float:
        """See `Parts.set_apart`."""
        rest = self._lines.select(np.concatenate([self._which["train"], self._which["dev"]]))
        return 0.0 if is_set_apart(rest, share).any() else share

    def train_and_dev(self, window: int | None) -> Contexts:
        """See `Parts.train_and_dev`."""
        both = np.sort(np.concatenate([self._which["train"], self._which["dev"]]))
        return self._contexts(both, window, self.canaries)

    def facts(self, digests: bool) -> dict[str, Any]:
        """See `Parts.facts`."""
        lines = self._lines
        label_weights: NDArray[np.float64] = np.zeros(0)
        if lines.labels is not None:
            vocabulary = self._vocabulary
            ids = vocabulary.label_ids(lines.label_names)[lines.labels] - len(vocabulary)
            label_weights = summed(ids, lines.counts(), len(vocabulary.labels))
        return {
            "weight": float(lines.counts().sum()),
            "label_weights": label_weights,
            "longest": int(lines.lengths().max()),
            "cleaning": lines.summary(),
            "known": partial(np.asarray, distinct(lines.digests)) if digests else None,
        }

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All there is of the list: characters, order, labels, weights."""
        lines = self._lines
        found: dict[str, NDArray[Any]] = {"characters": lines.codes, "lengths": lines.lengths()}
        found["weights"] = lines.counts()
        if lines.labels is not None:
            found["labels"] = lines.labels
            found["names"] = np.frombuffer(json.dumps(lines.label_names).encode(), np.uint8)
        return found

    def _counted(self, part: str, window: int | None) -> Contexts:
        """See `Parts._counted`."""
        canaries = self.canaries if part == "train" else None
        return self._contexts(self._which[part], window, canaries)

    def _contexts(
        self, which: NDArray[np.int64], window: int | None, canaries: Canaries | None
    ) -> Contexts:
        """The table of some lines, and of canaries behind them."""
        lines = self._lines.select(which)
        lines = lines if canaries is None else canaries.behind(lines)
        return Contexts.of(lines, self._vocabulary, window)


class TalliedParts(Parts):
    """Those of a list that was counted block by block, through windows."""

    def __init__(self, tally: Tally) -> None:
        """Takes what was counted; if all fell into other parts, learning comes first."""
        super().__init__()
        self._tally, found = tally, {part: tally.take(part) for part in Split._fields}
        self.sizes, self._tables = dict(tally.sizes), {k: c for k, c in found.items() if c}
        self._has_rest = bool(self.sizes["train"])
        if not self._has_rest:
            self.sizes = dict.fromkeys(Split._fields, 0) | {"train": len(tally)}
            self._tables = {"train": reduce(Contexts.merge, self._tables.values())}

    def set_apart(self, share: float) -> float:
        """See `Parts.set_apart`."""
        return share if self._has_rest else 0.0

    def train_and_dev(self, window: int | None) -> Contexts:
        """See `Parts.train_and_dev`."""
        return _seen([self._tables[k] for k in ("train", "dev") if k in self._tables], window)

    def facts(self, digests: bool) -> dict[str, Any]:
        """See `Parts.facts`."""
        return {
            "weight": self._tally.weight,
            "label_weights": self._tally.label_weights(),
            "longest": self._tally.longest,
            "cleaning": self._tally.summary(),
            "known": partial(np.asarray, self._tally.digests()) if digests else None,
        }

    def _counted(self, part: str, window: int | None) -> Contexts:
        """See `Parts._counted`."""
        return _seen([self._tables[part]], window)


def _seen(tables: list[Contexts], window: int | None) -> Contexts:
    """Several tables as one, seen through a window that is no wider than theirs."""
    assert window is not None, "what was counted block by block has no prefixes"
    found = reduce(Contexts.merge, tables)
    return found if window == found.window else found.windows(window)
