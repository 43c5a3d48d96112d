"""Modified Kneser-Ney smoothing, interpolated, over the last K characters.

    p(x | h) = max(a(h x) - D(a(h x)), 0) / a(h .)  +  gamma(h) p(x | h')    h' is h less its oldest

    a(h x)   = count(h x)                      where h is as long as it can be
             = |{y : y h x was seen}|          below: in how many contexts x was seen after h
    D(a)     = D1, D2, D3 for a = 1, 2, 3 and more, per length of h:
    Y = n1 / (n1 + 2 n2),  Dk = k - (k + 1) Y n(k+1) / n(k),   n(k) = |{h x : a(h x) = k}|
    gamma(h) = what the discounts took;  below the empty context stands the uniform distribution.

A history that reaches the start of the line is as long as it can be. With labels, the same counts
are kept within each label l too, and stand above both the shorter history and the unlabelled one:

    p(x | l h) = max(a(l h x) - D, 0) / a(l h .)  +  gamma(l h) (2 p(x | l h') + p(x | h)) / 3

Source: Chen and Goodman (1999), "An empirical study of smoothing techniques for language modeling",
Computer Speech and Language 13, 359-394, section 3 (modified Kneser-Ney). Differs: a line's weight
enters only where h is as long as it can be, as count(h x) = sum of weights, while a discount takes
the share D(r) / r of it that the r lines, unweighted, would lose; where the counts of counts give
no discount, 1/2, 1 and 3/2 serve. Two ways to back off at once as in Bilmes and Kirchhoff (2003),
"Factored language models and generalized parallel backoff", here with shares of 2/3 and 1/3.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import ranges, unique_inverse
from makemore.contexts.context_tree import Leaving, SuffixTree, check_leaving, renamed
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.automaton import MOST_CELLS, Automaton
from makemore.inference.likelihood import Floats, Tensors
from makemore.inference.window import Back, CountModel
from makemore.options.families import KneserNeyOptions

_FALLBACK = (0.5, 1.0, 1.5)


class KneserNey(CountModel):
    """Counts of all lines, and beside them, where there are labels, counts within each label.

    Attributes:
        pooled: the counts whatever the label.
        labelled: the counts within labels, each history under its label; None without labels.
    """

    pooled: "BackOff"
    labelled: "BackOff | None"

    def __init__(self, options: KneserNeyOptions, vocabulary_size: int, label_count: int) -> None:
        """Makes a model that has counted nothing."""
        self.window = options.window
        self.vocabulary_size = vocabulary_size
        self.label_count = label_count

    def count(self, c: Contexts) -> Self:
        """Counts contexts; what it knew before is replaced."""
        c = c.windows(self.window)
        back, size = c.lookback(self.window), self.vocabulary_size + self.label_count
        history, depth = self._histories(back)
        self.pooled, self.labelled = BackOff.of(c, history, depth, size), None
        if self.label_count:
            history = np.concatenate([back[:, :1], history], axis=1)
            self.labelled = BackOff.of(c, history, depth + 1, size)
        return self

    def counted(self) -> Contexts:
        """What it counted, without the lines."""
        first = 1 if self.labelled else 0
        table = self.labelled or self.pooled
        tree = table.tree
        starts_line = (tree.oldest == BOUNDARY) & (tree.depth > first)
        whole = np.flatnonzero(starts_line | (tree.depth == self.window + first))
        history = tree.histories(whole, self.window + first)
        back = np.concatenate([history[:, :first], history[:, first:][:, ::-1]], axis=1)
        entries = ranges(table.start[whole], table.start[whole + 1])
        return Contexts.of_counts(
            back,
            np.repeat(np.arange(len(whole)), np.diff(table.start)[whole]),
            table.next[entries],
            table.weight[entries],
            table.repeats[entries],
            (self.vocabulary_size, self.label_count),
        )

    def log_probs_at(self, back: Back) -> Floats:
        """See `WindowModel.log_probs_at`."""
        node = self.pooled.tree.find(self._histories(back)[0])
        if not self.label_count:
            return self._log_probs(node, None)
        log_probs = np.empty((len(back), self.vocabulary_size), np.float32)
        for label in np.unique(back[:, 0]).tolist():
            which = np.flatnonzero(back[:, 0] == label)
            log_probs[which] = self._log_probs(node[which], label)
        return log_probs

    def automaton(self, most: int, label: int | None = None) -> Automaton | None:
        """See `Model.automaton`; a state is the longest end of a history that was ever seen."""
        tree, V = self.pooled.tree, self.vocabulary_size
        if len(tree) > most or len(tree) * V > MOST_CELLS:
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
        """See `Model.load`."""
        size = self.vocabulary_size + self.label_count
        self.pooled = BackOff.load(tensors, "", (self.vocabulary_size, size), self.window)
        if self.label_count:
            sizes = self.vocabulary_size, size
            self.labelled = BackOff.load(tensors, "labels.", sizes, self.window + 1)
        else:
            self.labelled = None
        return self

    def grown(self, tensors: Tensors, ids: NDArray[np.int64]) -> Tensors:
        """See `Model.grown`."""
        size = self.vocabulary_size + self.label_count
        found = renamed(tensors, "", ids, size)
        return renamed(found, "labels.", ids, size) if self.label_count else found

    def _histories(self, back: Back) -> tuple[Back, NDArray[np.int64]]:
        """(n, K) ids without the label, the newest first, and how many count: to the boundary."""
        newest_first = back[:, self.label_count > 0 :][:, ::-1]
        seen = np.count_nonzero(newest_first != BOUNDARY, axis=1)
        return newest_first, np.minimum(seen + 1, self.window)

    def _log_probs(self, node: NDArray[np.int64], label: int | None) -> Floats:
        """(n, V) log-probabilities after these nodes, in lines of this label."""
        pooled, V = self.pooled, self.vocabulary_size
        rows, place = pooled.tree.lineage(node)
        above = np.searchsorted(rows, pooled.tree.parent[rows])
        levels = list(pairwise(np.searchsorted(rows, pooled.tree.level_starts).tolist()))
        probs = np.full((len(rows), V), 1.0 / V, np.float32)  # below the empty history: uniform
        for low, high in levels:
            probs[low:high] = pooled.raised(rows[low:high], probs[above[low:high]])
        if self.labelled is not None:
            twin = self.labelled.tree.twins(pooled.tree, rows, above, levels, label)
            within = probs.copy()
            for low, high in levels:
                shorter = within[above[low:high]] if low else probs[low:high]
                base: Floats = (2 * shorter + probs[low:high]) / np.float32(3)
                within[low:high] = self.labelled.raised(twin[low:high], base)
            probs = within
        return np.log(probs)[place]


@dataclass(frozen=True, eq=False)
class BackOff:
    """Histories, the ids seen after each, and what that leaves to them and to a shorter history.

    Attributes:
        tree: the S histories.
        start: (S + 1,) int64; after history i were seen `next[start[i]:start[i + 1]]`.
        next: (G,) int32 ids, ascending for each history.
        repeats: (G,) int64, a(h x), every line counted once.
        weight: (G,) float64, a(h x), lines' weights counted.
    """

    tree: SuffixTree
    start: NDArray[np.int64]
    next: NDArray[np.int32]
    repeats: NDArray[np.int64]
    weight: NDArray[np.float64]

    @classmethod
    def of(cls, c: Contexts, history: Back, depth: NDArray[np.int64], size: int) -> Self:
        """Counts contexts by their (N, J) histories, newest id first, so many of which count."""
        tree, nodes = SuffixTree.of(history, depth, size)
        levels = list(_grams(c, nodes, depth))[::-1]
        node, ids, repeats, weight = (np.concatenate(parts) for parts in zip(*levels, strict=True))
        start = np.searchsorted(node, np.arange(len(tree) + 1))
        return cls(tree, start, ids.astype(np.int32), repeats, weight)

    @classmethod
    def load(cls, tensors: Tensors, prefix: str, sizes: tuple[int, int], depth: int) -> Self:
        """Takes back what `tensors` gave, under names with a prefix.

        Args:
            tensors: the arrays.
            prefix: what their names start with.
            sizes: V, and how many ids there are, labels included.
            depth: ids of a history, at most.

        Raises:
            ValueError: they are no counts.
        """
        tree = SuffixTree.checked(sizes[1], tensors[f"{prefix}key"], depth)
        check_leaving(tensors, prefix, len(tree), sizes[0], ("repeats", np.int32))
        start, ids, repeats = (tensors[prefix + name] for name in ("start", "next", "repeats"))
        weight = tensors.get(f"{prefix}weight", repeats).astype(np.float64)
        if weight.shape != repeats.shape or not (repeats > 0).all() or not (weight > 0).all():
            raise ValueError("counts are no numbers above 0")
        return cls(tree, start, ids, repeats.astype(np.int64), weight)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Everything counted, as named arrays; weights only where lines had any."""
        found: dict[str, NDArray[Any]] = {"key": self.tree.key, "start": self.start}
        found |= {"next": self.next, "repeats": self.repeats.astype(np.int32)}
        return found if (self.weight == self.repeats).all() else found | {"weight": self.weight}

    @cached_property
    def _shares(self) -> NDArray[np.float64]:
        """(G,) float64, `max(a - D, 0) / a(h .)`."""
        kept = np.empty(len(self.next))
        for low, high in pairwise(self.start[self.tree.level_starts].tolist()):
            repeats = self.repeats[low:high]
            discount = np.array([0.0, *_discounts(repeats)])[np.minimum(repeats, 3)]
            kept[low:high] = self.weight[low:high] * np.maximum(repeats - discount, 0.0) / repeats
        total = np.bincount(self._node, self.weight, len(self.tree))
        shares: NDArray[np.float64] = kept / total[self._node]
        return shares

    @cached_property
    def leaving(self) -> Leaving:
        """For each history `max(a - D, 0) / a(h .)` of the ids seen there."""
        return Leaving(self.start, self.next, self._shares.astype(np.float32))

    @cached_property
    def gamma(self) -> NDArray[np.float32]:
        """(S,) float32, the share that each history leaves to a shorter one."""
        # In float64: of very many lines a discount takes less than float32 can tell from nothing.
        given = np.bincount(self._node, self._shares, len(self.tree))
        left: NDArray[np.float32] = np.maximum(1.0 - given, 0.0).astype(np.float32)
        return left

    @property
    def _node(self) -> NDArray[np.int64]:
        """(G,) the history of each pair."""
        return np.repeat(np.arange(len(self.tree)), np.diff(self.start))

    def raised(self, node: NDArray[np.int64], base: Floats) -> Floats:
        """(n, V) probabilities at nodes above a base; at -1, which is no node, the base."""
        probs = base.copy()
        there = np.flatnonzero(node >= 0)
        probs[there] *= self.gamma[node[there], None]
        probs[there] += self.leaving.dense(node[there], base.shape[1])
        return probs


