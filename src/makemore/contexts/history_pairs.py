"""Counting of the pairs of a history h and a next id x, for histories of every length.

Sorted by x, then by h from its newest id to its oldest, equal shorter pairs are neighbours, and the
pairs y h x that are one id longer follow each other. So one sorted table has the counts of all
lengths. a(h x) is defined in `models/kneser_ney.py`.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise, repeat
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import (
    AnyInts,
    Float64s,
    Ids,
    prefix_levels,
    smallest_integers,
    sort_keys,
    sum_by_index,
)
from makemore.contexts.packed_rows import PackedRows

if TYPE_CHECKING:
    from makemore.contexts.table import Contexts


class Level(NamedTuple):
    """The P pairs h x with histories of one length, in the order of x, then h.

    Attributes:
        row: (P,) int32, a context that ends in h.
        next: (P,) int32, x.
        repeats: (P,) integers, a(h x) without weights.
        weight: (P,) float64, with weights; None without.
        is_kept: (P,) bool, whether h x occurs more often in the list than the threshold.
    """

    row: Ids
    next: Ids
    repeats: AnyInts
    weight: Float64s | None
    is_kept: NDArray[np.bool_]


class Entries(NamedTuple):
    """The same pairs in the order of h, then x.

    Attributes:
        number: (S,) int64, number of pairs of each h.
        next: (P,) unsigned integers, x.
        repeats, weight, is_kept: as in `Level`.
    """

    number: NDArray[np.int64]
    next: AnyInts
    repeats: AnyInts
    weight: Float64s | None
    is_kept: NDArray[np.bool_]


def count_levels(
    c: "Contexts",
    history: Ids,
    depth: AnyInts,
    size: int,
    weights: Float64s | None,
    thresholds: Sequence[int],
) -> Iterator[Level]:
    """Yield the adjusted counts of the pairs, from the shortest histories to the longest.

    Args:
        c: the contexts.
        history: (N, J) int32, the contexts' histories, the newest id first.
        depth: (N,) integers, the length of each history.
        size: number of ids, including labels.
        weights: (M,) weighted counts of the edges; None if they are the unweighted ones.
        thresholds: for each length of h, pairs that occur at most so often are not kept; none is
            given, or one for each length.
    """
    columns = chain([c.next], map(np.take, history.T, repeat(c.row)))
    rows, order = PackedRows.pack(columns, size).sort()
    shared, own_length = rows.shared(), depth.astype(np.uint8)[c.row[order]]
    del rows
    none = (order[:0], np.zeros(0, bool))
    levels = chain(prefix_levels(shared, own_length + 1), [none])
    for length, ((edges, is_first), (longer, is_longer_first)) in enumerate(pairwise(levels)):
        pair = np.zeros(len(order), np.int32)
        pair[edges] = np.cumsum(is_first, dtype=np.int32) - np.int32(1)
        firsts = order[edges[is_first]]
        continuations = np.bincount(pair[longer[is_longer_first]], minlength=len(firsts))
        whole = np.flatnonzero(own_length == length)  # lines start here, or h has full length
        own, whole = pair[whole], order[whole]
        repeats = continuations + sum_by_index(own, c.repeats[whole], len(firsts)).astype(np.int64)
        weight, is_kept = None, np.ones(len(firsts), bool)
        if weights is not None:
            weight = sum_by_index(own, weights[whole], len(firsts)) + continuations
        if any(thresholds):
            occurrences = sum_by_index(pair[edges], c.repeats[order[edges]], len(firsts))
            is_kept = occurrences > thresholds[length]
        level = c.row[firsts], c.next[firsts], smallest_integers(repeats), weight, is_kept
        del pair, firsts, continuations, whole, own, repeats  # memory, while the level is in use
        yield Level(*level)


def by_history(
    level: Level, histories: Ids, vocabulary_size: int, nodes: NDArray[np.int64]
) -> Entries:
    """Sort pairs by h, then by x.

    Args:
        level: the pairs.
        histories: (N,) int32, the node of each context's h.
        vocabulary_size: V.
        nodes: the first node of this length, and the first of the next one.
    """
    count = int(nodes[1] - nodes[0])
    keys = histories[level.row].astype(np.int64)
    keys -= nodes[0]
    keys *= vocabulary_size
    keys += level.next
    ordered, order = sort_keys(keys, count * vocabulary_size)
    del keys
    pairs = ordered.view(np.int64)
    return Entries(
        np.bincount(pairs // vocabulary_size, minlength=count),
        (pairs % vocabulary_size).astype(np.min_scalar_type(vocabulary_size - 1)),
        level.repeats[order],
        None if level.weight is None else level.weight[order],
        level.is_kept[order],
    )
