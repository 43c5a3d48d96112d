"""Lines as ids, and the distinct contexts they walk through, found by ranking."""

from collections.abc import Iterator
from itertools import chain, repeat
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Ids, ranges, unique_inverse, unique_rows
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import BOUNDARY, Vocabulary
from makemore.errors import DataError, Location


class Paths(NamedTuple):
    """Lines as they are counted: what each position predicts, and where each line starts.

    Attributes:
        target: (C,) int32, the id to predict at each position; each line ends in the boundary.
        start: (B+1,) int64; line b is `target[start[b]:start[b+1]]`.
        origin: (B,) int32, the id at the start of each line: its label, or the boundary.
        weight: (B,) float64, how many lines each stands for.
    """

    target: Ids
    start: NDArray[np.int64]
    origin: Ids
    weight: NDArray[np.float64]

    @classmethod
    def of(cls, lines: Lines, vocabulary: Vocabulary) -> Self:
        """Encodes lines; a character that the vocabulary lacks is an error here.

        Raises:
            DataError: a line has a character, or the list a label, that the vocabulary lacks.
        """
        ids = vocabulary.encode(lines.codes)
        if len(ids) and ids.min() < 0:
            at = int(np.argmin(ids))
            number = int(np.searchsorted(lines.offsets, at, side="right"))
            raise DataError(
                f"{chr(lines.codes[at])!r} is not in this model's vocabulary "
                f"({len(vocabulary) - 1} characters): fit on a list that has it, or leave it out",
                Location(line=number),
            )
        count = len(lines)
        start = lines.offsets - lines.offsets[0] + np.arange(count + 1)
        target = np.full(len(ids) + count, BOUNDARY, dtype=np.int32)
        target[np.arange(len(ids)) + np.repeat(np.arange(count), lines.lengths())] = ids
        origin = np.full(count, BOUNDARY, dtype=np.int32)
        if vocabulary.labels:
            if lines.labels is None:
                raise DataError(
                    "this model was fitted with labels: give one for each line (--label-column)"
                )
            is_known = np.isin(lines.label_names, vocabulary.labels)[lines.labels]
            if not is_known.all():
                at = int(np.argmin(is_known))
                label = lines.label_names[lines.labels[at]]
                raise DataError(
                    f"{label!r} is not one of this model's labels "
                    f"({', '.join(vocabulary.labels)}): fit on a list that has it, or leave it out",
                    Location(line=at + 1, column="label"),
                )
            named = np.searchsorted(vocabulary.labels, lines.label_names)
            origin = (len(vocabulary) + named[lines.labels]).astype(np.int32)
        return cls(target, start, origin, lines.counts())

    @classmethod
    def of_ids(cls, ids: Ids, origin: int = BOUNDARY) -> Self:
        """Takes lines drawn: (n, T) ids, zero from each line's end on, all of one label or none."""
        is_line = np.arange(ids.shape[1]) <= np.count_nonzero(ids, axis=1)[:, None]
        start = np.concatenate([np.zeros(1, np.int64), np.cumsum(is_line.sum(axis=1))])
        n = len(ids)
        return cls(ids[is_line], start, np.full(n, origin, np.int32), np.ones(n))


def prefix_tree(paths: Paths, size: int) -> tuple[Ids, Ids, Ids]:
    """The tree of prefixes, level by level: (C,) row of each position, (N,) last, (N,) parent."""
    length = np.diff(paths.start)
    longest_first = np.argsort(-length, kind="stable")
    length = length[longest_first]
    first = paths.start[:-1][longest_first]
    roots, node = unique_inverse(paths.origin[longest_first].astype(np.int64), size)
    row = np.empty(len(paths.target), dtype=np.int32)
    last, parent = [roots], [np.arange(len(roots))]
    base, level = 0, len(roots)  # rows before this level, rows of this level
    for depth in range(int(length[0]) if len(length) else 0):
        active = int(np.searchsorted(-length, -depth))  # lines longer than depth
        node, at = node[:active], first[:active] + depth
        row[at] = base + node
        distinct, node = unique_inverse(
            node.astype(np.int64) * size + paths.target[at], level * size
        )
        # The boundary ends a line, so its nodes are no contexts: they rank, and are then dropped.
        is_context = distinct % size != BOUNDARY
        node = (np.cumsum(is_context, dtype=np.int32) - np.int32(1))[node]
        distinct = distinct[is_context]
        last.append(distinct % size)
        parent.append(base + distinct // size)
        base, level = base + level, len(distinct)
    return row, np.concatenate(last).astype(np.int32), np.concatenate(parent).astype(np.int32)


def window_rows(paths: Paths, size: int, window: int, labelled: bool) -> tuple[Ids, Ids]:
    """The distinct windows: (C,) row of each position, (N, K) back."""
    length = np.diff(paths.start)
    position = ranges(np.zeros(len(length), np.int64), length)
    padded = np.concatenate([np.full(window, BOUNDARY, np.int32), paths.target])
    shifted = [padded[oldest : oldest + len(position)] for oldest in range(window)]
    is_inside = map(np.greater_equal, repeat(position), range(window, 0, -1))
    # One after the other: all columns at once may take much memory. Before a line: the boundary, 0.
    columns: Iterator[Ids] = map(np.multiply, shifted, is_inside)
    if labelled:
        columns = chain([np.repeat(paths.origin, length)], columns)
    return unique_rows(columns, size)
