"""Suffix tree of contexts: the parent of a context is the context without its oldest id.

A count model backs off from a context to its parent. The deepest node that matches a window is the
longest suffix of the window that is in the tree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import AnyArray, Ids, build_trie, concatenate_ranges, unique_inverse


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
    def of(cls, history: Ids, depth: NDArray[np.int64], size: int) -> tuple[Self, list[Ids]]:
        """Build the tree of some histories.

        Args:
            history: (N, J) int32, the newest id first.
            depth: (N,) int64, number of ids to use of each row.
            size: number of ids, including labels.

        Returns:
            The tree, and for each depth j from 0 to J the (N,) int32 nodes of the first j ids of
            the rows. Rows with a smaller depth have the node of their own depth.
        """
        keys, nodes = build_trie(history.T, depth, size)
        return cls(size, np.concatenate([np.zeros(0, np.int64), *keys])), nodes

    @classmethod
    def checked(cls, size: int, key: AnyArray, deepest: int) -> Self:
        """Build a tree from untrusted keys.

        Raises:
            ValueError: the keys are not those of a tree, or the tree is deeper than `deepest`.
        """
        if key.ndim != 1 or key.dtype != np.int64 or (np.diff(key, prepend=-1) <= 0).any():
            raise ValueError("the keys of a tree do not ascend")
        if (key // size > np.arange(len(key))).any():
            raise ValueError("a node of a tree comes before its parent")
        tree = cls(size, key)
        if len(tree.level_starts) - 2 > deepest:
            raise ValueError(f"a tree is deeper than {deepest}")
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

    def histories(self, node: NDArray[np.int64], longest: int) -> Ids:
        """Return (n, longest) int32 ids of n nodes, newest first, padded with zeros."""
        found = np.zeros((len(node), longest), np.int32)
        for j in range(longest - 1, -1, -1):
            is_deep = self.depth[node] > j
            found[is_deep, j] = self.oldest[node[is_deep]]
            node = np.where(is_deep, self.parent[node], node)
        return found

    def child(self, node: NDArray[np.int64], ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the child of each node for one older id; 0 if there is none."""
        if not len(self.key):
            return np.zeros(len(node), np.int64)
        wanted = node.astype(np.int64) * self.size + ids
        place = np.minimum(np.searchsorted(self.key, wanted), len(self.key) - 1)
        return np.where(self.key[place] == wanted, place + 1, 0)

    def find(self, history: Ids) -> NDArray[np.int64]:
        """Return the node of the longest suffix of each (n, J) history, given newest id first."""
        at = np.zeros(len(history), np.int64)
        alive = np.arange(len(history))
        for ids in history.T:
            deeper = self.child(at[alive], ids[alive])
            alive = alive[deeper > 0]
            at[alive] = deeper[deeper > 0]
        return at

    def lineage(self, node: NDArray[np.int64]) -> tuple[NDArray[np.int64], Ids]:
        """Return the nodes and all their ancestors, ascending, and the index of each node there."""
        above = [node]
        while above[-1].any():
            above.append(self.parent[above[-1]])
        rows, place = unique_inverse(np.concatenate(above), len(self))
        return rows, place[: len(node)]

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
        found = np.zeros(len(oldest), np.int64)
        for low, high in levels:
            if low == 0:
                found[:high] = self.child(found[:high], np.full(high, id_))
            else:
                # If the parent was not found, this searches the root, which has no such child.
                found[low:high] = self.child(found[parent[low:high]], oldest[low:high])
        return np.where(found > 0, found, -1)

    def transitions(self, width: int, longest: int) -> Ids:
        """Compute the goto function: the longest suffix of context + id that is a node.

        If context + id is a node, it is the entry. Otherwise the entry is that of the parent, which
        is the context without its oldest id.

        Args:
            width: V, the number of ids that can follow; ids from V up are labels, which cannot.
            longest: maximum length of a resulting context, in ids; older ids are dropped.

        Returns:
            (S, V) int32 nodes of depth at most `longest`.
        """
        goto = np.zeros((len(self), width), np.int32)
        newest, before = self.oldest.copy(), np.zeros(len(self), np.int64)
        for j, (low, high) in enumerate(pairwise(self.level_starts.tolist())):
            above = self.parent[low:high]
            if j > 1:
                newest[low:high] = newest[above]
                before[low:high] = self.child(before[above], self.oldest[low:high])
            if 0 < j <= longest:
                ends = low + np.flatnonzero(newest[low:high] < width)
                goto[before[ends], newest[ends]] = ends  # completes the previous level
            goto[low:high] = goto[above]
        return goto


