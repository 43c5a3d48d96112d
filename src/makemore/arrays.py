"""Operations on integer arrays: distinct keys, prefixes, segments; aliases of dtypes.

All tables of contexts are built with these functions. Distinct keys are found with one flag for
each possible key if the keys are dense, which is fastest, and by sorting otherwise.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Flags are faster than sorting up to this many possible keys for each key (measured).
_FLAGS_PER_KEY = 8
_CHUNK = 2**18  # keys that are handled at once, to save memory

AnyArray = NDArray[Any]  # an array of any dtype
Float32s = NDArray[np.float32]
Float64s = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]
Ids = NDArray[np.int32]  # ids of characters, labels and the boundary
Ints = NDArray[np.signedinteger[Any]]
AnyInts = NDArray[np.integer[Any]]  # signed or unsigned


def unique_inverse(keys: AnyInts, limit: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the sorted distinct keys, and the index of each key among them.

    Args:
        keys: (n,) integers in [0, limit).
        limit: exclusive upper bound of the keys.

    Returns:
        (d,) int64 `distinct`, the distinct keys in ascending order, and (n,) int32 `inverse`, so
        that `distinct[inverse] == keys`.

    Example:
        >>> distinct, inverse = unique_inverse(np.array([7, 3, 7]), limit=10)
        >>> distinct.tolist(), inverse.tolist()
        ([3, 7], [1, 0, 1])
    """
    if limit <= _FLAGS_PER_KEY * len(keys):
        flags = np.zeros(limit, dtype=bool)
        flags[keys] = True
        distinct = np.flatnonzero(flags)
        index_of = np.empty(limit, dtype=np.int32)
        index_of[distinct] = np.arange(len(distinct), dtype=np.int32)
        return distinct, index_of[keys]
    ordered, order = sort_keys(keys, limit)
    is_first = first_of_runs(ordered)
    inverse = np.empty(len(keys), dtype=np.int32)
    inverse[order] = np.cumsum(is_first, dtype=np.int32) - np.int32(1)
    return ordered[is_first].view(np.int64), inverse