class _Grams(NamedTuple):
    """Distinct (history, next id) pairs of one length of history, sorted."""

    node: NDArray[np.int64]
    ids: NDArray[np.int64]
    repeats: NDArray[np.int64]  # a(h x), every line counted once
    weight: NDArray[np.float64]  # a(h x), lines' weights counted


def _grams(c: Contexts, nodes: list[Back], depth: NDArray[np.int64]) -> Iterator[_Grams]:
    """The pairs for each length of history, the longest first."""
    V = c.vocabulary_size
    longer: NDArray[np.int64] = np.zeros(0, np.int64)  # one edge for each pair one id longer
    for j in range(len(nodes) - 1, -1, -1):
        edges = np.flatnonzero(depth[c.row] >= j)
        key, place = unique_inverse(
            nodes[j][c.row[edges]].astype(np.int64) * V + c.next[edges], 2**62
        )
        place_of = np.zeros(len(c.row), np.int64)
        place_of[edges] = place
        weight = np.bincount(place, c.count[edges], len(key))
        repeats = np.bincount(place, c.repeats[edges], len(key)).astype(np.int64)
        types = np.bincount(place_of[longer], minlength=len(key))
        is_longest = np.zeros(len(key), bool)
        is_longest[place] = depth[c.row[edges]] == j
        yield _Grams(
            key // V,
            key % V,
            np.where(is_longest, repeats, types),
            np.where(is_longest, weight, types),
        )
        longer = np.empty(len(key), np.int64)
        longer[place] = edges


def _discounts(repeats: NDArray[np.int64]) -> tuple[float, float, float]:
    """D1, D2 and D3 from the counts of counts, or the fallback where they give none."""
    n1, n2, n3, n4 = (int(np.count_nonzero(repeats == k)) for k in (1, 2, 3, 4))
    if not (n1 and n2 and n3 and n4):
        return _FALLBACK
    Y = n1 / (n1 + 2 * n2)
    found = (1 - 2 * Y * n2 / n1, 2 - 3 * Y * n3 / n2, 3 - 4 * Y * n4 / n3)
    # A discount of nothing would leave nothing to unseen ids, a whole one nothing to seen ones.
    return found if all(0 < d < k for k, d in enumerate(found, 1)) else _FALLBACK
