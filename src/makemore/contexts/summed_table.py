"""Sums by key: how often each key of a list was added, and with what total weight.

Everything that is counted block by block is such a table: contexts with their next ids, digests of
lines. `SummedTable` is what an engine has to offer, and `MemoryTable` the engine in memory.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from makemore.arrays import AnyInts, Float64s, smallest_integers, sum_by_index
from makemore.contexts.packed_rows import PackedRows

# Keys that wait until they are sorted together: a key that occurs often is then merged less often.
_BUFFER = 2**22


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
        self._waiting: list[_Added] = []
        self._sorted: list[Sums] = []

    def add(
        self, keys: PackedRows, repeats: AnyInts | None = None, weights: Float64s | None = None
    ) -> None:
        """See `SummedTable.add`."""
        self._waiting.append(_Added(keys, repeats, weights))
        if sum(len(added.keys) for added in self._waiting) >= _BUFFER:
            self._sort()

    def ordered(self) -> Iterator[Sums]:
        """See `SummedTable.ordered`."""
        self._sort()
        while len(self._sorted) > 1:
            self._merge()
        yield from self._sorted

    def _sort(self) -> None:
        """Sum the waiting keys, then merge the last two arrays while they are of similar size."""
        added = [each for each in self._waiting if len(each.keys)]
        self._waiting = []
        if not added:
            return
        self._sorted.append(add_up(added))
        while len(self._sorted) > 1 and self._size(-2) <= 2 * self._size(-1):
            self._merge()

    def _merge(self) -> None:
        """Merge the last two arrays."""
        last = self._sorted.pop()
        self._sorted.append(add_up([self._sorted.pop(), last]))

    def _size(self, index: int) -> int:
        """Return the number of keys of an array."""
        return len(self._sorted[index].keys)


class _Added(NamedTuple):
    """Keys in any order; see `SummedTable.add`."""

    keys: PackedRows
    repeats: AnyInts | None
    weights: Float64s | None


def add_up(parts: Sequence[Sums | _Added]) -> Sums:
    """Sum the keys of one part or more; they have weights in all of them or in none."""
    keys = PackedRows.concatenate([part.keys for part in parts])
    if all(part.repeats is None and part.weights is None for part in parts):
        keys = keys.sorted()
        starts = np.flatnonzero(keys.is_first())
        return Sums(keys.take(starts), smallest_integers(np.diff(starts, append=len(keys))), None)
    keys, order = keys.sort()
    is_first = keys.is_first()
    starts = np.flatnonzero(is_first)
    repeats = np.concatenate(
        [
            np.ones(len(part.keys), np.uint8) if part.repeats is None else part.repeats
            for part in parts
        ]
    )[order]
    sums = np.diff(
        np.cumsum(repeats, dtype=np.int64)[np.append(starts[1:], len(keys)) - 1], prepend=0
    )
    if parts[0].weights is None:
        return Sums(keys.take(starts), smallest_integers(sums), None)
    weights = np.concatenate([part.weights for part in parts if part.weights is not None])[order]
    totals = sum_by_index(np.cumsum(is_first) - 1, weights, len(starts))
    return Sums(keys.take(starts), smallest_integers(sums), totals)
