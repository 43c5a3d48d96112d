"""Incremental counting of a list, block by block, without keeping its lines in memory.

Memory holds the distinct contexts and 8 bytes for each distinct line, and a few times that while
tables are merged. Each table is merged with one of about its size, so a context is copied once for
each doubling of the list, not once for each block.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Ids, sorted_unique
from makemore.contexts.table import Contexts
from makemore.corpus.cleaning import Summary
from makemore.corpus.lines import Lines
from makemore.corpus.split import Split, split_by_digest
from makemore.corpus.vocabulary import Vocabulary

# While blocks are read, the id of a character is its code point, and labels have larger ids, in
# order of appearance. New characters and labels then do not change the ids in existing tables.
_CODE_LIMIT, _MAX_LABELS = 0x110000, 2**20


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
        self._tables: dict[str, list[Contexts]] = {split: [] for split in Split._fields}
        self._digests: list[NDArray[np.uint64]] = []
        self._folded: list[NDArray[np.uint64]] | None = None  # while they equal the digests
        self._is_character = np.zeros(_CODE_LIMIT, bool)
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
        self._is_character[lines.codes] = True
        self._add_label_weights(lines)
        self._add_digests(lines)
        vocabulary = Vocabulary.of(lines)
        labels = _MAX_LABELS if vocabulary.labels else 0
        c = Contexts.of(lines, vocabulary, self.window)
        c = renumber_ids(c, self._interim_ids(vocabulary), _CODE_LIMIT, labels)
        for split, indices in split_by_digest(lines, *self._fractions)._asdict().items():
            self.sizes[split] += len(indices)
            if len(indices):
                _push(self._tables[split], c.lines(indices).without_lines(), Contexts.merge)

    def __len__(self) -> int:
        """Return the number of lines counted."""
        return sum(self.sizes.values())

    def vocabulary(self) -> Vocabulary:
        """Return the vocabulary of the lines counted so far."""
        characters = "".join(map(chr, np.flatnonzero(self._is_character)))
        return Vocabulary(characters, tuple(sorted(self._label_weights)))

    def label_weights(self) -> NDArray[np.float64]:
        """Return (labels,) float64: the weighted count of each label, sorted by label."""
        return np.array([weight for _, weight in sorted(self._label_weights.items())])

    def digests(self) -> NDArray[np.uint64]:
        """Return (d,) uint64, ascending: the digests of the distinct lines."""
        digests = _merge_all(self._digests, _merge_digests)
        return np.zeros(0, np.uint64) if digests is None else digests

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
        if self._folded is None:
            return self.digests()
        digests = _merge_all(self._folded, _merge_digests)
        return np.zeros(0, np.uint64) if digests is None else digests

    def _add_digests(self, lines: Lines) -> None:
        """Add the digests of a block, and those after case folding once they differ."""
        if self._folded is None and lines.folded_digests is not lines.digests:
            self._folded = list(self._digests)
        _push(self._digests, sorted_unique(lines.digests), _merge_digests)
        if self._folded is not None:
            _push(self._folded, sorted_unique(lines.folded_digests), _merge_digests)

    def summary(self) -> Summary:
        """Return the statistics of cleaning."""
        return replace(self._summary, repeated=self._summary.kept - len(self.digests()))

    def take(self, vocabulary: Vocabulary) -> dict[str, Contexts]:
        """Return the contexts of each non-empty split, and release them from this counter.

        Args:
            vocabulary: result of `vocabulary` after the last block.
        """
        size, labels = len(vocabulary), len(vocabulary.labels)
        ids = np.zeros(_CODE_LIMIT + labels, np.int32)
        ids[[ord(character) for character in vocabulary.characters]] = np.arange(1, size)
        ids[_CODE_LIMIT:] = vocabulary.label_ids(list(self._label_weights))
        tables = {}
        for split in self.sizes:
            table = _merge_all(self._tables.pop(split), Contexts.merge)
            if table is not None:
                table = renumber_ids(table, ids, size, labels)
                # `windows` sorts the rows by label.
                tables[split] = table.windows(self.window) if labels else table
        return tables

    def _add_label_weights(self, lines: Lines) -> None:
        """Add the label weights of a block; a new label gets the next id."""
        if lines.labels is None:
            return
        weights = np.bincount(lines.labels, lines.weights, len(lines.label_names))
        for name, weight in zip(lines.label_names, weights.tolist(), strict=True):
            self._label_weights[name] = self._label_weights.get(name, 0.0) + weight

    def _interim_ids(self, vocabulary: Vocabulary) -> Ids:
        """Return the interim ids of a block's boundary, characters and labels."""
        label_id = {name: _CODE_LIMIT + number for number, name in enumerate(self._label_weights)}
        code_points = map(ord, vocabulary.characters)
        labels = (label_id[name] for name in vocabulary.labels)
        return np.array([0, *code_points, *labels], np.int32)


def renumber_ids(c: Contexts, ids: Ids, size: int, labels: int) -> Contexts:
    """Renumber the ids of windows: old id i becomes `ids[i]`.

    Args:
        c: windows; rows stay sorted if the new ids of characters ascend, and those of labels too.
        ids: (old V + labels,) int32, new id of each old id.
        size: new V.
        labels: new number of labels.
    """
    assert c.back is not None, "only windows can be renumbered"
    back = ids[c.back]
    return replace(
        c,
        vocabulary_size=size,
        label_count=labels,
        last=back[:, -1],
        back=back,
        next=ids[c.next],
    )


Table = TypeVar("Table", Contexts, NDArray[np.uint64])


def _push(stack: list[Table], new: Table, merge: Callable[[Table, Table], Table]) -> None:
    """Push a table on a stack, then merge the top two while they are of about the same size."""
    stack.append(new)
    while len(stack) > 1 and _table_size(stack[-2]) <= 2 * _table_size(stack[-1]):
        last = stack.pop()
        stack.append(merge(stack.pop(), last))


def _merge_all(stack: list[Table], merge: Callable[[Table, Table], Table]) -> Table | None:
    """Merge all tables of a stack into one and return it; None if the stack is empty."""
    while len(stack) > 1:
        last = stack.pop()
        stack.append(merge(stack.pop(), last))
    return stack[0] if stack else None


def _table_size(table: Contexts | NDArray[np.uint64]) -> int:
    """Return the number of entries of a table."""
    return len(table.row) if isinstance(table, Contexts) else len(table)


def _merge_digests(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Merge the digests of two lists."""
    return sorted_unique(np.concatenate([one, other]))
