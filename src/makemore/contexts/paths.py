"""Encoded lines, and the distinct contexts on their paths."""

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Ids, concatenate_ranges, unique_inverse
from makemore.contexts.packed_rows import PackedRows
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import BOUNDARY, Vocabulary
from makemore.errors import DataError, Location


class Paths(NamedTuple):
    """Encoded lines: the target id of each position, and the offsets of the lines.

    Attributes:
        target: (C,) int32, the id to predict at each position; each line ends with the boundary.
        start: (B+1,) int64; line b is `target[start[b]:start[b+1]]`.
        origin: (B,) int32, the id at the start of each line: its label, or the boundary.
        weight: (B,) float64, weight of each line.
    """

    target: Ids
    start: NDArray[np.int64]
    origin: Ids
    weight: NDArray[np.float64]

    @classmethod
    def of(cls, lines: Lines, vocabulary: Vocabulary) -> Self:
        """Encode lines.

        Raises:
            DataError: a character or label is not in the vocabulary, or labels are missing.
        """
        ids = vocabulary.encode(lines.codes)
        if len(ids) and ids.min() < 0:
            position = int(np.argmin(ids))
            number = int(np.searchsorted(lines.offsets, position, side="right"))
            raise DataError(
                f"{chr(lines.codes[position])!r} is not in this model's vocabulary "
                f"({len(vocabulary) - 1} characters): fit on a list that has it, or leave it out",
                Location(line=number),
            )
        origin = np.full(len(lines), BOUNDARY, dtype=np.int32)
        if vocabulary.labels:
            if lines.labels is None:
                raise DataError(
                    "this model was fitted with labels: give one for each line (--label-column)"
                )
            is_known = np.isin(lines.label_names, vocabulary.labels)[lines.labels]
            if not is_known.all():
                position = int(np.argmin(is_known))
                label = lines.label_names[lines.labels[position]]
                raise DataError(
                    f"{label!r} is not one of this model's labels "
                    f"({', '.join(vocabulary.labels)}): fit on a list that has it, or leave it out",
                    Location(line=position + 1, column="label"),
                )
            label_index = np.searchsorted(vocabulary.labels, lines.label_names)
            origin = (len(vocabulary) + label_index[lines.labels]).astype(np.int32)
        return cls.of_encoded(ids, lines, origin)

    @classmethod
    def of_encoded(cls, ids: Ids, lines: Lines, origin: Ids) -> Self:
        """Build paths from the (C,) ids of all characters of some lines, and their origins."""
        count = len(lines)
        start = lines.offsets - lines.offsets[0] + np.arange(count + 1)
        target = np.full(len(ids) + count, BOUNDARY, dtype=np.int32)
        target[np.arange(len(ids)) + np.repeat(np.arange(count), lines.lengths())] = ids
        return cls(target, start, origin, lines.counts())

    @classmethod
    def of_ids(cls, ids: Ids, origin: int = BOUNDARY) -> Self:
        """Build paths from (n, T) sampled ids, 0 from the end of each line, all of one origin."""
        is_line = np.arange(ids.shape[1]) <= np.count_nonzero(ids, axis=1)[:, None]
        start = np.concatenate([np.zeros(1, np.int64), np.cumsum(is_line.sum(axis=1))])
        n = len(ids)
        return cls(ids[is_line], start, np.full(n, origin, np.int32), np.ones(n))


def build_prefix_tree(paths: Paths, size: int, labels: int) -> tuple[Ids, Ids, Ids, Ids, Ids]:
    """Build the prefix tree of encoded lines.

    Args:
        paths: the encoded lines.
        size: V, the vocabulary size.
        labels: number of labels.

    Returns:
        (N,) last id and parent of each prefix, (M,) row and next id of each edge, and (C,) edge of
        each position; see `Contexts`.
    """
    row, last, parent = _number_prefixes(paths, size + labels)
    distinct, edge = unique_inverse(row.astype(np.int64) * size + paths.target, len(last) * size)
    row, ids = np.divmod(distinct, size)
    return last, parent, row.astype(np.int32), ids.astype(np.int32), edge


