"""Contexts as a tree that grows towards the past: a node's parent is one character shorter.

The parent of a context in this tree is what a count model backs off to, and the deepest node found
for a window is the longest end of it that was ever seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import AnyArray, Ids, ranges, trie, unique_inverse


@dataclass(frozen=True, eq=False)
class SuffixTree:
    """S nodes, the root first, sorted by depth; node i > 0 is its parent plus one older id.

    Attributes:
        size: how many ids there are, labels included.
        key: (S - 1,) int64, ascending: `parent * size + id` of nodes 1 and up.
    """

    size: int
    key: NDArray[np.int64]

    @classmethod
    def of(cls, history: Ids, depth: NDArray[np.int64], size: int) -> tuple[Self, list[Ids]]:
        """Builds the tree of some histories.

        Args:
            history: (N, J) int32, the newest id first.
            depth: (N,) int64, how many of a row's ids count.
            size: how many ids there are.

        Returns:
            The tree, and for each depth 0 to J the (N,) int32 node of each row there; rows that are
            not as deep have the node of their own depth.
        """
        keys, nodes = trie(history.T, depth, size)
        return cls(size, np.concatenate([np.zeros(0, np.int64), *keys])), nodes

    @classmethod
    def checked(cls, size: int, key: AnyArray, deepest: int) -> Self:
        """Takes keys from outside.

        Raises:
            ValueError: they are no tree, or one deeper than `deepest`.
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
        """S: how many nodes, the root included."""
        return len(self.key) + 1

    @cached_property
    def parent(self) -> NDArray[np.int64]:
        """(S,) int64; the root is its own parent."""
        return np.concatenate([np.zeros(1, np.int64), self.key // self.size])

    @cached_property
    def oldest(self) -> NDArray[np.int64]:
        """(S,) int64, the id each node adds to its parent; of no meaning at the root."""
        return np.concatenate([np.zeros(1, np.int64), self.key % self.size])

    @cached_property
    def level_starts(self) -> NDArray[np.int64]:
        """(J + 2,) int64: nodes of depth j are `level_starts[j]:level_starts[j + 1]`."""
        starts = [0, 1]
        while starts[-1] < len(self):
            starts.append(1 + int(np.searchsorted(self.key, starts[-1] * self.size)))
        return np.array(starts, np.int64)

    @cached_property
    def depth(self) -> NDArray[np.int64]:
        """(S,) int64: how many ids each node holds."""
        levels = np.diff(self.level_starts)
        return np.repeat(np.arange(len(levels)), levels)

    def histories(self, node: NDArray[np.int64], longest: int) -> Ids:
        """(n, longest) int32 ids of each of (n,) nodes, the newest first, then zeros."""
        found = np.zeros((len(node), longest), np.int32)
        for j in range(longest - 1, -1, -1):
            is_deep = self.depth[node] > j
            found[is_deep, j] = self.oldest[node[is_deep]]
            node = np.where(is_deep, self.parent[node], node)
        return found

    def child(self, node: NDArray[np.int64], ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Finds the node one older id deeper; 0, which is no child, where there is none."""
        if not len(self.key):
            return np.zeros(len(node), np.int64)
        wanted = node.astype(np.int64) * self.size + ids
        place = np.minimum(np.searchsorted(self.key, wanted), len(self.key) - 1)
        return np.where(self.key[place] == wanted, place + 1, 0)

    def find(self, history: Ids) -> NDArray[np.int64]:
        """Finds the longest end of each (n, J) history, newest id first, that is a node."""
        at = np.zeros(len(history), np.int64)
        alive = np.arange(len(history))
        for ids in history.T:
            deeper = self.child(at[alive], ids[alive])
            alive = alive[deeper > 0]
            at[alive] = deeper[deeper > 0]
        return at

    def lineage(self, node: NDArray[np.int64]) -> tuple[NDArray[np.int64], Ids]:
        """Gives nodes and all above them, ascending, and where each of the nodes stands there."""
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
        """Find the nodes of another tree under one id: each with that id before its newest.

        Args:
            id_: the id.
            oldest: (n,) int64, the id that each node of the other tree adds to its parent.
            parent: (n,) int64, where among them its parent stands; the root comes first.
            levels: where among them each depth starts and stops.

        Returns:
            (n,) int64 nodes here, -1 where there is none.
        """
        found = np.zeros(len(oldest), np.int64)
        for low, high in levels:
            if low == 0:
                found[:high] = self.child(found[:high], np.full(high, id_))
            else:
                # Where the parent is not found, this asks the root, which has no other child.
                found[low:high] = self.child(found[parent[low:high]], oldest[low:high])
        return np.where(found > 0, found, -1)

    def transitions(self, width: int, longest: int) -> Ids:
        """Finds, for each node and one newer id, the node of the longest end of the two.

        A node one id longer than another is where that id leads; all else is as one step up.

        Args:
            width: V, how many ids can follow; ids from V up are labels, never newer than anything.
            longest: how many ids a history keeps; nodes that are longer lose their oldest.

        Returns:
            (S, V) int32 nodes of at most so many ids.
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
                goto[before[ends], newest[ends]] = ends  # completes the level above
            goto[low:high] = goto[above]
        return goto


@dataclass(frozen=True, eq=False)
class Leaving:
    """Sparse rows: for each node the ids that may follow, ascending, with a number each.

    Attributes:
        start: (S+1,) int64; node i has the entries `start[i]:start[i+1]`.
        next: (G,) int32 ids.
        value: (G,) float32.
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
        """Packs entries that are sorted by node, then by id."""
        start = np.searchsorted(node, np.arange(nodes + 1))
        return cls(start, ids.astype(np.int32), value.astype(np.float32))

    def dense(self, node: NDArray[np.int64], width: int) -> NDArray[np.float32]:
        """(n, width) float32: the rows of these nodes, zero where nothing stands."""
        starts, stops = self.start[node], self.start[node + 1]
        at = ranges(starts, stops)
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
    """Refuses sparse rows from outside that are none.

    Args:
        tensors: named arrays, among them `start`, `next` and what is counted.
        prefix: what these names start with.
        nodes: how many rows there are.
        width: ids that may follow.
        counted: the name and the type of a number for each entry.

    Raises:
        ValueError: they do not fit together.
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
    """Gives a tree and what leaves it other ids: old id i becomes `ids[i]`, in the same order.

    Args:
        tensors: named arrays, among them `key` of a tree and `next` of what leaves it.
        prefix: what these names start with.
        ids: (old size,) ascending.
        size: how many ids there are now.
    """
    key, leaving = tensors[f"{prefix}key"], tensors[f"{prefix}next"]
    key = key // len(ids) * size + ids[key % len(ids)]
    return {**tensors, f"{prefix}key": key, f"{prefix}next": ids[leaving].astype(np.int32)}
