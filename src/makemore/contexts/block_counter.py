"""Incremental counting of a list, block by block, without keeping its lines in memory.

Memory holds the distinct contexts and 8 bytes for each distinct line, and a few times that while
tables are merged.
"""

from dataclasses import replace
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import bit_width
from makemore.contexts.packed_rows import PackedRows
from makemore.contexts.paths import Paths, edge_columns
from makemore.contexts.summed_table import MemoryTable, SummedTable, Sums, merge
from makemore.corpus.cleaning import Summary
from makemore.corpus.lines import Lines
from makemore.corpus.split import Split, split_by_digest
from makemore.corpus.vocabulary import Vocabulary

_CODE_LIMIT = 0x110000  # code points


class BlockCounter:
    """Incremental counter of a list; the result equals that of counting the whole list at once.

    If weights are not integers, sums may differ in the last digit.

    Attributes:
        window: K, the number of characters in a window.
        sizes: number of lines in each split: train, dev, test.
        weight: sum of the weights of all lines.
        max_length: length of the longest line, in characters.

    Example:
        >>> counter = BlockCounter(window=1)
        >>> for block in (["anna", "ben"], ["anna"]):
        ...     counter.add(Lines.from_strings(block))
        >>> str(counter.summary()), len(counter.digests())
        ('3 lines read, 0 blank, 1 repeated, 3 kept, 11 characters', 2)
    """

    def __init__(self, window: int, dev: float = 0.1, test: float = 0.0) -> None:
        """Create an empty counter; `dev` and `test` are fractions as in `split_lines`."""
        self.window, self._fractions = window, (dev, test)
        self.sizes = dict.fromkeys(Split._fields, 0)
        self.weight = 0.0
        self.length_counts = np.zeros(1, np.int64)  # the numbers of lines of 0, 1, ... characters
        self._ids = _InterimIds()
        self._edges: SummedTable = MemoryTable()
        self._bits = 2  # of each id in the keys of the edges
        self._digests: SummedTable = MemoryTable()
        self._folded: SummedTable | None = None  # while they equal the digests
        self._label_weights: dict[str, float] = {}
        self._summary = Summary(0, 0, 0, 0, 0)
        self._first_line: Lines | None = None  # the first line, for `check_compatible`

    def add(self, lines: Lines) -> None:
        """Add a block of lines to the counts.

        Raises:
            DataError: some blocks have labels or weights and others do not.
        """
        summary = Summary(lines.read, lines.blank, 0, len(lines), len(lines.codes))
        weightless = lines.read - lines.blank - lines.rare - len(lines)
        self._summary += replace(
            summary, weightless=weightless, rare=lines.rare, line_breaks=lines.line_breaks
        )
        if not len(lines):
            return
        if self._first_line is None:
            self._first_line = lines.select(np.arange(1))
        lines.check_compatible(self._first_line)
        self.weight += float(lines.counts().sum())
        self._add_lengths(lines)
        self._add_label_weights(lines)
        self._add_digests(lines)
        self._add_edges(lines)

    def __len__(self) -> int:
        """Return the number of lines counted."""
        return sum(self.sizes.values())

    def vocabulary(self) -> Vocabulary:
        """Return the vocabulary of the lines counted so far."""
        return Vocabulary("".join(sorted(self._ids.characters)), tuple(sorted(self._label_weights)))

    def label_weights(self) -> NDArray[np.float64]:
        """Return (labels,) float64: the weighted count of each label, sorted by label."""
        return np.array([weight for _, weight in sorted(self._label_weights.items())])

    def digests(self) -> NDArray[np.uint64]:
        """Return (d,) uint64, ascending: the digests of the distinct lines."""
        return _keys_of(self._digests)

    @property
    def max_length(self) -> int:
        """Length of the longest line, in characters."""
        return len(self.length_counts) - 1

    def _add_lengths(self, lines: Lines) -> None:
        """Add the lengths of the lines of a block."""
        counts = np.bincount(lines.lengths(), minlength=len(self.length_counts))
        counts[: len(self.length_counts)] += self.length_counts
        self.length_counts = counts

    def folded_digests(self) -> NDArray[np.uint64]:
        """Return (d,) uint64, ascending: the distinct digests of the lines after case folding."""
        return _keys_of(self._folded or self._digests)

    def _add_digests(self, lines: Lines) -> None:
        """Add the digests of a block, and those after case folding once they differ."""
        if self._folded is None and lines.folded_digests is not lines.digests:
            self._folded = MemoryTable()
            self._folded.add(PackedRows.of_word(self.digests()))
        self._digests.add(PackedRows.of_word(lines.digests))
        if self._folded is not None:
            self._folded.add(PackedRows.of_word(lines.folded_digests))

    def summary(self) -> Summary:
        """Return the statistics of cleaning."""
        return replace(self._summary, repeated=self._summary.kept - len(self.digests()))

    def take(self, vocabulary: Vocabulary) -> dict[str, Sums]:
        """Return the counts of each non-empty split, and release them from this counter.

        Args:
            vocabulary: result of `vocabulary` after the last block.

        Returns:
            For each split the sums of its edges: rows of a window, as in `Contexts.back`, and a
            next id, in the ids of the vocabulary.
        """
        blocks, self._edges = list(self._edges.ordered()), MemoryTable()
        if not blocks:
            return {}
        sums = merge(blocks) if len(blocks) > 1 else blocks[0]
        del blocks
        if not self._ids.are_of(vocabulary):
            keys, order = self._ids.renumber(sums.keys, vocabulary).sort()
            sums = sums.take(order)._replace(keys=keys)
        bounds = np.searchsorted(next(sums.keys.columns()), range(len(Split._fields) + 1)).tolist()
        sums = sums._replace(keys=sums.keys.without_first_column())
        return {
            split: sums.take(slice(low, high))
            for split, (low, high) in zip(Split._fields, pairwise(bounds), strict=True)
            if low < high
        }

    def _add_edges(self, lines: Lines) -> None:
        """Add the windows and next ids of a block, each in the split of its line."""
        paths = self._ids.paths(lines)
        length = np.diff(paths.start)
        split = np.zeros(len(lines), np.int32)
        for number, indices in enumerate(split_by_digest(lines, *self._fractions)):
            self.sizes[Split._fields[number]] += len(indices)
            split[indices] = number
        columns = chain([np.repeat(split, length)], edge_columns(paths, self.window))
        if lines.labels is not None:
            label = np.repeat(paths.origin, length)
            columns = chain([next(columns), label], columns)
        self._widen(bit_width(self._ids.size))
        weights = None if lines.weights is None else np.repeat(paths.weight, length)
        self._edges.add(PackedRows.pack(columns, 1 << self._bits), weights=weights)

    def _widen(self, bits: int) -> None:
        """Give each id in the keys at least so many bits."""
        if bits <= self._bits:
            return
        narrow, self._edges, self._bits = self._edges, MemoryTable(), bits
        for sums in narrow.ordered():
            keys = PackedRows.pack(sums.keys.columns(), 1 << bits)
            self._edges.add(keys, sums.repeats, sums.weights)

    def _add_label_weights(self, lines: Lines) -> None:
        """Add the label weights of a block; a new label gets the next id."""
        if lines.labels is None:
            return
        weights = np.bincount(lines.labels, lines.weights, len(lines.label_names))
        for name, weight in zip(lines.label_names, weights.tolist(), strict=True):
            self._label_weights[name] = self._label_weights.get(name, 0.0) + weight


