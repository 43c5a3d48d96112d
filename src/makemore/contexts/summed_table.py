"""Sums by key: how often each key of a list was added, and with what total weight.

Everything that is counted block by block is such a table: contexts with their next ids, digests of
lines. `SummedTable` is what an engine has to offer, and `MemoryTable` the engine in memory.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import AnyInts, Float64s, smallest_integers, sum_by_index
from makemore.contexts.packed_rows import PackedRows

# Keys that wait until they are sorted together: a key that occurs often is then merged less often.
_BUFFER = 2**20
_RANGE = 2**18  # keys of the largest array that are merged at once


class Sums(NamedTuple):
    """Distinct keys in ascending order, and their sums.

    Attributes:
        keys: the d keys.
        repeats: (d,) integers, how often each key was added.
        weights: (d,) float64, total weight of each key; None if every key was added with weight 1.
    """

    keys: PackedRows
    repeats: AnyInts
    weights: Float64s | None

    def take(self, rows: NDArray[np.int64] | slice) -> "Sums":
        """Return some of the keys with their sums."""
        weights = None if self.weights is None else self.weights[rows]
        return Sums(self.keys.take(rows), self.repeats[rows], weights)


class SummedTable(Protocol):
    """A table that sums by key: keys are added in any order and read in ascending order."""

    def add(
        self, keys: PackedRows, repeats: AnyInts | None = None, weights: Float64s | None = None
    ) -> None:
        """Add n keys.

        Args:
            keys: the keys; all calls give rows of the same widths and bits.
            repeats: (n,) integers, how often each key is added; None for once.
            weights: (n,) float64, total weight of each key; None for its repeats. Either all calls
                give weights, or none.
        """

    def ordered(self) -> Iterator[Sums]:
        """Yield the distinct keys, in ascending order, in one or more blocks."""


class MemoryTable:
    """A table in memory: sorted arrays, each merged with one of about its size.

    So a key is copied once for each doubling of the table, not once for each block.

    Example:
        >>> table = MemoryTable()
        >>> for ids in ([2, 1, 2], [2]):
        ...     table.add(PackedRows.pack([np.array(ids)], size=3))
        >>> [(sums.keys.words[0].tolist(), sums.repeats.tolist()) for sums in table.ordered()]
        [([1, 2], [1, 3])]
    """

    def __init__(self) -> None:
        """Create an empty table."""
        self._buffer: PackedRows | None = None  # keys that were added once each, not yet sorted
        self._filled = 0  # number of keys in the buffer
        self._waiting: list[Sums] = []  # keys that were added with sums, not yet sorted
        self._sorted: list[Sums] = []

    def add(
        self, keys: PackedRows, repeats: AnyInts | None = None, weights: Float64s | None = None
    ) -> None:
        """See `SummedTable.add`."""
        if repeats is None and weights is None:
            self._fill(keys)
            return
        self._waiting.append(
            Sums(keys, np.ones(len(keys), np.uint8) if repeats is None else repeats, weights)
        )
        if sum(len(sums.keys) for sums in self._waiting) >= _BUFFER:
            self._sort_waiting()

    def ordered(self) -> Iterator[Sums]:
        """See `SummedTable.ordered`."""
        self._sort_buffer()
        self._buffer = None
        self._sort_waiting()
        while len(self._sorted) > 1:
            self._merge()
        yield from self._sorted

    def _fill(self, keys: PackedRows) -> None:
        """Copy keys into the buffer, which is sorted whenever it is full."""
        start = 0
        while start < len(keys):
            if self._buffer is None:
                self._buffer = keys.empty(_BUFFER)
            count = min(_BUFFER - self._filled, len(keys) - start)
            for own, word in zip(self._buffer.words, keys.words, strict=True):
                own[self._filled : self._filled + count] = word[start : start + count]
            start, self._filled = start + count, self._filled + count
            if self._filled == _BUFFER:
                self._sort_buffer()

    def _sort_buffer(self) -> None:
        """Sort the keys in the buffer and count them."""
        if self._buffer is None or not self._filled:
            return
        keys = self._buffer.take(slice(0, self._filled)).sorted()
        starts = np.flatnonzero(keys.is_first())
        repeats = np.diff(starts, append=len(keys))
        self._filled = 0
        self._push(Sums(keys.take(starts), smallest_integers(repeats), None))

    def _sort_waiting(self) -> None:
        """Sort the keys that were added with sums, and add up equal ones."""
        waiting, self._waiting = [sums for sums in self._waiting if len(sums.keys)], []
        if waiting:
            self._push(add_up(waiting))

    def _push(self, sums: Sums) -> None:
        """Add an array, then merge the last two while they are of similar size."""
        self._sorted.append(sums)
        while len(self._sorted) > 1 and self._size(-2) <= 2 * self._size(-1):
            self._merge()

    def _merge(self) -> None:
        """Merge the last two arrays."""
        last = self._sorted.pop()
        self._sorted.append(merge([self._sorted.pop(), last]))

    def _size(self, index: int) -> int:
        """Return the number of keys of an array."""
        return len(self._sorted[index].keys)


def merge(parts: Sequence[Sums]) -> Sums:
    """Return the sums of parts whose keys ascend; see `add_up`.

    Ranges of keys are added up one after another, which takes less memory than all at once.
    """
    largest = max((part.keys.words[0] for part in parts), key=len)
    limits = np.unique(largest[_RANGE::_RANGE])  # rows of one first word stay together
    cuts = [
        [0, *np.searchsorted(part.keys.words[0], limits).tolist(), len(part.keys)] for part in parts
    ]
    ranges = [
        add_up([part.take(slice(*bounds)) for part, bounds in zip(parts, each, strict=True)])
        for each in zip(*map(pairwise, cuts), strict=True)
    ]
    weights = [sums.weights for sums in ranges if sums.weights is not None]
    return Sums(
        PackedRows.concatenate([sums.keys for sums in ranges]),
        np.concatenate([sums.repeats for sums in ranges]),
        np.concatenate(weights) if weights else None,
    )


def add_up(parts: Sequence[Sums]) -> Sums:
    """Return the sums of all parts: equal keys are added up.

    Args:
        parts: one or more, whose keys are in any order. Either all have weights, or none.
    """
    keys, order = PackedRows.concatenate([part.keys for part in parts]).sort()
    is_first = keys.is_first()
    starts = np.flatnonzero(is_first)
    repeats = np.concatenate([part.repeats for part in parts])[order]
    weights, totals = [part.weights for part in parts if part.weights is not None], None
    if weights:
        group = np.cumsum(is_first) - 1
        totals = sum_by_index(group, np.concatenate(weights)[order], len(starts))
    del order  # before more memory is taken
    keys = keys.take(starts)
    last = np.append(starts, len(is_first))[1:] - 1
    sums = np.diff(np.cumsum(repeats, dtype=np.int64)[last], prepend=0)
    return Sums(keys, smallest_integers(sums), totals)
