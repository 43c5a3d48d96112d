"""Modified Kneser-Ney smoothing, interpolated, over the last K characters.

    p(x | h) = max(a(h x) - D(a(h x)), 0) / a(h .) + gamma(h) p(x | h'),   h' = h without its oldest

    a(h x)   = count(h x)                      if h has full length
             = |{y : y h x was seen}|          otherwise: the number of distinct ids before h x
    D(a)     = D1, D2, D3 for a = 1, 2, 3 and more, per length of h:
    Y = n1 / (n1 + 2 n2),  Dk = k - (k + 1) Y n(k+1) / n(k),   n(k) = |{h x : a(h x) = k}|
    gamma(h) = the probability mass that the discounts remove; the empty h backs off to 1 / V

A history that reaches the start of the line has full length. With labels, the same counts are also
kept within each label l. They back off to both the shorter history and the unlabelled history:

    p(x | l h) = max(a(l h x) - D, 0) / a(l h .)  +  gamma(l h) (2 p(x | l h') + p(x | h)) / 3

For the empty h, p(x | l h') is p(x). A history h of no line is shortened for both: p(x | h) is
p(x | h') and p(x | l h) is p(x | l h'). One that only other labels have gives gamma(l h) = 1.

Source: Chen and Goodman (1999), "An empirical study of smoothing techniques for language modeling",
Computer Speech and Language 13, 359-394, section 3 (modified Kneser-Ney). Differs: a line's weight
affects only the counts of full-length h, where count(h x) = sum of weights. A discount removes the
fraction D(r) / r of it, where r is the unweighted count. If the counts of counts give no discounts,
they are 1/2, 1 and 3/2. Backing off to two distributions at once is as in Bilmes and Kirchhoff
(2003), "Factored language models and generalized parallel backoff", here with shares 2/3 and 1/3.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise, repeat
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import AnyArray, Float32s, Ids, build_trie, concatenate_ranges, sum_by_index
from makemore.contexts.context_tree import (
    SparseRows,
    SuffixTree,
    check_sparse_rows,
    renumber_tensors,
)
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.model import CountModel, Tensors
from makemore.options.families import KneserNeyOptions

if TYPE_CHECKING:
    from makemore.contexts.table import Contexts
    from makemore.inference.automaton import Automaton

_FALLBACK_DISCOUNTS = (0.5, 1.0, 1.5)  # D1, D2 and D3 if the counts of counts give none
_SHORTER_SHARE, _POOLED_SHARE = 2, 1  # thirds, within a label: p(x | l h') and p(x | h)


class KneserNey(CountModel):
    """Interpolated Kneser-Ney model: counts over all lines and, with labels, within each label.

    Attributes:
        pooled: the counts over all labels.
        labelled: the counts within each label, with the label as part of each history; None without
            labels.
    """

    pooled: "AdjustedCounts"
    labelled: "AdjustedCounts | None"

    def __init__(self, options: KneserNeyOptions, vocabulary_size: int, label_count: int) -> None:
        """Create a model without counts."""
        self.window = options.window
        self.vocabulary_size = vocabulary_size
        self.label_count = label_count

    def count(self, c: "Contexts") -> Self:
        """See `CountModel.count`."""
        if c.window != self.window:
            c = c.windows(self.window)
        back, size = c.lookback(self.window), self.vocabulary_size + self.label_count
        history, depth = self._histories(back)
        self.pooled, self.labelled = AdjustedCounts.of(c, history, depth, size), None
        if self.label_count:
            history = np.concatenate([back[:, :1], history], axis=1)
            self.labelled = AdjustedCounts.of(c, history, depth + 1, size)
        return self

    def to_contexts(self) -> "Contexts":
        """See `CountModel.to_contexts`."""
        from makemore.contexts.table import Contexts

        label_columns = 1 if self.labelled else 0
        table = self.labelled or self.pooled
        tree = table.tree
        starts_line = (tree.oldest == BOUNDARY) & (tree.depth > label_columns)
        node = np.flatnonzero(starts_line | (tree.depth == self.window + label_columns))
        history = tree.histories(node, self.window + label_columns)
        back = np.concatenate(
            [history[:, :label_columns], history[:, label_columns:][:, ::-1]], axis=1
        )
        entries = concatenate_ranges(table.start[node], table.start[node + 1])
        return Contexts.of_counts(
            back,
            np.repeat(np.arange(len(node)), np.diff(table.start)[node]),
            table.next[entries],
            table.weight[entries],
            table.repeats[entries],
            (self.vocabulary_size, self.label_count),
        )

    def log_probs_at(self, back: Ids) -> Float32s:
        """See `WindowModel.log_probs_at`."""
        node = self.pooled.tree.find(self._histories(back)[0])
        if not self.label_count:
            return self._log_probs(node, None)
        log_probs = np.empty((len(back), self.vocabulary_size), np.float32)
        for label in np.unique(back[:, 0]).tolist():
            rows = np.flatnonzero(back[:, 0] == label)
            log_probs[rows] = self._log_probs(node[rows], label)
        return log_probs

    def automaton(self, max_states: int, label: int | None = None) -> "Automaton | None":
        """See `Model.automaton`; a state is the longest suffix of the prefix that is a node."""
        from makemore.inference.automaton import MAX_TABLE_ENTRIES, Automaton

        tree, V = self.pooled.tree, self.vocabulary_size
        if len(tree) > max_states or len(tree) * V > MAX_TABLE_ENTRIES:
            return None
        first = int(tree.find(np.array([[BOUNDARY]], np.int32))[0])
        log_probs = self._log_probs(np.arange(len(tree)), label)
        return Automaton(first, tree.transitions(V, self.window), log_probs)

    def tensors(self) -> Tensors:
        """See `Model.tensors`."""
        if self.labelled is None:
            return self.pooled.tensors()
        within = {f"labels.{name}": value for name, value in self.labelled.tensors().items()}
        return {**self.pooled.tensors(), **within}

    def load(self, tensors: Tensors) -> Self:
        """See `FamilyModel.load`."""
        sizes = self.vocabulary_size, self.vocabulary_size + self.label_count
        self.pooled, self.labelled = AdjustedCounts.load(tensors, "", sizes, self.window), None
        if self.label_count:
            self.labelled = AdjustedCounts.load(tensors, "labels.", sizes, self.window + 1)
        return self

    def resize_tensors(self, tensors: Tensors, ids: NDArray[np.int64]) -> Tensors:
        """See `FamilyModel.resize_tensors`."""
        size = self.vocabulary_size + self.label_count
        resized = renumber_tensors(tensors, "", ids, size)
        return renumber_tensors(resized, "labels.", ids, size) if self.label_count else resized

    def _histories(self, back: Ids) -> tuple[Ids, NDArray[np.int64]]:
        """Return (n, K) ids without the label, newest first, and each history's length."""
        newest_first = back[:, self.label_count > 0 :][:, ::-1]
        length = np.count_nonzero(newest_first != BOUNDARY, axis=1)
        return newest_first, np.minimum(length + 1, self.window)

    def _log_probs(self, node: NDArray[np.int64], label: int | None) -> Float32s:
        """Compute (n, V) log-probabilities after these histories, in lines of this label."""
        tree, V = self.pooled.tree, self.vocabulary_size
        h, index = tree.ancestors(node)  # the histories and all their suffixes, shortest first
        shorter = np.searchsorted(h, tree.parent[h])  # the position of h'
        levels = list(pairwise(np.searchsorted(h, tree.level_starts).tolist()))
        p, gamma = self.pooled.probabilities(h, V)
        uniform = np.full((1, V), 1.0 / V, np.float32)
        for low, high in levels:
            p[low:high] += gamma[low:high] * (p[shorter[low:high]] if low else uniform)
        if self.labelled is None:
            return np.log(p)[index]
        assert label is not None, "a model with labels needs a label"
        labelled_node = self.labelled.tree.find_under(label, tree.oldest[h], shorter, levels)
        p_label, gamma = self.labelled.probabilities(labelled_node, V)
        for low, high in levels:
            backed_off = p_label[shorter[low:high]] if low else p[:high]
            base = (_SHORTER_SHARE * backed_off + _POOLED_SHARE * p[low:high]) / np.float32(
                _SHORTER_SHARE + _POOLED_SHARE
            )
            p_label[low:high] += gamma[low:high] * base
        return np.log(p_label)[index]


