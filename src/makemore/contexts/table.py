"""Tables of the distinct contexts of a list, with the counts of next ids and the lines' paths.

    log-likelihood of the list = sum over contexts c and next ids x of count(c, x) * log p(x | c)

The sum over distinct contexts equals the sum over all characters, so loss and gradient are the same
at a fraction of the cost.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, repeat
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import AnyInts, Ids, Ints, concatenate_ranges, sum_by_index, unique_inverse
from makemore.contexts.packed_rows import PackedRows
from makemore.contexts.paths import (
    Paths,
    build_prefix_tree,
    find_edges,
    look_back,
    split_edges,
)
from makemore.contexts.summed_table import Sums
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
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
        untracked_repeats: (M,) integers, unweighted count of each edge in lines whose paths are not
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
    untracked_repeats: AnyInts

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
            back, (last, parent, row, ids, edge) = None, build_prefix_tree(paths, size, labels)
        else:
            edges, edge = find_edges(paths, size + labels, window, labels > 0)
            back, row, ids = split_edges(edges)
            last, parent = back[:, -1], None
        weight = np.repeat(paths.weight, np.diff(paths.start))
        return cls(
            vocabulary_size=size,
            label_count=labels,
            last=last,
            back=back,
            parent=parent,
            row=row,
            next=ids,
            count=sum_by_index(edge, weight, len(row)),
            edge=edge,
            start=paths.start,
            line_weight=paths.weight,
            untracked_repeats=np.zeros(len(row), np.int64),
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
        repeats: AnyInts,
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
            untracked_repeats=repeats,
        )

    @classmethod
    def of_sums(cls, sums: Sums, size: int, labels: int) -> Self:
        """Build contexts from counts of edges, without the paths of lines.

        Args:
            sums: counts of edges, each a window, as in the attribute `back`, and a next id.
            size: V.
            labels: number of labels.
        """
        back, row, ids = split_edges(sums.keys)
        count = sums.repeats.astype(np.float64) if sums.weights is None else sums.weights
        return cls.of_counts(back, row, ids, count, sums.repeats, (size, labels))

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
    def repeats(self) -> AnyInts:
        """(M,) integers, unweighted count of each edge."""
        if not len(self.edge):
            return self.untracked_repeats
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
            parent=None
            if self.parent is None
            else np.searchsorted(rows, self.parent[rows]).astype(np.int32),
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
        return look_back(self.last, self.parent, window, self.label_count > 0)

    def windows(self, window: int) -> Self:
        """Shorten contexts to windows of the last K ids and merge equal windows."""
        columns = map(np.take, self.lookback(window).T, repeat(self.row))
        sizes = self.vocabulary_size, self.label_count
        edges, edge = PackedRows.pack(chain(columns, [self.next]), sum(sizes)).unique()
        back, row, ids = split_edges(edges)
        return replace(
            self,
            last=back[:, -1],
            back=back,
            parent=None,
            row=row,
            next=ids,
            count=sum_by_index(edge, self.count, len(row)),
            edge=edge[self.edge],
            untracked_repeats=sum_by_index(edge, self.untracked_repeats, len(row)).astype(np.int64),
        )

    def merge(self, other: Self) -> Self:
        """Merge with the contexts of other lines, which follow this table's; windows only.

        Raises:
            DataError: the windows, vocabulary sizes or label counts differ, or contexts are whole
                prefixes.
        """
        sizes, others = ((c.vocabulary_size, c.label_count, c.window) for c in (self, other))
        if sizes != others:
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
