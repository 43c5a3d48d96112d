"""Adjusted counts of Kneser-Ney, and the discounted shares of the probability from them.

The definitions are in `models/kneser_ney.py`: a(h x), the discounts D and gamma(h).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import (
    AnyArray,
    AnyInts,
    Float32s,
    Float64s,
    Ids,
    offsets_of,
    smallest_integers,
    sum_by_index,
    sum_segments,
)
from makemore.contexts.context_tree import SparseRows, SuffixTree
from makemore.contexts.history_pairs import Entries, Level, by_history, count_levels
from makemore.contexts.stored_counts import counts_from_tensors, counts_to_tensors
from makemore.parallel import open_workers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from makemore.contexts.table import Contexts

_FALLBACK_DISCOUNTS = (0.5, 1.0, 1.5)  # D1, D2 and D3 if the counts of counts give none
_BLOCK = 2**20  # entries whose shares are computed at once
_ROUNDING = 1e-9  # relative rounding error of a sum of weights


@dataclass(frozen=True, eq=False)
class AdjustedCounts:
    """Adjusted counts a(h x) of S histories h, and the discounted probabilities from them.

    Attributes:
        tree: the S histories.
        start: (S + 1,) int64; `next[start[i]:start[i + 1]]` are the ids seen after history i.
        next: (G,) integers x, ascending for each history.
        repeats: (G,) integers, a(h x) without lines' weights.
        weight: (G,) float64, a(h x) with lines' weights; None if it equals `repeats`.
        before: what the counts were before rare pairs were dropped; None if none were.
    """

    tree: SuffixTree
    start: NDArray[np.int64]
    next: AnyInts
    repeats: AnyInts
    weight: Float64s | None
    before: "BeforePruning | None" = None

    @classmethod
    def of(
        cls,
        c: "Contexts",
        history: Ids,
        depth: AnyInts,
        size: int,
        thresholds: Sequence[int] = (),
    ) -> Self:
        """Count contexts.

        Args:
            c: the contexts.
            history: (N, J) int32, the contexts' histories, the newest id first.
            depth: (N,) integers, the length of each history.
            size: number of ids, including labels.
            thresholds: for each length of h from 0, drop pairs that occur at most so often; they
                never become smaller. Nothing is dropped by default.
        """
        tree, histories = SuffixTree.of(history, depth, size)
        weights = None if np.array_equal(c.count, c.repeats) else c.count

        def arrange(item: tuple[int, Level]) -> Entries:
            j, level = item
            return by_history(level, histories[j], c.vocabulary_size, tree.level_starts[j : j + 2])

        with open_workers(2) as workers:  # a length is sorted while the next one is counted
            counted = count_levels(c, history, depth, size, weights, thresholds)
            levels = list(workers.map(arrange, enumerate(counted)))
        weighted = [level.weight for level in levels if level.weight is not None]
        counts = cls(
            tree,
            offsets_of(np.concatenate([level.number for level in levels])),
            np.concatenate([level.next for level in levels]),
            np.concatenate([level.repeats for level in levels]),
            np.concatenate(weighted) if weighted else None,
        )
        if not any(thresholds):
            return counts
        is_kept = np.concatenate([level.is_kept for level in levels])
        return counts.select(is_kept, len(thresholds))

    def select(self, is_kept: NDArray[np.bool_], lengths: int) -> Self:
        """Return the counts of some pairs; the dropped ones leave their probability to gamma(h).

        Args:
            is_kept: (G,) bool; a pair is kept if a longer one that ends in it is.
            lengths: number of lengths of histories, whose discounts are stored.
        """
        entries = sum_segments(is_kept.view(np.uint8), self.start).astype(np.int64)
        is_node = entries > 0
        is_node[0] = True
        number = np.cumsum(is_node) - 1
        parent, older = np.divmod(self.tree.key[is_node[1:]], self.tree.size)
        total: AnyInts | Float64s
        if self.weight is None:
            total = smallest_integers(sum_segments(self.repeats, self.start).astype(np.int64))
        else:
            total = sum_segments(self.weight, self.start)
        return type(self)(
            SuffixTree(self.tree.size, number[parent] * self.tree.size + older),
            offsets_of(entries[is_node]),
            self.next[is_kept],
            self.repeats[is_kept],
            None if self.weight is None else self.weight[is_kept],
            BeforePruning(total[is_node], self._discounts(lengths)),
        )

    @classmethod
    def load(
        cls, tensors: "Mapping[str, AnyArray]", prefix: str, sizes: tuple[int, int], depth: int
    ) -> Self:
        """Load counts from arrays that `tensors` returned, under names with a prefix.

        Args:
            tensors: the arrays.
            prefix: the prefix of their names.
            sizes: V, and the number of ids including labels.
            depth: maximum length of a history, in ids.

        Raises:
            ValueError: the arrays are not valid counts.
        """
        tree, start, ids = counts_from_tensors(tensors, prefix, sizes, depth)
        repeats, weight = tensors[f"{prefix}repeats"], tensors.get(f"{prefix}weight")
        if repeats.dtype.kind not in "iu" or repeats.shape != ids.shape or (repeats < 1).any():
            raise ValueError("a count is not an integer above 0")
        if weight is not None:
            if weight.dtype != np.float64 or weight.shape != ids.shape:
                raise ValueError("the weights of counts have an inconsistent shape or type")
            if not np.isfinite(weight).all() or not (weight > 0).all():
                raise ValueError("a weight is not a finite number above 0")
        before = None
        if f"{prefix}total" in tensors:
            before = BeforePruning(tensors[f"{prefix}total"], tensors[f"{prefix}discounts"])
            kept = sum_segments(repeats if weight is None else weight, start)
            before.check(kept, depth + 1)
        return cls(tree, start, ids, repeats, weight, before)

    def tensors(self) -> dict[str, AnyArray]:
        """Return all counts as named arrays.

        There is `weight` only if it differs from `repeats`, and `total` and `discounts` only if
        pairs were dropped.
        """
        arrays = counts_to_tensors(self.tree, self.start, self.next)
        arrays["repeats"] = smallest_integers(self.repeats)
        if self.before is not None:
            arrays |= {"total": self.before.total, "discounts": self.before.discounts}
        return arrays if self.weight is None else arrays | {"weight": self.weight}

    def probabilities(self, node: NDArray[np.int64], V: int) -> tuple[Float32s, Float32s]:
        """Return (n, V) max(a - D, 0) / a(h .) and (n, 1) gamma(h); node -1 gives 0 and 1."""
        is_missing, node = node < 0, np.maximum(node, 0)
        rows, gamma = self._shares
        shares, gamma = rows.dense(node, V), gamma[node][:, None]
        shares[is_missing], gamma[is_missing] = 0.0, 1.0
        return shares, gamma

    def probabilities_at(self, node: NDArray[np.int64], ids: AnyInts) -> tuple[Float32s, Float32s]:
        """Return (n,) max(a - D, 0) / a(h .) of n ids x, and (n,) gamma(h); see `probabilities`."""
        is_missing, node = node < 0, np.maximum(node, 0)
        rows, gamma = self._shares
        shares, gamma = rows.at(node, ids), gamma[node]
        shares[is_missing], gamma[is_missing] = 0.0, 1.0
        return shares, gamma

    @cached_property
    def _shares(self) -> tuple[SparseRows, Float32s]:
        """The (G,) shares max(a - D, 0) / a(h .) as sparse rows, and (S,) float32 gamma(h)."""
        shares, gamma = np.empty(len(self.next), np.float32), np.empty(len(self.tree), np.float32)
        all_discounts = self._discounts(0) if self.before is None else self.before.discounts
        for length, (first, last) in enumerate(pairwise(self.tree.level_starts.tolist())):
            D = np.array([0.0, *all_discounts[length]])
            while first < last:  # in float64 and in blocks of whole nodes
                end = int(np.searchsorted(self.start, self.start[first] + _BLOCK, side="right")) - 1
                end = min(max(end, first + 1), last)
                low, high = self.start[first], self.start[end]
                a = self.repeats[low:high]
                weight = a if self.weight is None else self.weight[low:high]
                h = np.repeat(np.arange(end - first), np.diff(self.start[first : end + 1]))
                share = weight * np.maximum(a - D[np.minimum(a, 3)], 0.0) / a
                if self.before is None:
                    share /= sum_by_index(h, weight, end - first)[h]
                else:
                    share /= self.before.total[first:end][h]
                shares[low:high] = share
                # In float64: with very many lines, a discount's share is below the resolution of
                # float32.
                gamma[first:end] = np.maximum(1.0 - sum_by_index(h, share, end - first), 0.0)
                first = end
        return SparseRows(self.start, self.next, shares), gamma

    def _discounts(self, lengths: int) -> Float64s:
        """Return (lengths or more, 3) float64: D1, D2 and D3 for each length of h."""
        bounds = self.start[self.tree.level_starts].tolist()
        found = [discounts(self.repeats[low:high]) for low, high in pairwise(bounds)]
        return np.array(found + [_FALLBACK_DISCOUNTS] * (lengths - len(found)))


class BeforePruning(NamedTuple):
    """What is needed of the counts before rare pairs were dropped.

    Attributes:
        total: (S,) a(h .) of each history, with weights: float64, or integers without weights.
        discounts: (J + 1, 3) float64, D1, D2 and D3 for each length of h.
    """

    total: AnyInts | Float64s
    discounts: Float64s

    def check(self, kept: Float64s, lengths: int) -> None:
        """Check untrusted values.

        Args:
            kept: (S,) float64, total of the counts that were not dropped.
            lengths: J + 1.

        Raises:
            ValueError: they have the wrong shape, type or size.
        """
        if self.total.dtype.kind not in "uf" or self.discounts.dtype != np.float64:
            raise ValueError("the totals or discounts have an inconsistent type")
        for values, shape in ((self.total, kept.shape), (self.discounts, (lengths, 3))):
            if values.shape != shape:
                raise ValueError("the totals or discounts have an inconsistent shape")
            if not (values > 0).all() or not np.isfinite(values).all():
                raise ValueError("a total or a discount is not a finite number above 0")
        if (self.discounts >= (1, 2, 3)).any():
            raise ValueError("a discount is not below its count")
        if (self.total < kept * (1 - _ROUNDING)).any():
            raise ValueError("a total is below the sum of its counts")


def discounts(a: AnyInts) -> tuple[float, float, float]:
    """Compute D1, D2 and D3 from the counts of counts, or return the fallback values."""
    n1, n2, n3, n4 = np.bincount(np.minimum(a, 5).astype(np.uint8), minlength=5)[1:5].tolist()
    if not (n1 and n2 and n3 and n4):
        return _FALLBACK_DISCOUNTS
    Y = n1 / (n1 + 2 * n2)
    D1, D2, D3 = 1 - 2 * Y * n2 / n1, 2 - 3 * Y * n3 / n2, 3 - 4 * Y * n4 / n3
    # D(a) = 0 would leave unseen ids no probability; D(a) = a would leave seen ids none.
    return (D1, D2, D3) if 0 < D1 < 1 and 0 < D2 < 2 and 0 < D3 < 3 else _FALLBACK_DISCOUNTS