@dataclass(frozen=True, eq=False)
class AdjustedCounts:
    """Adjusted counts a(h x) of S histories h, and the discounted probabilities from them.

    Attributes:
        tree: the S histories.
        start: (S + 1,) int64; `next[start[i]:start[i + 1]]` are the ids seen after history i.
        next: (G,) int32 ids x, ascending for each history.
        repeats: (G,) int64, a(h x) without lines' weights.
        weight: (G,) float64, a(h x) with lines' weights.
    """

    tree: SuffixTree
    start: NDArray[np.int64]
    next: NDArray[np.int32]
    repeats: NDArray[np.int64]
    weight: NDArray[np.float64]

    @classmethod
    def of(cls, c: "Contexts", history: Ids, depth: NDArray[np.int64], size: int) -> Self:
        """Count contexts.

        The pairs h x are the nodes of a trie with x first, then h from its newest id to its oldest.
        The pairs y h x are the children of h x.

        Args:
            c: the contexts.
            history: (N, J) int32, the contexts' histories, the newest id first.
            depth: (N,) int64, the length of each history.
            size: number of ids, including labels.
        """
        tree, histories = SuffixTree.of(history, depth, size)
        own_depth = depth[c.row]
        columns = chain([c.next], map(np.take, history.T, repeat(c.row)))
        keys, pairs = build_trie(columns, own_depth + 1, size)
        children = [*(key // size for key in keys[1:]), np.zeros(0, np.int64)]
        levels, first = [], 1  # trie levels; index of a level's first pair
        for j, key in enumerate(keys):  # histories of j ids
            edges, whole_edges = np.flatnonzero(own_depth >= j), np.flatnonzero(own_depth == j)
            pair, whole = pairs[j + 1][edges] - first, pairs[j + 1][whole_edges] - first
            h, x = np.empty((2, len(key)), np.int64)
            h[pair], x[pair] = histories[j][c.row[edges]], c.next[edges]
            continuations = np.bincount(children[j] - first, minlength=len(key))
            repeats = (
                np.bincount(whole, c.repeats[whole_edges], len(key)).astype(np.int64)
                + continuations
            )
            weight = sum_by_index(whole, c.count[whole_edges], len(key)) + continuations
            order = np.argsort(h * c.vocabulary_size + x)
            levels.append((h[order], x[order], repeats[order], weight[order]))
            first += len(key)
        h, x, repeats, weight = (np.concatenate(each) for each in zip(*levels, strict=True))
        start = np.searchsorted(h, np.arange(len(tree.key) + 2))
        return cls(tree, start, x.astype(np.int32), repeats, weight)

    @classmethod
    def load(cls, tensors: Tensors, prefix: str, sizes: tuple[int, int], depth: int) -> Self:
        """Load counts from arrays that `tensors` returned, under names with a prefix.

        Args:
            tensors: the arrays.
            prefix: the prefix of their names.
            sizes: V, and the number of ids including labels.
            depth: maximum length of a history, in ids.

        Raises:
            ValueError: the arrays are not valid counts.
        """
        tree = SuffixTree.from_untrusted(sizes[1], tensors[f"{prefix}key"], depth)
        check_sparse_rows(tensors, prefix, len(tree), sizes[0], ("repeats", np.int32))
        start, ids, repeats = (tensors[prefix + name] for name in ("start", "next", "repeats"))
        weight = tensors.get(f"{prefix}weight", repeats).astype(np.float64)
        if weight.shape != repeats.shape or not (repeats > 0).all() or not (weight > 0).all():
            raise ValueError("a count is not a number above 0")
        return cls(tree, start, ids, repeats.astype(np.int64), weight)

    def tensors(self) -> dict[str, AnyArray]:
        """Return all counts as named arrays; `weight` only if it differs from `repeats`."""
        arrays: dict[str, AnyArray] = {"key": self.tree.key, "start": self.start}
        arrays |= {"next": self.next, "repeats": self.repeats.astype(np.int32)}
        return arrays if (self.weight == self.repeats).all() else arrays | {"weight": self.weight}

    def probabilities(self, node: NDArray[np.int64], V: int) -> tuple[Float32s, Float32s]:
        """Return (n, V) max(a - D, 0) / a(h .) and (n, 1) gamma(h); node -1 gives 0 and 1."""
        is_missing, node = node < 0, np.maximum(node, 0)
        shares, gamma = self._share_rows.dense(node, V), self._gamma[node][:, None]
        shares[is_missing], gamma[is_missing] = 0.0, 1.0
        return shares, gamma

    @cached_property
    def _shares(self) -> NDArray[np.float64]:
        """(G,) float64, max(a - D, 0) / a(h .)."""
        discounted = np.empty(len(self.next))
        for low, high in pairwise(self.start[self.tree.level_starts].tolist()):
            a = self.repeats[low:high]
            D = np.array([0.0, *discounts(a)])[np.minimum(a, 3)]
            discounted[low:high] = self.weight[low:high] * np.maximum(a - D, 0.0) / a
        total = np.bincount(self._history, self.weight, len(self.start) - 1)
        shares: NDArray[np.float64] = discounted / total[self._history]
        return shares

    @cached_property
    def _share_rows(self) -> SparseRows:
        """The shares as sparse rows, one per history."""
        return SparseRows(self.start, self.next, self._shares.astype(np.float32))

    @cached_property
    def _gamma(self) -> NDArray[np.float32]:
        """(S,) float32, gamma(h)."""
        # In float64: with very many lines, a discount's share is below the resolution of float32.
        total = np.bincount(self._history, self._shares, len(self.start) - 1)
        remainder: NDArray[np.float32] = np.maximum(1.0 - total, 0.0).astype(np.float32)
        return remainder

    @property
    def _history(self) -> NDArray[np.int64]:
        """(G,) int64, the history of each pair."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))


def discounts(a: NDArray[np.int64]) -> tuple[float, float, float]:
    """Compute D1, D2 and D3 from the counts of counts, or return the fallback values."""
    n1, n2, n3, n4 = np.bincount(np.minimum(a, 5), minlength=5)[1:5].tolist()
    if not (n1 and n2 and n3 and n4):
        return _FALLBACK_DISCOUNTS
    Y = n1 / (n1 + 2 * n2)
    D1, D2, D3 = 1 - 2 * Y * n2 / n1, 2 - 3 * Y * n3 / n2, 3 - 4 * Y * n4 / n3
    # D(a) = 0 would leave unseen ids no probability; D(a) = a would leave seen ids none.
    return (D1, D2, D3) if 0 < D1 < 1 and 0 < D2 < 2 and 0 < D3 < 3 else _FALLBACK_DISCOUNTS
