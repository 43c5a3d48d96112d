"""Modified Kneser-Ney smoothing, interpolated, over the last K characters.

    p(x | h) = max(a(h x) - D(a(h x)), 0) / a(h .)  +  gamma(h) p(x | h')    h' is h less its oldest

    a(h x)   = count(h x)                      where h is as long as it can be
             = |{y : y h x was seen}|          below: in how many contexts x was seen after h
    D(a)     = D1, D2, D3 for a = 1, 2, 3 and more, per length of h:
    Y = n1 / (n1 + 2 n2),  Dk = k - (k + 1) Y n(k+1) / n(k),   n(k) = |{h x : a(h x) = k}|
    gamma(h) = what the discounts took;  below the empty context stands the uniform distribution.

A history that reaches the start of the line is as long as it can be. A line's label stands in the
boundary's place there, and is the oldest id of every longer history.

Source: Chen and Goodman (1999), "An empirical study of smoothing techniques for language modeling",
Computer Speech and Language 13, 359-394, section 3 (modified Kneser-Ney). Differs: a line's weight
enters only where h is as long as it can be, as count(h x) = sum of weights, while a discount takes
the share D(r) / r of it that the r lines, unweighted, would lose; where the counts of counts give
no discount, 1/2, 1 and 3/2 serve.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.contexts import Contexts
from makemore.corpus.ranking import rank
from makemore.corpus.suffix_tree import Leaving, SuffixTree
from makemore.corpus.vocabulary import BOUNDARY
from makemore.likelihood import MOST_CELLS, Automaton, Floats
from makemore.options.families import KneserNeyOptions
from makemore.window import Back, WindowModel

_FALLBACK = (0.5, 1.0, 1.5)


class KneserNey(WindowModel):
    """The back-off tree with what each node gives to the characters seen there.

    Attributes:
        tree: the histories, each above the one it backs off to.
        gamma: (S,) float32, the share each node leaves to its parent.
        leaving: for each node, `max(a - D, 0) / a(h .)` of the ids seen there.
    """

    tree: SuffixTree
    gamma: NDArray[np.float32]
    leaving: Leaving

    def __init__(self, options: KneserNeyOptions, vocabulary_size: int, label_count: int) -> None:
        """Makes a model that has counted nothing."""
        self.window = options.window
        self.vocabulary_size = vocabulary_size
        self.label_count = label_count

    def count(self, c: Contexts) -> Self:
        """Counts contexts; what it knew before is replaced."""
        V = self.vocabulary_size
        c = c.windows(self.window)
        history, depth = self._histories(c.lookback(self.window))
        self.tree, nodes = SuffixTree.of(history, depth, V + self.label_count)
        levels = [_discounted(grams, len(self.tree)) for grams in _grams(c, nodes, depth)]
        node, ids, value = (np.concatenate(parts) for parts in zip(*reversed(levels), strict=True))
        self.leaving = Leaving.of(node, ids, value, len(self.tree))
        given = np.bincount(node, value, len(self.tree))
        self.gamma = np.maximum(1.0 - given, 0.0).astype(np.float32)
        return self

    def log_probs_at(self, back: Back) -> Floats:
        """See `WindowModel.log_probs_at`."""
        history, _ = self._histories(back)
        node, place = rank(self.tree.find(history), len(self.tree))
        return np.log(self._probs(node))[place]

    def automaton(self, label: int | None = None) -> Automaton | None:
        """See `Model.automaton`; a state is the longest end of a history that was ever seen."""
        tree, V = self.tree, self.vocabulary_size
        if len(tree) * V > MOST_CELLS:
            return None
        goto, emits = tree.transitions(V, self.window), np.arange(len(tree))
        is_label = tree.oldest >= V
        is_state = ~is_label | ((tree.oldest == label) & (tree.depth <= self.window))
        if label is not None:  # a full history answers with its label in front, where that was seen
            full = np.flatnonzero((tree.depth == self.window) & ~is_label)
            emits[full] = np.maximum(full, tree.child(full, np.full(len(full), label)))
        state = np.cumsum(is_state) - 1
        origin = BOUNDARY if label is None else label
        first = tree.find(np.array([[origin]], np.int32))[0]
        log_probs = np.log(self._probs(emits[is_state]))
        return Automaton(int(state[first]), state[goto[is_state]].astype(np.int32), log_probs)

    def tensors(self) -> Mapping[str, NDArray[Any]]:
        """See `Model.tensors`."""
        return {"key": self.tree.key, "gamma": self.gamma, **vars(self.leaving)}

    def load(self, tensors: Mapping[str, NDArray[Any]]) -> Self:
        """See `Model.load`."""
        self.tree = SuffixTree(self.vocabulary_size + self.label_count, tensors["key"])
        self.gamma = tensors["gamma"]
        self.leaving = Leaving(tensors["start"], tensors["next"], tensors["value"])
        return self

    def _histories(self, back: Back) -> tuple[Back, NDArray[np.int64]]:
        """(n, J) ids, the newest first, as far as the start of the line, and how many count."""
        is_labelled = self.label_count > 0
        newest_first = back[:, is_labelled:][:, ::-1]
        seen = np.count_nonzero(newest_first != BOUNDARY, axis=1)
        if not is_labelled:
            return newest_first, np.minimum(seen + 1, self.window)
        history = np.concatenate([newest_first, np.zeros_like(back[:, :1])], axis=1)
        history[np.arange(len(back)), seen] = back[:, 0]
        return history, seen + 1

    def _probs(self, node: NDArray[np.int64]) -> Floats:
        """(n, V) probabilities after these nodes, each from its parent's, the shortest first."""
        tree, V = self.tree, self.vocabulary_size
        lineage = [node]
        while lineage[-1].any():
            lineage.append(tree.parent[lineage[-1]])
        rows, place = rank(np.concatenate(lineage), len(tree))
        parent = np.searchsorted(rows, tree.parent[rows])
        probs = np.full((len(rows), V), 1.0 / V, np.float32)  # below the empty history: uniform
        for low, high in pairwise(np.searchsorted(rows, tree.level_starts).tolist()):
            probs[low:high] = probs[parent[low:high]] * self.gamma[rows[low:high], None]
            probs[low:high] += self.leaving.dense(rows[low:high], V)
        return probs[place[: len(node)]]


