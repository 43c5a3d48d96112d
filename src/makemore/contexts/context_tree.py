"""Suffix tree of contexts: the parent of a context is the context without its oldest id.

A count model backs off from a context to its parent. The deepest node that matches a window is the
longest suffix of the window that is in the tree.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import (
    AnyArray,
    AnyInts,
    Ids,
    Ints,
    concatenate_ranges,
    prefix_levels,
    unique_inverse,
)
from makemore.contexts.packed_rows import PackedRows


@dataclass(frozen=True, eq=False)
class SuffixTree:
    """Suffix tree with S nodes, root first, sorted by depth; a node is its parent plus an older id.

    Attributes:
        size: number of ids, including labels.
        key: (S - 1,) int64, ascending: `parent * size + id` of nodes 1 and up.
    """

    size: int
    key: NDArray[np.int64]

    @classmethod
    def of(cls, history: Ids, depth: AnyInts, size: int) -> tuple[Self, list[Ids]]:
        """Build the tree of some histories.

        Args:
            history: (N, J) int32, the newest id first.
            depth: (N,) integers, number of ids to use of each row.
            size: number of ids, including labels.

        Returns:
            The tree, and for each depth j from 0 to J the (N,) int32 nodes of the first j ids of
            the rows. Rows with a smaller depth have the node of their own depth.
        """
        rows, order = PackedRows.pack(history.T, size).sort()
        node = np.zeros(len(depth), np.int32)  # of each row, in sorted order
        keys, nodes = [np.zeros(0, np.int64)], [node.copy()]
        first_node = 1  # of the level
        levels = prefix_levels(rows.shared(), depth[order])
        for level, (deep, is_first) in enumerate(levels):
            firsts = deep[is_first]
            keys.append(node[firsts].astype(np.int64) * size + history[order[firsts], level])
            node[deep] = np.cumsum(is_first, dtype=np.int32) + np.int32(first_node - 1)
            first_node += len(firsts)
            nodes.append(np.empty_like(node))
            nodes[-1][order] = node
        nodes += nodes[-1:] * (history.shape[1] + 1 - len(nodes))  # if no row has so many ids
        return cls(size, np.concatenate(keys)), nodes

    @classmethod
    def from_untrusted(cls, size: int, key: AnyArray, max_depth: int) -> Self:
        """Build a tree from untrusted keys.

        Raises:
            ValueError: the keys are not those of a tree, or the tree is deeper than `max_depth`.
        """
        if key.ndim != 1 or key.dtype != np.int64 or (np.diff(key, prepend=-1) <= 0).any():
            raise ValueError("the keys of a tree are not in ascending order")
        if (key // size > np.arange(len(key))).any():
            raise ValueError("a node of a tree comes before its parent")
        tree = cls(size, key)
        if len(tree.level_starts) - 2 > max_depth:
            raise ValueError(f"the depth of a tree is above {max_depth}")
        return tree

    def __len__(self) -> int:
        """Return S, the number of nodes, including the root."""
        return len(self.key) + 1

    @cached_property
    def parent(self) -> NDArray[np.int64]:
        """(S,) int64, parent of each node; the root is its own parent."""
        return np.concatenate([np.zeros(1, np.int64), self.key // self.size])

    @cached_property
    def oldest(self) -> NDArray[np.int64]:
        """(S,) int64, the id that each node adds to its parent; undefined at the root."""
        return np.concatenate([np.zeros(1, np.int64), self.key % self.size])

    @cached_property
    def level_starts(self) -> NDArray[np.int64]:
        """(J + 2,) int64; nodes of depth j are `level_starts[j]:level_starts[j + 1]`."""
        starts = [0, 1]
        while starts[-1] < len(self):
            starts.append(1 + int(np.searchsorted(self.key, starts[-1] * self.size)))
        return np.array(starts, np.int64)

    @cached_property
    def depth(self) -> NDArray[np.int64]:
        """(S,) int64, depth of each node: the length of its context, in ids."""
        levels = np.diff(self.level_starts)
        return np.repeat(np.arange(len(levels)), levels)

    def histories(self, node: NDArray[np.int64], length: int) -> Ids:
        """Return (n, length) int32 ids of n nodes, newest first, padded with zeros."""
        ids = np.zeros((len(node), length), np.int32)
        for j in range(length - 1, -1, -1):
            is_deep = self.depth[node] > j
            ids[is_deep, j] = self.oldest[node[is_deep]]
            node = np.where(is_deep, self.parent[node], node)
        return ids

    def child(self, node: NDArray[np.int64], ids: Ints) -> NDArray[np.int64]:
        """Return the child of each node for one older id; 0 if there is none."""
        if not len(self.key):
            return np.zeros(len(node), np.int64)
        key = node.astype(np.int64) * self.size + ids
        index = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
        return np.where(self.key[index] == key, index + 1, 0)

    def child_or_none(self, node: NDArray[np.int64], ids: Ids) -> NDArray[np.int64]:
        """Return the child of each node for one older id; -1 if there is none, or no node (-1)."""
        child = self.child(np.maximum(node, 0), ids)
        return np.where((node >= 0) & (child > 0), child, -1)

    def find(self, history: Ids) -> NDArray[np.int64]:
        """Return the node of the longest suffix of each (n, J) history, given newest id first."""
        node = np.zeros(len(history), np.int64)
        active = np.arange(len(history))
        for ids in history.T:
            child = self.child(node[active], ids[active])
            active = active[child > 0]
            node[active] = child[child > 0]
        return node

    def ancestors(self, node: NDArray[np.int64]) -> tuple[NDArray[np.int64], Ids]:
        """Return the nodes and all their ancestors, ascending, and the index of each node there."""
        levels = [node]
        while levels[-1].any():
            levels.append(self.parent[levels[-1]])
        nodes, index = unique_inverse(np.concatenate(levels), len(self))
        return nodes, index[: len(node)]

    def find_under(
        self,
        id_: int,
        oldest: NDArray[np.int64],
        parent: NDArray[np.int64],
        levels: list[tuple[int, int]],
    ) -> NDArray[np.int64]:
        """Look up the nodes of another tree in this tree, below the child `id_` of the root.

        Args:
            id_: id of the child of the root.
            oldest: (n,) int64, the id that each node of the other tree adds to its parent.
            parent: (n,) int64, index of each node's parent among the n nodes; the root is first.
            levels: range of the nodes of each depth, as (start, stop).

        Returns:
            (n,) int64 nodes of this tree, -1 if there is none.
        """
        nodes = np.zeros(len(oldest), np.int64)
        for low, high in levels:
            if low == 0:
                nodes[:high] = self.child(nodes[:high], np.full(high, id_))
            else:
                # If the parent was not found, this searches the root, which has no such child.
                nodes[low:high] = self.child(nodes[parent[low:high]], oldest[low:high])
        return np.where(nodes > 0, nodes, -1)

    def transitions(self, vocabulary_size: int, max_depth: int) -> Ids:
        """Compute the goto function: the longest suffix of context + id that is a node.

        If context + id is a node, it is the entry. Otherwise the entry is that of the parent, which
        is the context without its oldest id.

        Args:
            vocabulary_size: V, the number of ids that can follow; larger ids are labels, which
                cannot.
            max_depth: maximum length of a resulting context, in ids; older ids are dropped.

        Returns:
            (S, V) int32 nodes of depth at most `max_depth`.
        """
        goto = np.zeros((len(self), vocabulary_size), np.int32)
        newest, prefix = self.oldest.copy(), np.zeros(len(self), np.int64)
        for j, (low, high) in enumerate(pairwise(self.level_starts.tolist())):
            parent = self.parent[low:high]
            if j > 1:
                newest[low:high] = newest[parent]
                prefix[low:high] = self.child(prefix[parent], self.oldest[low:high])
            if 0 < j <= max_depth:
                nodes = low + np.flatnonzero(newest[low:high] < vocabulary_size)
                goto[prefix[nodes], newest[nodes]] = nodes  # completes the previous level
            goto[low:high] = goto[parent]
        return goto


@dataclass(frozen=True, eq=False)
class SparseRows:
    """Sparse matrix in CSR layout: the next ids of each node, ascending, with a value each.

    Attributes:
        start: (S+1,) int64; the entries of node i are `start[i]:start[i+1]`.
        next: (G,) integers, next id of each entry.
        value: (G,) float32, value of each entry.
    """

    start: NDArray[np.int64]
    next: AnyInts
    value: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        node: NDArray[np.int64],
        ids: NDArray[np.int64],
        value: NDArray[np.float64],
        node_count: int,
    ) -> Self:
        """Build the matrix from entries sorted by node, then by id."""
        start = np.searchsorted(node, np.arange(node_count + 1))
        return cls(start, ids.astype(np.int32), value.astype(np.float32))

    def dense(self, node: NDArray[np.int64], width: int) -> NDArray[np.float32]:
        """Return (n, width) float32: the dense rows of n nodes, zero without an entry."""
        starts, stops = self.start[node], self.start[node + 1]
        entries = concatenate_ranges(starts, stops)
        rows = np.zeros((len(node), width), np.float32)
        row = np.repeat(np.arange(len(node)), stops - starts)
        rows[row, self.next[entries]] = self.value[entries]
        return rows

    def at(self, node: NDArray[np.int64], ids: AnyInts) -> NDArray[np.float32]:
        """Return (n,) float32: the values at n pairs of a node and an id, zero without an entry."""
        low, stop = self.start[node], self.start[node + 1]
        high = stop
        for _ in range(int((stop - low).max(initial=0)).bit_length()):  # binary search in each row
            middle = (low + high) >> 1
            is_below = (low < high) & (self.next[np.minimum(middle, len(self.next) - 1)] < ids)
            low, high = np.where(is_below, middle + 1, low), np.where(is_below, high, middle)
        values = np.zeros(len(node), np.float32)
        present = np.flatnonzero(low < stop)
        present = present[self.next[low[present]] == ids[present]]
        values[present] = self.value[low[present]]
        return values