def _number_prefixes(paths: Paths, size: int) -> tuple[Ids, Ids, Ids]:
    """Return the (C,) row of each position, and the (N,) last ids and parents of the rows."""
    length = np.diff(paths.start)
    longest_first = np.argsort(-length, kind="stable")
    length = length[longest_first]
    first = paths.start[:-1][longest_first]
    roots, node = unique_inverse(paths.origin[longest_first].astype(np.int64), size)
    row = np.empty(len(paths.target), dtype=np.int32)
    last, parent = [roots], [np.arange(len(roots))]
    base, level_size = 0, len(roots)  # number of rows above this level, number of rows in it
    for depth in range(int(length[0]) if len(length) else 0):
        active = int(np.searchsorted(-length, -depth))  # lines longer than depth
        node, position = node[:active], first[:active] + depth
        row[position] = base + node
        distinct, node = unique_inverse(
            node.astype(np.int64) * size + paths.target[position], level_size * size
        )
        # A node whose last id is the boundary ends a line and is not a context, so it is dropped.
        is_context = distinct % size != BOUNDARY
        node = (np.cumsum(is_context, dtype=np.int32) - np.int32(1))[node]
        distinct = distinct[is_context]
        last.append(distinct % size)
        parent.append(base + distinct // size)
        base, level_size = base + level_size, len(distinct)
    return row, np.concatenate(last).astype(np.int32), np.concatenate(parent).astype(np.int32)


def find_edges(paths: Paths, size: int, window: int, labelled: bool) -> tuple[PackedRows, Ids]:
    """Find the distinct windows with their next ids.

    Returns:
        The distinct rows in lexicographic order, M rows of K + 1 ids: a window, as `back` in
        `Contexts`, and the next id; and (C,) int32, the row of each position.
    """
    columns = edge_columns(paths, window)
    if labelled:
        columns = chain([np.repeat(paths.origin, np.diff(paths.start))], columns)
    return PackedRows.pack(columns, size).unique()


def edge_columns(paths: Paths, window: int) -> Iterator[Ids]:
    """Yield K + 1 columns, each (C,) int32: the window of each position, and its target.

    They are computed one by one to save memory.
    """
    length = np.diff(paths.start)
    position = concatenate_ranges(np.zeros(len(length), np.int64), length)
    padded = np.concatenate([np.full(window, BOUNDARY, np.int32), paths.target])
    for distance in range(window, 0, -1):
        shifted = padded[window - distance : window - distance + len(position)]
        yield shifted * (position >= distance)  # positions before a line are the boundary, 0
    yield paths.target


def split_edges(edges: PackedRows) -> tuple[Ids, Ids, Ids]:
    """Split M sorted edges into (N, K) windows, and the (M,) window and next id of each edge."""
    window = sum(edges.widths) - 1
    is_first = edges.is_first(window)
    row = np.cumsum(is_first, dtype=np.int32) - np.int32(1)
    return edges.take(is_first).table(window), row, edges.last_column()


def look_back(last: Ids, parent: Ids, window: int, labelled: bool) -> Ids:
    """Return the (N, K) or (N, 1 + K) windows of a prefix tree; see `Contexts.lookback`.

    Args:
        last: (N,) the last id of each prefix.
        parent: (N,) the row of the prefix without its last id.
        window: K.
        labelled: whether the roots are labels.
    """
    columns, row = [], np.arange(len(last), dtype=np.int32)
    is_root = parent == row
    for _ in range(window):
        columns.append(np.where(is_root[row], BOUNDARY, last[row]))
        row = parent[row]
    if labelled:
        while not is_root[row].all():
            row = parent[row]
        columns.append(last[row])
    return np.stack(columns[::-1], axis=1).astype(np.int32)
