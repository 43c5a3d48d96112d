"""Counts in a model file: a suffix tree and its entries, in the smallest integers that hold them.

Format 1 stores `key`, the keys of the tree, and `start`, the offsets of the rows, in 8 bytes each.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import AnyArray, AnyInts, offsets_of, smallest_integers
from makemore.contexts.context_tree import SuffixTree


def counts_to_tensors(
    tree: SuffixTree, start: NDArray[np.int64], ids: AnyInts
) -> dict[str, AnyArray]:
    """Return a tree and the positions of its entries as named arrays.

    Args:
        tree: the tree, with S nodes.
        start: (S + 1,) offsets of the nodes' entries.
        ids: (G,) next id of each entry.

    Returns:
        `children` (S,), the number of children of each node; `older` (S - 1,), the id that each
        node but the root adds to its parent; `entries` (S,), the number of entries of each node;
        and `next` (G,); each in the smallest unsigned type that holds its values.
    """
    parent, older = np.divmod(tree.key, tree.size)
    children = np.bincount(parent, minlength=len(tree))
    arrays = {"children": children, "older": older, "entries": np.diff(start), "next": ids}
    return {name: smallest_integers(value) for name, value in arrays.items()}


def counts_from_tensors(
    tensors: Mapping[str, AnyArray], prefix: str, sizes: tuple[int, int], max_depth: int
) -> tuple[SuffixTree, NDArray[np.int64], AnyInts]:
    """Build a tree and the positions of its entries from untrusted arrays, of any format.

    Args:
        tensors: arrays by name.
        prefix: prefix of the names.
        sizes: V, and the number of ids including labels.
        max_depth: maximum depth of the tree.

    Returns:
        The tree, the (S + 1,) int64 offsets of its nodes' entries, and the (G,) next ids.

    Raises:
        ValueError: the arrays are not those of a tree with sorted entries.
    """
    ids = tensors[f"{prefix}next"]
    if f"{prefix}key" in tensors:  # format 1
        key, start = tensors[f"{prefix}key"], tensors[f"{prefix}start"]
        if start.dtype != np.int64 or ids.dtype != np.int32:
            raise ValueError("the arrays of counts have inconsistent types")
    else:
        children, older, entries = (tensors[prefix + n] for n in ("children", "older", "entries"))
        for array in (children, older, entries, ids):
            if array.dtype.kind != "u" or array.ndim != 1:
                raise ValueError("the arrays of counts are not vectors of unsigned integers")
        start = offsets_of(entries.astype(np.int64))
        key = np.repeat(np.arange(len(children)), children)
        sizes_agree = len(key) == len(older) == len(children) - 1
        if not sizes_agree or (older >= sizes[1]).any():
            raise ValueError("the children and the ids of a tree are inconsistent")
        key = key * sizes[1] + older
    tree = SuffixTree.from_untrusted(sizes[1], key, max_depth)
    _check_entries(start, ids, len(tree), sizes[0])
    return tree, start, ids


def _check_entries(start: AnyArray, ids: AnyArray, node_count: int, width: int) -> None:
    """Check that the entries of each node are ascending ids below a width.

    Raises:
        ValueError: they are not.
    """
    if start.shape != (node_count + 1,) or ids.ndim != 1:
        raise ValueError("the arrays of counts have inconsistent shapes")
    lengths = np.diff(start)
    if start[0] != 0 or start[-1] != len(ids) or (lengths < 0).any():
        raise ValueError("the row offsets of counts are invalid")
    is_first = np.zeros(len(ids) + 1, bool)
    is_first[start] = True
    is_ascending = (ids[1:] > ids[:-1]) | is_first[1:-1]
    if not is_ascending.all() or (len(ids) and (ids.min() < 0 or ids.max() >= width)):
        raise ValueError("the ids of counts are out of range or not in ascending order")


def renumber_tensors(
    tensors: Mapping[str, AnyArray], prefix: str, ids: NDArray[np.int64]
) -> dict[str, AnyArray]:
    """Renumber the ids of a tree and its entries: old id i becomes `ids[i]`.

    Args:
        tensors: arrays by name, as `counts_to_tensors` returns them.
        prefix: prefix of these names.
        ids: (old size,) new ids, ascending.
    """
    names = (f"{prefix}older", f"{prefix}next")
    return {**tensors, **{name: smallest_integers(ids[tensors[name]]) for name in names}}
