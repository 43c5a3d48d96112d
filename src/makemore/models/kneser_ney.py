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

from itertools import pairwise
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s, Ids, Ints, concatenate_ranges
from makemore.contexts.adjusted_counts import AdjustedCounts
from makemore.contexts.stored_counts import renumber_tensors
from makemore.corpus.vocabulary import BOUNDARY
from makemore.errors import OptionError
from makemore.inference.model import BackoffModel, Tensors
from makemore.options.families import KneserNeyOptions

if TYPE_CHECKING:
    from makemore.contexts.table import Contexts
    from makemore.inference.automaton import Automaton

_SHORTER_SHARE, _POOLED_SHARE = 2, 1  # thirds, within a label: p(x | l h') and p(x | h)


class KneserNey(BackoffModel):
    """Interpolated Kneser-Ney model: counts over all lines and, with labels, within each label.

    Attributes:
        pooled: the counts over all labels.
        labelled: the counts within each label, with the label as part of each history; None without
            labels.
    """

    pooled: AdjustedCounts
    labelled: AdjustedCounts | None

    def __init__(self, options: KneserNeyOptions, vocabulary_size: int, label_count: int) -> None:
        """Create a model without counts."""
        self.window, self.thresholds = options.window, options.thresholds()
        self.vocabulary_size = vocabulary_size
        self.label_count = label_count

    def count(self, c: "Contexts") -> Self:
        """See `CountModel.count`."""
        for name in ("pooled", "labelled"):
            vars(self).pop(name, None)  # frees their memory before the new counts are built
        if c.window != self.window:
            c = c.windows(self.window)
        back, size = c.lookback(self.window), self.vocabulary_size + self.label_count
        history, depth = self._histories(back)
        pruned = self.thresholds
        self.pooled, self.labelled = AdjustedCounts.of(c, history, depth, size, pruned), None
        if self.label_count:
            history = np.concatenate([back[:, :1], history], axis=1)
            pruned = (0, *pruned)  # the label is not a character
            self.labelled = AdjustedCounts.of(c, history, depth + 1, size, pruned)
        return self

    @property
    def is_complete(self) -> bool:
        """See `CountModel.is_complete`."""
        return not any(self.thresholds)

    def to_contexts(self) -> "Contexts":
        """See `CountModel.to_contexts`.

        Raises:
            OptionError: n-grams were dropped.
        """
        if not self.is_complete:
            raise OptionError(
                "rare n-grams of this model were dropped (prune), so nothing can be added to its "
                "counts: fit a new model to all lines"
            )
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
            table.next[entries].astype(np.int32),
            (table.repeats if table.weight is None else table.weight)[entries].astype(np.float64),
            table.repeats[entries].astype(np.int64),
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

    def known_length(self, back: Ids) -> Ints:
        """See `BackoffModel.known_length`."""
        tree = self.pooled.tree
        return tree.depth[tree.find(self._histories(back)[0])]

    def pair_log_probs(self, back: Ids, row: Ints, ids: Ids) -> Float32s:
        """See `CountModel.pair_log_probs`; from the empty history to the longest that was seen."""
        history, _ = self._histories(back)
        p, p_label = np.full((2, len(ids)), 1.0 / self.vocabulary_size, np.float32)
        node, labelled_node = np.zeros((2, len(back)), np.int64)
        found, pairs = np.arange(len(back)), np.arange(len(ids))
        for length in range(self.window + 1):
            if length:
                child = self.pooled.tree.child(node[found], history[found, length - 1])
                node[found] = child
                found, pairs = found[child > 0], pairs[node[row[pairs]] > 0]
            at, x = row[pairs], ids[pairs]
            shares, gamma = self.pooled.probabilities_at(node[at], x)
            p[pairs] = shares + gamma * p[pairs]
            if self.labelled is not None:
                newest = history[found, length - 1] if length else back[found, 0]
                labelled_node[found] = self.labelled.tree.child_or_none(
                    labelled_node[found], newest
                )
                shares, gamma = self.labelled.probabilities_at(labelled_node[at], x)
                base = _interpolate(p_label[pairs] if length else p[pairs], p[pairs])
                p_label[pairs] = shares + gamma * base
        return np.log(p if self.labelled is None else p_label)

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
        resized = renumber_tensors(tensors, "", ids)
        return renumber_tensors(resized, "labels.", ids) if self.label_count else resized

    def _histories(self, back: Ids) -> tuple[Ids, NDArray[np.uint8]]:
        """Return (n, K) ids without the label, newest first, and each history's length."""
        newest_first = back[:, self.label_count > 0 :][:, ::-1]
        length = np.ones(len(back), np.uint8)
        for column in newest_first.T[: self.window - 1]:
            length += column != BOUNDARY
        return newest_first, length

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
            p_label[low:high] += gamma[low:high] * _interpolate(backed_off, p[low:high])
        return np.log(p_label)[index]


def _interpolate(shorter: Float32s, pooled: Float32s) -> Float32s:
    """Return (2 p(x | l h') + p(x | h)) / 3."""
    total = np.float32(_SHORTER_SHARE + _POOLED_SHARE)
    mixed: Float32s = (_SHORTER_SHARE * shorter + _POOLED_SHARE * pooled) / total
    return mixed