class _InterimIds:
    """Ids of characters and labels while a list is read: 1, 2, ... in order of appearance.

    So new characters do not change the ids of those before. Labels are numbered from 0.

    Attributes:
        characters: the characters, in order of appearance.
    """

    def __init__(self) -> None:
        """Create ids of the boundary only."""
        self.characters = ""
        self._id_of = np.zeros(_CODE_LIMIT, np.int32)  # by code point; 0 if it has no id yet
        self._labels: dict[str, int] = {}

    @property
    def size(self) -> int:
        """Exclusive upper bound of the ids, the labels and the splits."""
        return max(len(self.characters) + 1, len(self._labels), len(Split._fields))

    def paths(self, lines: Lines) -> Paths:
        """Encode lines; their origins are the numbers of their labels."""
        ids = self._id_of[lines.codes]
        if not ids.all():
            new = np.unique(lines.codes[ids == 0])
            first = len(self.characters) + 1
            self._id_of[new] = np.arange(first, first + len(new))
            self.characters += "".join(map(chr, new.tolist()))
            ids = self._id_of[lines.codes]
        for name in lines.label_names:
            self._labels.setdefault(name, len(self._labels))
        origin = lines.label_indices(list(self._labels))
        return Paths.of_encoded(
            ids, lines, np.zeros(len(lines), np.int32) if origin is None else origin
        )

    def are_of(self, vocabulary: Vocabulary) -> bool:
        """Return whether the ids are those of a vocabulary already, without labels."""
        return not self._labels and self.characters == vocabulary.characters

    def renumber(self, keys: PackedRows, vocabulary: Vocabulary) -> PackedRows:
        """Return rows of a split, maybe a label, and ids, with the ids of a vocabulary."""
        ids = np.concatenate(
            [
                np.zeros(1, np.int32),
                vocabulary.encode(np.array(list(map(ord, self.characters)), np.uint32)),
            ]
        )
        size = max(len(vocabulary) + len(vocabulary.labels), len(Split._fields))
        columns = keys.columns()
        known = [next(columns)]
        if self._labels:
            known.append(vocabulary.label_ids(list(self._labels))[next(columns)])
        return PackedRows.pack(chain(known, map(ids.take, columns)), size)


def _keys_of(table: SummedTable) -> NDArray[np.uint64]:
    """Return (d,) uint64, ascending: the keys of one word of a table."""
    return np.concatenate(
        [np.zeros(0, np.uint64), *(sums.keys.words[0] for sums in table.ordered())]
    )