class _Grams(NamedTuple):
    """Distinct (history, next id) pairs of one length of history, sorted."""

    node: NDArray[np.int64]
    ids: NDArray[np.int64]
    weight: NDArray[np.float64]  # a(h x), lines' weights counted
    repeats: NDArray[np.int64]  # a(h x), every line counted once


def _grams(c: Contexts, nodes: list[Back], depth: NDArray[np.int64]) -> Iterator[_Grams]:
    """The pairs for each length of history, the longest first."""
    V = c.vocabulary_size
    longer: NDArray[np.int64] = np.zeros(0, np.int64)  # one edge for each pair one id longer
    for j in range(len(nodes) - 1, -1, -1):
        edges = np.flatnonzero(depth[c.row] >= j)
        key, place = rank(nodes[j][c.row[edges]].astype(np.int64) * V + c.next[edges], 2**62)
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
            np.where(is_longest, weight, types),
            np.where(is_longest, repeats, types),
        )
        longer = np.empty(len(key), np.int64)
        longer[place] = edges


def _discounted(
    grams: _Grams, nodes: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Node, next id, and the share of the node that is left to the id after its discount."""
    discount = np.array([0.0, *_discounts(grams.repeats)])[np.minimum(grams.repeats, 3)]
    kept = grams.weight * np.maximum(grams.repeats - discount, 0.0) / grams.repeats
    total = np.bincount(grams.node, grams.weight, nodes)
    return grams.node, grams.ids, kept / total[grams.node]


def _discounts(repeats: NDArray[np.int64]) -> tuple[float, float, float]:
    """D1, D2 and D3 from the counts of counts, or the fallback where they give none."""
    n1, n2, n3, n4 = (int(np.count_nonzero(repeats == k)) for k in (1, 2, 3, 4))
    if not (n1 and n2 and n3):
        return _FALLBACK
    Y = n1 / (n1 + 2 * n2)
    found = (1 - 2 * Y * n2 / n1, 2 - 3 * Y * n3 / n2, 3 - 4 * Y * n4 / n3)
    return found if all(0 <= d <= k for k, d in enumerate(found, 1)) else _FALLBACK
