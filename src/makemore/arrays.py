"""Distinct integer keys, in order, and where each key stands among them.

The one piece of machinery under every table of contexts. A flag per possible key is the fastest
way while the keys are dense; sorting takes over when they are not.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Flags are faster than sorting while there are at most this many possible keys per key (measured).
_FLAGS_PER_KEY = 8


AnyArray = NDArray[Any]  # an array of any dtype
Ints = NDArray[np.signedinteger[Any]]


def unique_inverse(keys: Ints, limit: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Lists the distinct keys in order and gives each key its place among them.

    Args:
        keys: (n,) integers in [0, limit).
        limit: one more than the largest key that can occur.

    Returns:
        (d,) int64, the distinct keys in ascending order, and (n,) int32, `distinct[place] == keys`.

    Example:
        >>> distinct, place = unique_inverse(np.array([7, 3, 7]), limit=10)
        >>> distinct.tolist(), place.tolist()
        ([3, 7], [1, 0, 1])
    """
    if limit <= _FLAGS_PER_KEY * len(keys):
        flags = np.zeros(limit, dtype=bool)
        flags[keys] = True
        distinct = np.flatnonzero(flags)
        place_of = np.empty(limit, dtype=np.int32)
        place_of[distinct] = np.arange(len(distinct), dtype=np.int32)
        return distinct, place_of[keys]
    order = np.argsort(keys)
    ordered = keys[order]
    is_first = np.ones(len(keys), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    place = np.empty(len(keys), dtype=np.int32)
    place[order] = np.cumsum(is_first, dtype=np.int32) - np.int32(1)
    return ordered[is_first], place


def ranges(starts: NDArray[np.int64], stops: NDArray[np.int64]) -> NDArray[np.int64]:
    """Strings the ranges `starts[i]:stops[i]` together into one array of indices.

    Example:
        >>> ranges(np.array([4, 0]), np.array([6, 3])).tolist()
        [4, 5, 0, 1, 2]
    """
    lengths = stops - starts
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    found: NDArray[np.int64] = np.repeat(starts - (ends - lengths), lengths)
    found += np.arange(total)
    return found


def evenly(count: int, most: int) -> NDArray[np.int64]:
    """Indices of at most so many of so many things, evenly apart: what is sorted is then sampled.

    Example:
        >>> evenly(10, 4).tolist(), evenly(2, 4).tolist()
        ([0, 2, 5, 7], [0, 1])
    """
    few = min(count, most)
    return np.arange(few, dtype=np.int64) * count // max(1, few)


def summed(place: Ints, values: NDArray[np.float64] | Ints, places: int) -> NDArray[np.float64]:
    """Adds up, for each of so many places, the values that belong there."""
    return np.bincount(place, values, places).astype(np.float64, copy=False)