def sort_keys(
    keys: AnyInts, limit: int, may_change: bool = False
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Sort integer keys; equal keys stay in order.

    NumPy sorts integers many times faster than it finds the order of integers, so each key is
    sorted together with its position, in one integer, if both fit.

    Args:
        keys: (n,) integers in [0, limit).
        limit: exclusive upper bound of the keys.
        may_change: whether keys of uint64 may be overwritten, which saves memory.

    Returns:
        (n,) uint64 keys in ascending order, and (n,) int64 positions from which they come.

    Example:
        >>> ordered, order = sort_keys(np.array([7, 3, 7]), limit=10)
        >>> ordered.tolist(), order.tolist()
        ([3, 7, 7], [1, 0, 2])
    """
    position_bits = np.uint64(bit_width(len(keys)))
    if bit_width(limit) + int(position_bits) <= 64:
        ordered = keys.astype(np.uint64, copy=not may_change)
        ordered <<= position_bits
        for low in range(0, len(keys), _CHUNK):
            part = ordered[low : low + _CHUNK]
            part |= np.arange(low, low + len(part), dtype=np.uint64)
        ordered.sort()
        order = (ordered & ((np.uint64(1) << position_bits) - np.uint64(1))).view(np.int64)
        ordered >>= position_bits
        return ordered, order
    order = np.argsort(keys, kind="stable")
    return keys[order].astype(np.uint64, copy=False), order


def bit_width(size: int) -> int:
    """Return the number of bits that hold each integer in [0, size)."""
    return max(1, (size - 1).bit_length())


def first_of_runs(ordered: AnyArray) -> NDArray[np.bool_]:
    """Return (n,) bool: whether each element differs from the one before; true for the first."""
    is_first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return is_first


def prefix_levels(
    shared: NDArray[np.uint8], depth: AnyInts
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Group sorted rows by their prefixes of 1, 2, ... integers: the levels of a trie.

    Args:
        shared: (n,) uint8, see `PackedRows.shared`.
        depth: (n,) number of integers to use of each sorted row.

    Yields:
        For each length up to the largest depth: (a,) int64, the rows that have so many integers,
        and (a,) bool, whether their prefix differs from those of all rows before.

    Example:
        >>> levels = prefix_levels(np.array([0, 0, 1], np.uint8), np.array([1, 2, 2]))
        >>> [(rows.tolist(), is_first.tolist()) for rows, is_first in levels]
        [([0, 1, 2], [True, True, False]), ([1, 2], [True, True])]
    """
    for length in range(1, int(depth.max(initial=0)) + 1):
        rows = np.flatnonzero(depth >= length)
        prefix = np.cumsum(shared < length, dtype=np.int32)
        yield rows, first_of_runs(prefix[rows])


def smallest_integers(values: AnyInts) -> AnyInts:
    """Return integers of 0 or more in the smallest unsigned type that holds them.

    Example:
        >>> smallest_integers(np.array([7, 300])).dtype
        dtype('uint16')
    """
    largest = int(values.max(initial=0))
    return values.astype(np.min_scalar_type(largest), copy=False)


def concatenate_ranges(starts: NDArray[np.int64], stops: NDArray[np.int64]) -> NDArray[np.int64]:
    """Concatenate the ranges `starts[i]:stops[i]` into one array of indices.

    Example:
        >>> concatenate_ranges(np.array([4, 0]), np.array([6, 3])).tolist()
        [4, 5, 0, 1, 2]
    """
    lengths = stops - starts
    ends = np.cumsum(lengths)
    size = int(ends[-1]) if len(ends) else 0
    indices: NDArray[np.int64] = np.repeat(starts - (ends - lengths), lengths)
    indices += np.arange(size)
    return indices


def offsets_of(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the (B + 1,) offsets of B consecutive segments, given their lengths.

    Example:
        >>> offsets_of(np.array([2, 0, 3])).tolist()
        [0, 2, 2, 5]
    """
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])


def evenly_spaced(count: int, limit: int) -> NDArray[np.int64]:
    """Return at most `limit` evenly spaced indices in [0, count), to sample sorted data.

    Example:
        >>> evenly_spaced(10, 4).tolist(), evenly_spaced(2, 4).tolist()
        ([0, 2, 5, 7], [0, 1])
    """
    size = min(count, limit)
    return np.arange(size, dtype=np.int64) * count // max(1, size)


def sum_by_index(index: Ints, values: Floats | AnyInts, size: int) -> Float64s:
    """Return (size,) float64 sums: entry i is the sum of `values` where `index` is i."""
    return np.bincount(index, values, size).astype(np.float64, copy=False)


def sum_segments(values: Floats | AnyInts, bounds: NDArray[np.int64]) -> Float64s:
    """Return (B,) float64: the sum of each segment `values[bounds[b] : bounds[b + 1]]`.

    Args:
        values: (n,) numbers.
        bounds: (B + 1,) int64 from 0 to n, ascending; a segment may be empty.

    Example:
        >>> sum_segments(np.array([1, 2, 3]), np.array([0, 2, 2, 3])).tolist()
        [3.0, 0.0, 3.0]
    """
    segment = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    return sum_by_index(segment, values, len(bounds) - 1)


def sorted_unique(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the distinct keys in ascending order.

    Args:
        keys: (n,) uint64. This is faster than `np.unique` if long runs are already ascending.

    Example:
        >>> sorted_unique(np.array([7, 3, 7], np.uint64)).tolist()
        [3, 7]
    """
    ordered = np.sort(keys, kind="stable")
    return ordered[first_of_runs(ordered)]


def segment_argmax(values: Float64s, bounds: Ints) -> NDArray[np.int64]:
    """Return the index of the maximum of each segment; the first index if values tie.

    Args:
        values: (n,) float64.
        bounds: (B + 1,) integers from 0 to n, ascending; segment b is
            `values[bounds[b] : bounds[b + 1]]`, and no segment is empty.

    Returns:
        (B,) int64, indices into `values`. As in `np.argmax`, NaN counts as the largest value.

    Example:
        >>> segment_argmax(np.array([1.0, 5.0, 5.0, 2.0, 9.0]), np.array([0, 3, 5])).tolist()
        [1, 4]
    """
    starts = bounds[:-1]
    if not len(starts):
        return np.zeros(0, np.int64)
    largest = np.repeat(np.maximum.reduceat(values, starts), np.diff(bounds))
    is_largest = (values == largest) | np.isnan(values)
    maxima = np.flatnonzero(is_largest)
    return maxima[np.searchsorted(maxima, starts)]  # the first at or after each start
