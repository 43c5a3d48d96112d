"""Tables of the distinct contexts of a list, with the counts of next ids and the lines' paths.

    log-likelihood of the list = sum over contexts c and next ids x of count(c, x) * log p(x | c)

The sum over distinct contexts equals the sum over all characters, so loss and gradient are the same
at a fraction of the cost. Tables are built with array operations that find the distinct values of
integer keys.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Ids, Ints, concatenate_ranges, sum_by_index, unique_inverse, unique_rows
from makemore.contexts.paths import Paths, build_prefix_tree, find_windows
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import BOUNDARY, Vocabulary
from makemore.errors import DataError


@dataclass(frozen=True, eq=False)
class Contexts:
    """N distinct contexts, their M outgoing edges, and the path of every line along the edges.

    Contexts are either windows of the last K ids (`parent` is None), or a tree of whole prefixes
    (`back` is None; rows are sorted by depth, and a root is its own parent). An edge is a pair of
    context and next id. Edges are sorted by row, then by next id.

    Attributes:
        vocabulary_size: V, the number of ids that can follow.
        label_count: number of labels, whose ids are V and up; 0 without labels.
        last: (N,) int32, the last id of each context; at the start of a line, its label or the
            boundary.
        back: (N, K) int32, the last K ids, oldest first, padded with the boundary before the start;
            with labels (N, 1 + K), with the line's label in the first column. None for a tree.
        parent: (N,) int32, the row of the prefix without its last id. None for windows.
        row: (M,) int32, the context of each edge.
        next: (M,) int32, the next id of each edge.
        count: (M,) float64, weighted count of each edge.
        edge: (C,) int32, the edges of all lines, concatenated.
        start: (B+1,) int64; the path of line b is `edge[start[b]:start[b+1]]`.
        line_weight: (B,) float64, weight of each line.
        untracked_repeats: (M,) int64, unweighted count of each edge in lines whose paths are not
            stored.
    """

    vocabulary_size: int
    label_count: int
    last: Ids
    back: Ids | None
    parent: Ids | None
    row: Ids
    next: Ids
    count: NDArray[np.float64]
    edge: Ids
    start: NDArray[np.int64]
    line_weight: NDArray[np.float64]
    untracked_repeats: NDArray[np.int64]

    @classmethod
    def of(cls, lines: Lines, vocabulary: Vocabulary, window: int | None) -> Self:
        """Count the contexts of a list.

        Args:
            lines: the list.
            vocabulary: the vocabulary that encodes it.
            window: K, the number of characters in a window, at least 1; None for whole prefixes.

        Raises:
            DataError: a character or label is not in the vocabulary.

        Example:
            >>> lines = Lines.from_strings(["anna", "ann"])
            >>> c = Contexts.of(lines, Vocabulary.of(lines), window=1)
            >>> c.back.tolist(), c.row.tolist(), c.next.tolist()
            ([[0], [1], [2]], [0, 1, 1, 2, 2, 2], [1, 0, 2, 0, 1, 2])
            >>> c.count.tolist()
            [2.0, 1.0, 2.0, 1.0, 1.0, 2.0]
        """
        paths = Paths.of(lines, vocabulary)
        return cls.from_paths(paths, len(vocabulary), len(vocabulary.labels), window)

    @classmethod
    def from_paths(cls, paths: Paths, size: int, labels: int, window: int | None) -> Self:
        """Count the contexts of encoded lines; see `of`.

        Args:
            paths: the encoded lines.
            size: V, the vocabulary size.
            labels: number of labels.
            window: K, or None for whole prefixes.
        """
        if window is None:
            row, last, parent = build_prefix_tree(paths, size + labels)
            back = None
        else:
            row, back = find_windows(paths, size + labels, window, labels > 0)
            last, parent = back[:, -1], None
        distinct, edge = unique_inverse(
            row.astype(np.int64) * size + paths.target, len(last) * size
        )
        count = sum_by_index(edge, np.repeat(paths.weight, np.diff(paths.start)), len(distinct))
        return cls(
            vocabulary_size=size,
            label_count=labels,
            last=last,
            back=back,
            parent=parent,
            row=(distinct // size).astype(np.int32),
            next=(distinct % size).astype(np.int32),
            count=count,
            edge=edge,
            start=paths.start,
            line_weight=paths.weight,
            untracked_repeats=np.zeros(len(distinct), np.int64),
        )

    @classmethod
    def of_windows(cls, back: Ids, size: int, labels: int) -> Self:
        """Build contexts from (N, K) windows without lines or counts, to query a model."""
        none = np.zeros(0, np.int32)
        return cls.of_counts(back, none, none, np.zeros(0), none, (size, labels))

    @classmethod
    def of_counts(
        cls,
        back: Ids,
        row: Ints,
        ids: Ids,
        count: NDArray[np.float64],
        repeats: Ints,
        sizes: tuple[int, int],
    ) -> Self:
        """Build contexts from windows and counts, without the paths of lines.

        Args:
            back: (N, K) windows, as in the attribute `back`.
            row: (M,) window of each edge, ascending.
            ids: (M,) next id of each edge, ascending within each window.
            count: (M,) weighted count of each edge.
            repeats: (M,) unweighted count of each edge.
            sizes: V and the number of labels.
        """
        return cls(
            vocabulary_size=sizes[0],
            label_count=sizes[1],
            last=back[:, -1],
            back=back,
            parent=None,
            row=row.astype(np.int32),
            next=ids,
            count=count,
            edge=np.zeros(0, np.int32),
            start=np.zeros(1, np.int64),
            line_weight=np.zeros(0),
            untracked_repeats=np.asarray(repeats, np.int64),
        )

    def without_lines(self) -> Self:
        """Return the same counts without the paths of lines; windows only."""
        assert self.back is not None, "only windows can be stored without paths"
        sizes = self.vocabulary_size, self.label_count
        return self.of_counts(self.back, self.row, self.next, self.count, self.repeats, sizes)

    def __len__(self) -> int:
        """Return N, the number of distinct contexts."""
        return len(self.last)

    @cached_property
    def weight(self) -> NDArray[np.float64]:
        """(N,) float64, weighted count of each context."""
        return sum_by_index(self.row, self.count, len(self))

    @property
    def mean_line_weight(self) -> float:
        """Mean weight of the lines; 1 without lines."""
        return float(self.line_weight.mean()) if len(self.line_weight) else 1.0

    @cached_property
    def total(self) -> float:
        """Weighted number of predicted characters, including line ends."""
        return float(self.count.sum())

    @cached_property
    def repeats(self) -> NDArray[np.int64]:
        """(M,) int64, unweighted count of each edge."""
        return np.bincount(self.edge, minlength=len(self.row)) + self.untracked_repeats

    @cached_property
    def depth_starts(self) -> NDArray[np.int64]:
        """(D+1,) int64; contexts of depth d are `depth_starts[d]:depth_starts[d+1]`; trees only."""
        assert self.parent is not None, "windows have no depth"
        roots = int(np.count_nonzero(self.parent == np.arange(len(self))))
        starts = [0, roots]
        while starts[-1] < len(self):  # the children of a level are contiguous
            starts.append(roots + int(np.searchsorted(self.parent[roots:], starts[-1])))
        return np.array(starts, np.int64)

    def lines(self, indices: NDArray[np.int64]) -> Self:
        """Return the contexts of a mini-batch of lines.

        Args:
            indices: (b,) int64 line indices; repeats are allowed.
        """
        starts, stops = self.start[indices], self.start[indices + 1]
        path_edges = self.edge[concatenate_ranges(starts, stops)]
        weight = self.line_weight[indices]
        edges, edge = unique_inverse(path_edges, len(self.row))
        rows, row = unique_inverse(self.row[edges], len(self.last))
        return replace(
            self,
            last=self.last[rows],
            back=None if self.back is None else self.back[rows],
            parent=None if self.parent is None else _indices_in(rows, self.parent[rows]),
            row=row,
            next=self.next[edges],
            count=sum_by_index(edge, np.repeat(weight, stops - starts), len(edges)),
            edge=edge,
            start=np.concatenate([np.zeros(1, np.int64), np.cumsum(stops - starts)]),
            line_weight=weight,
            untracked_repeats=np.zeros(len(edges), np.int64),
        )

    def lookback(self, window: int) -> Ids:
        """Return the last K ids of every context, preceded by its label if there are labels.

        Returns:
            (N, K) int32, or (N, 1 + K) with labels.
        """
        if self.back is not None:
            if window == self.window:
                return self.back
            first = 1 if self.label_count else 0
            own_window = self.back.shape[1] - first
            assert window <= own_window, f"a window of {own_window} cannot be widened to {window}"
            newest = self.back[:, first + own_window - window :]
            return np.concatenate([self.back[:, :first], newest], axis=1)
        assert self.parent is not None
        columns, row = [], np.arange(len(self), dtype=np.int32)
        is_root = self.parent == row
        for _ in range(window):
            columns.append(np.where(is_root[row], BOUNDARY, self.last[row]))
            row = self.parent[row]
        if self.label_count:
            while not is_root[row].all():
                row = self.parent[row]
            columns.append(self.last[row])
        return np.stack(columns[::-1], axis=1).astype(np.int32)

    def windows(self, window: int) -> Self:
        """Shorten contexts to windows of the last K ids and merge equal windows."""
        back = self.lookback(window)
        rows, back = unique_rows(back.T, self.vocabulary_size + self.label_count)
        size = self.vocabulary_size
        key = rows[self.row].astype(np.int64) * size + self.next
        distinct, edge_index = unique_inverse(key, len(back) * size)
        untracked = sum_by_index(edge_index, self.untracked_repeats, len(distinct))
        return replace(
            self,
            last=back[:, -1],
            back=back,
            parent=None,
            row=(distinct // size).astype(np.int32),
            next=(distinct % size).astype(np.int32),
            count=sum_by_index(edge_index, self.count, len(distinct)),
            edge=edge_index[self.edge],
            untracked_repeats=untracked.astype(np.int64),
        )

    def merge(self, other: Self) -> Self:
        """Merge with the contexts of other lines, which follow this table's; windows only.

        Raises:
            DataError: the windows, vocabulary sizes or label counts differ, or contexts are whole
                prefixes.
        """
        sizes = (self.vocabulary_size, self.label_count, self.window)
        if sizes != (other.vocabulary_size, other.label_count, other.window):
            raise DataError("only contexts of the same vocabulary and window can be merged")
        if self.back is None or other.back is None:
            raise DataError("whole prefixes cannot be merged: count all lines at once")
        merged = replace(
            self,
            last=np.concatenate([self.last, other.last]),
            back=np.concatenate([self.back, other.back]),
            row=np.concatenate([self.row, other.row + np.int32(len(self))]),
            next=np.concatenate([self.next, other.next]),
            count=np.concatenate([self.count, other.count]),
            edge=np.concatenate([self.edge, other.edge + np.int32(len(self.row))]),
            start=np.concatenate([self.start, other.start[1:] + len(self.edge)]),
            line_weight=np.concatenate([self.line_weight, other.line_weight]),
            untracked_repeats=np.concatenate([self.untracked_repeats, other.untracked_repeats]),
        )
        assert merged.window is not None
        return merged.windows(merged.window)

    @property
    def window(self) -> int | None:
        """K, or None for whole prefixes."""
        if self.back is None:
            return None
        return int(self.back.shape[1]) - (1 if self.label_count else 0)


def _indices_in(ascending: NDArray[np.int64], keys: Ids) -> Ids:
    """Return the index of each key in an ascending array that contains it."""
    return np.searchsorted(ascending, keys).astype(np.int32)