@dataclass(frozen=True, eq=False)
class Leaving:
    """Sparse matrix in CSR layout: the next ids of each node, ascending, with a value each.

    Attributes:
        start: (S+1,) int64; the entries of node i are `start[i]:start[i+1]`.
        next: (G,) int32, next id of each entry.
        value: (G,) float32, value of each entry.
    """

    start: NDArray[np.int64]
    next: Ids
    value: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        node: NDArray[np.int64],
        ids: NDArray[np.int64],
        value: NDArray[np.float64],
        nodes: int,
    ) -> Self:
        """Build the matrix from entries sorted by node, then by id."""
        start = np.searchsorted(node, np.arange(nodes + 1))
        return cls(start, ids.astype(np.int32), value.astype(np.float32))

    def dense(self, node: NDArray[np.int64], width: int) -> NDArray[np.float32]:
        """Return (n, width) float32: the dense rows of n nodes, zero without an entry."""
        starts, stops = self.start[node], self.start[node + 1]
        at = concatenate_ranges(starts, stops)
        rows = np.zeros((len(node), width), np.float32)
        rows[np.repeat(np.arange(len(node)), stops - starts), self.next[at]] = self.value[at]
        return rows


def check_leaving(
    tensors: Mapping[str, AnyArray],
    prefix: str,
    nodes: int,
    width: int,
    counted: tuple[str, type[np.generic]],
) -> None:
    """Check the arrays of an untrusted sparse matrix.

    Args:
        tensors: arrays by name, among them `start`, `next` and the values.
        prefix: prefix of these names.
        nodes: number of rows.
        width: number of ids that can follow.
        counted: name and dtype of the array of values.

    Raises:
        ValueError: the arrays are not a sparse matrix of this size with finite values of 0 or more.
    """
    start, ids = tensors[f"{prefix}start"], tensors[f"{prefix}next"]
    value = tensors[prefix + counted[0]]
    kinds = [start.dtype, ids.dtype, value.dtype]
    if (
        kinds != [np.dtype(kind) for kind in (np.int64, np.int32, counted[1])]
        or start.shape != (nodes + 1,)
        or ids.ndim != 1
        or value.shape != ids.shape
    ):
        raise ValueError("counts and their rows do not fit together")
    lengths = np.diff(start)
    if start[0] != 0 or start[-1] != len(ids) or (lengths < 0).any():
        raise ValueError("rows of counts have no place")
    key = np.repeat(np.arange(nodes), lengths) * width + ids
    if (ids < 0).any() or (ids >= width).any() or (np.diff(key) <= 0).any():
        raise ValueError("ids of counts do not ascend")
    if not np.isfinite(value).all() or (value < 0).any():
        raise ValueError("a count is no number of 0 or more")


def renamed(
    tensors: Mapping[str, AnyArray], prefix: str, ids: NDArray[np.int64], size: int
) -> dict[str, AnyArray]:
    """Renumber the ids of a tree and its sparse rows: old id i becomes `ids[i]`.

    Args:
        tensors: arrays by name, among them `key` of the tree and `next` of the sparse rows.
        prefix: prefix of these names.
        ids: (old size,) new ids, ascending.
        size: new number of ids, including labels.
    """
    key, leaving = tensors[f"{prefix}key"], tensors[f"{prefix}next"]
    key = key // len(ids) * size + ids[key % len(ids)]
    return {**tensors, f"{prefix}key": key, f"{prefix}next": ids[leaving].astype(np.int32)}
