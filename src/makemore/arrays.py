"""Operations on integer arrays: distinct keys and rows, tries, and segments; dtype aliases.

All tables of contexts are built with these functions. Distinct keys are found with one flag for
each possible key if the keys are dense, which is fastest, and by sorting otherwise.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Flags are faster than sorting up to this many possible keys for each key (measured).
_FLAGS_PER_KEY = 8

AnyArray = NDArray[Any]  # an array of any dtype
Float32s = NDArray[np.float32]
Float64s = NDArray[np.float64]
Ids = NDArray[np.int32]  # ids of characters, labels and the boundary
Ints = NDArray[np.signedinteger[Any]]


def unique_inverse(keys: Ints, limit: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
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
    order = np.argsort(keys)
    ordered = keys[order]
    is_first = np.ones(len(keys), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    inverse = np.empty(len(keys), dtype=np.int32)
    inverse[order] = np.cumsum(is_first, dtype=np.int32) - np.int32(1)
    return ordered[is_first], inverse


def unique_rows(columns: Iterable[Ints], size: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the index of each row of a table among the distinct rows, and the distinct rows.

    Args:
        columns: the (n,) columns of the table, at least one, of integers in [0, size); each is
            used once, so an iterator may compute them lazily.
        size: exclusive upper bound of the integers.

    Returns:
        (n,) int32 indices, and (d, columns) int32, the distinct rows in lexicographic order.

    Example:
        >>> inverse, rows = unique_rows(np.array([[1, 5], [0, 7], [1, 5]]).T, size=8)
        >>> inverse.tolist(), rows.tolist()
        ([1, 0, 1], [[0, 7], [1, 5]])
    """
    inverse: Ints = np.zeros(1, np.int64)
    rows = np.zeros((1, 0), np.int32)
    for column in columns:
        keys, inverse = unique_inverse(inverse.astype(np.int64) * size + column, len(rows) * size)
        last = (keys % size).astype(np.int32)[:, None]
        rows = np.concatenate([rows[keys // size], last], axis=1)
    return inverse.astype(np.int32), rows


def build_trie(
    columns: Iterable[Ints], depth: NDArray[np.int64], size: int
) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int32]]]:
    """Build the trie of some rows, level by level; a node is a prefix of one or more rows.

    Args:
        columns: the (n,) columns of the rows, of integers in [0, size); each is used once.
        depth: (n,) int64, number of integers to use of each row.
        size: exclusive upper bound of the integers.

    Returns:
        The keys of each level from 1, (nodes,) int64 ascending, parent * size + integer; and for
        each level from 0 the (n,) int32 node of each row. A row with a smaller depth has the node
        of its own depth. Node 0 is the root; nodes are numbered level by level.

    Example:
        >>> columns = np.array([[1, 5], [1, 7], [0, 0]]).T
        >>> keys, nodes = build_trie(columns, np.array([2, 2, 1]), size=8)
        >>> [each.tolist() for each in keys], [each.tolist() for each in nodes]
        ([[0, 1], [21, 23]], [[0, 0, 0], [2, 2, 1], [3, 4, 1]])
    """
    node = np.zeros(len(depth), np.int32)
    keys, nodes = [], [node]
    first_node, count = 0, 1  # first node of the level, number of its nodes
    for level, column in enumerate(columns):
        active = np.flatnonzero(depth > level)
        key = (node[active] - first_node).astype(np.int64) * size + column[active]
        distinct, inverse = unique_inverse(key, count * size)
        keys.append(distinct + first_node * size)
        first_node, count = first_node + count, len(distinct)
        node = node.copy()
        node[active] = inverse + first_node
        nodes.append(node)
    return keys, nodes


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


def sum_by_index(index: Ints, values: Float64s | Ints, size: int) -> Float64s:
    """Return (size,) float64 sums: entry i is the sum of `values` where `index` is i."""
    return np.bincount(index, values, size).astype(np.float64, copy=False)


def sorted_unique(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the distinct keys in ascending order.

    Args:
        keys: (n,) uint64. This is faster than `np.unique` if long runs are already ascending.

    Example:
        >>> sorted_unique(np.array([7, 3, 7], np.uint64)).tolist()
        [3, 7]
    """
    ordered = np.sort(keys, kind="stable")
    is_first = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return ordered[is_first]


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
