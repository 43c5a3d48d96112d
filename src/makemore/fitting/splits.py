"""Train, dev and test splits of a list, as tables of contexts."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import AnyArray, evenly_spaced, sorted_unique, sum_by_index
from makemore.contexts.block_counter import BlockCounter
from makemore.contexts.summed_table import Sums, merge
from makemore.contexts.table import Contexts
from makemore.corpus.lengths import usual_length
from makemore.corpus.lines import Lines
from makemore.corpus.split import Split, has_digest_below, split_lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import DataError
from makemore.fitted import ListFacts
from makemore.inference import likelihood
from makemore.inference.model import Model
from makemore.options.verbs import FitOptions

if TYPE_CHECKING:
    from makemore.corpus.canaries import Canaries
    from makemore.corpus.cleaning import Summary

OnRead = Callable[["Summary"], None]

NO_LINE = "there is no line to learn: give at least one that is not blank"

EVALUATED_TRAIN_LINES = 4096  # lines of the train split for the loss of slow models


class Splits(ABC):
    """Train, dev and test splits of a list, with a cache of the most recent context tables.

    Attributes:
        sizes: number of lines of each split.
        canaries: random lines that are learned with the train split but not included in any size or
            loss; or None.
    """

    sizes: dict[str, int]
    canaries: "Canaries | None" = None

    def __init__(self) -> None:
        """Start with an empty cache of tables."""
        # Training a network alternates between two tables; the cache has room for one more.
        self._table = lru_cache(maxsize=3)(self._build_table)

    @abstractmethod
    def held_out_share(self, fraction: float) -> float:
        """Return the share of all possible lines, by digest, of which none is learned.

        It is the given share if no line of the train and dev splits falls into that share by its
        digest, else 0.
        """

    @abstractmethod
    def train_and_dev(self, window: int | None) -> Contexts:
        """Return the contexts of all lines outside the test split."""

    @abstractmethod
    def facts(self, digests: bool) -> ListFacts:
        """Return the statistics of the whole list, with line digests if `digests` is true."""

    @abstractmethod
    def _build_table(self, split: str, window: int | None) -> Contexts:
        """Return the context table of a split that has lines."""

    @property
    def lines(self) -> int:
        """Total number of lines of all splits."""
        return sum(self.sizes.values())

    def contexts(self, split: str, window: int | None) -> Contexts | None:
        """Return the contexts of a split, or None if it has no lines.

        Args:
            split: name of the split.
            window: characters of context; None for whole prefixes.
        """
        return self._table(split, window) if self.sizes[split] else None

    def train(self, window: int | None) -> Contexts:
        """Return the contexts of the train split, which always has lines."""
        table = self.contexts("train", window)
        assert table is not None
        return table

    def losses(self, model: Model, whole_train: bool) -> dict[str, float | None]:
        """Compute the loss on each split, in nats per character.

        Args:
            model: the model to evaluate.
            whole_train: whether to evaluate the whole train split, or up to 4,096 of its lines.
                They are evenly spaced, because lists are often sorted.

        Returns:
            the loss by name of the split; None if the split has no lines or the loss is not finite.
        """
        losses: dict[str, float | None] = {}
        for split, size in self.sizes.items():
            c = self.contexts(split, model.window)
            if c is not None and split == "train" and (self.canaries or not whole_train):
                c = c.lines(
                    evenly_spaced(size, size if whole_train else EVALUATED_TRAIN_LINES)
                )  # no canaries
            loss = None if c is None else likelihood.loss(model, c)
            is_finite = loss is not None and np.isfinite(loss)
            losses[split] = loss if is_finite else None
        return losses


class ListSplits(Splits):
    """Splits of a list that is in memory."""

    def __init__(
        self,
        lines: Lines,
        vocabulary: Vocabulary,
        options: FitOptions,
        canaries: "Canaries | None" = None,
    ) -> None:
        """Split the list as `options` says."""
        super().__init__()
        self._lines, self._vocabulary, self.canaries = lines, vocabulary, canaries
        split = split_lines(lines, options.split, test=options.test)
        self._indices: dict[str, NDArray[np.int64]] = split._asdict()
        self.sizes = {name: len(indices) for name, indices in self._indices.items()}

    @classmethod
    def of(
        cls, lines: Lines, vocabulary: Vocabulary, options: FitOptions, canary_sets: int = 0
    ) -> Self:
        """Split a list, with new canaries if `options` asks for them.

        Args:
            lines: the list.
            vocabulary: vocabulary of the model.
            options: options of the fit.
            canary_sets: number of earlier sets of canaries in the model. It is part of the seed, so
                that each set is different.
        """
        if not options.canaries:
            return cls(lines, vocabulary, options)
        from makemore.corpus.canaries import Canaries

        canaries = Canaries.of(lines, options.canaries, (options.seed, canary_sets))
        return cls(lines, vocabulary, options, canaries)

    def held_out_share(self, fraction: float) -> float:
        """See `Splits.set_apart`."""
        return 0.0 if has_digest_below(self.learned_lines(), fraction).any() else fraction

    def learned_lines(self) -> Lines:
        """Return the lines of the train and dev splits, in the order of the list."""
        return self._lines.select(self._learned())

    def _learned(self) -> NDArray[np.int64]:
        """Return the indices of the lines of the train and dev splits, ascending."""
        return np.sort(np.concatenate([self._indices["train"], self._indices["dev"]]))

    def train_and_dev(self, window: int | None) -> Contexts:
        """See `Splits.train_and_dev`."""
        return self._contexts(self._learned(), window, self.canaries)

    def facts(self, digests: bool) -> ListFacts:
        """See `Splits.facts`."""
        lines, vocabulary = self._lines, self._vocabulary
        label_weights: NDArray[np.float64] = np.zeros(0)
        if lines.labels is not None:
            ids = vocabulary.label_ids(lines.label_names)[lines.labels] - len(vocabulary)
            label_weights = sum_by_index(ids, lines.counts(), len(vocabulary.labels))
        return ListFacts(
            vocabulary=vocabulary,
            weight=float(lines.counts().sum()),
            label_weights=label_weights,
            longest=int(lines.lengths().max()),
            usual_length=usual_length(np.bincount(lines.lengths())),
            cleaning=lines.summary(),
            digests=partial(np.asarray, sorted_unique(lines.digests)) if digests else None,
            folded_digests=(
                partial(np.asarray, sorted_unique(lines.folded_digests)) if digests else None
            ),
            canaries=(self.canaries,) if self.canaries else (),
        )

    def arrays(self) -> dict[str, AnyArray]:
        """Return the list as named arrays: characters, lengths, weights and labels."""
        lines = self._lines
        arrays: dict[str, AnyArray] = {"characters": lines.codes, "lengths": lines.lengths()}
        arrays["weights"] = lines.counts()
        if lines.labels is not None:
            arrays["labels"] = lines.labels
            arrays["names"] = np.frombuffer(json.dumps(lines.label_names).encode(), np.uint8)
        return arrays

    def _build_table(self, split: str, window: int | None) -> Contexts:
        """See `Splits._counted`."""
        canaries = self.canaries if split == "train" else None
        return self._contexts(self._indices[split], window, canaries)

    def _contexts(
        self, indices: NDArray[np.int64], window: int | None, canaries: "Canaries | None"
    ) -> Contexts:
        """Return the context table of some lines, followed by the canaries."""
        lines = self._lines.select(indices)
        lines = lines if canaries is None else canaries.append_to(lines)
        return Contexts.of(lines, self._vocabulary, window)


class BlockSplits(Splits):
    """Splits of a list that was counted block by block, at a fixed window."""

    def __init__(self, counter: BlockCounter, vocabulary: Vocabulary) -> None:
        """Store the counts; if the train split is empty, put all lines into it."""
        super().__init__()
        self._counter, self._vocabulary = counter, vocabulary
        self.sizes, self._sums = dict(counter.sizes), counter.take(vocabulary)
        self._is_split = bool(self.sizes["train"])
        if not self._is_split:
            self.sizes = dict.fromkeys(Split._fields, 0) | {"train": len(counter)}
            self._sums = {"train": merge(list(self._sums.values()))}

    def held_out_share(self, fraction: float) -> float:
        """See `Splits.set_apart`."""
        return fraction if self._is_split else 0.0

    def train_and_dev(self, window: int | None) -> Contexts:
        """See `Splits.train_and_dev`."""
        self._table.cache_clear()  # frees the memory of the other tables
        return self._contexts(merge([self._sums[k] for k in self._sums if k != "test"]), window)

    def facts(self, digests: bool) -> ListFacts:
        """See `Splits.facts`."""
        counter = self._counter
        return ListFacts(
            vocabulary=self._vocabulary,
            weight=counter.weight,
            label_weights=counter.label_weights(),
            longest=counter.max_length,
            usual_length=usual_length(counter.length_counts),
            cleaning=counter.summary(),
            digests=partial(np.asarray, counter.digests()) if digests else None,
            folded_digests=partial(np.asarray, counter.folded_digests()) if digests else None,
        )

    def _build_table(self, split: str, window: int | None) -> Contexts:
        """See `Splits._counted`."""
        return self._contexts(self._sums[split], window)

    def _contexts(self, sums: Sums, window: int | None) -> Contexts:
        """Return the contexts of counted edges, at a window that is at most as wide as theirs."""
        assert window is not None, "what was counted block by block has no prefixes"
        c = Contexts.of_sums(sums, len(self._vocabulary), len(self._vocabulary.labels))
        return c if window == self._counter.window else c.windows(window)


def prepare_lines(lines: Lines, options: FitOptions, on_read: OnRead | None = None) -> Lines:
    """Return the lines that occur at least `min_count` times, after checking the options.

    Raises:
        DataError: no line remains.
        OptionError: options contradict each other.
    """
    options.check()
    if options.min_count > 1:
        from makemore.corpus.rare_lines import drop_rare

        lines = drop_rare(lines, options.min_count)
    if on_read is not None:
        on_read(lines.summary())
    if not len(lines):
        raise no_lines_error(lines.rare, options.min_count)
    return lines


def no_lines_error(rare: int, min_count: int) -> DataError:
    """Return the error for a list without lines, of which some may have been dropped as rare."""
    if not rare:
        return DataError(NO_LINE)
    return DataError(
        f"none of {rare:,} lines occurs {min_count:,} times or more in the list, so there is "
        "nothing to learn: lower min_count"
    )
