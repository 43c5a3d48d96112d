"""Counts with add-k smoothing over the last K characters.

    p(x | c) = (count(c, x) + k) / (count(c) + k V)

An unseen context has the uniform distribution; for k = 0, this is the limit k -> 0.

Source: for K = 1, the counted bigram of the makemore lectures; add-k as in Chen and Goodman (1999),
section 2.1.
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s, Ids, sum_by_index, unique_inverse
from makemore.contexts.context_tree import (
    SparseRows,
    SuffixTree,
    check_sparse_rows,
    renumber_tensors,
)
from makemore.contexts.table import Contexts
from makemore.inference.model import CountModel, Tensors
from makemore.options.families import NgramOptions


class Ngram(CountModel):
    """An n-gram model with a sparse table of counts."""

    def __init__(self, options: NgramOptions, vocabulary_size: int, label_count: int) -> None:
        """Create a model without counts."""
        self.window = options.window
        self.add = options.add
        self.vocabulary_size = vocabulary_size
        self.label_count = label_count

    def count(self, c: Contexts) -> Self:
        """See `CountModel.count`."""
        V = self.vocabulary_size
        history = c.lookback(self.window)[:, ::-1]
        depth = np.full(len(c), history.shape[1], np.int64)
        self.tree, nodes = SuffixTree.of(history, depth, V + self.label_count)
        keys, inverse = unique_inverse(
            nodes[-1][c.row].astype(np.int64) * V + c.next, len(self.tree) * V
        )
        count = sum_by_index(inverse, c.count, len(keys))
        self.counts = SparseRows.of(keys // V, keys % V, count, len(self.tree))
        return self

    def to_contexts(self) -> Contexts:
        """See `CountModel.to_contexts`; the repeats of edges are not stored, so they are one."""
        node = np.flatnonzero(np.diff(self.counts.start))  # the other nodes are suffixes of these
        back = self.tree.histories(node, self.window + (self.label_count > 0))[:, ::-1]
        row = np.repeat(np.arange(len(node)), np.diff(self.counts.start)[node])
        return Contexts.of_counts(
            back,
            row,
            self.counts.next,
            self.counts.value.astype(np.float64),
            np.ones(len(row), np.int64),
            (self.vocabulary_size, self.label_count),
        )

    def log_probs_at(self, back: Ids) -> Float32s:
        """See `WindowModel.log_probs_at`."""
        node, inverse = unique_inverse(self.tree.find(back[:, ::-1]), len(self.tree))
        counts = self.counts.dense(node, self.vocabulary_size) + np.float32(self.add)
        total = counts.sum(axis=1, keepdims=True)
        counts[total[:, 0] == 0] = 1.0  # unseen context and k = 0: uniform
        with np.errstate(divide="ignore"):
            log_probs: Float32s = np.log(counts / counts.sum(axis=1, keepdims=True))
        return log_probs[inverse]

    def tensors(self) -> Tensors:
        """See `Model.tensors`."""
        return {"key": self.tree.key, **vars(self.counts)}

    def load(self, tensors: Tensors) -> Self:
        """See `FamilyModel.load`."""
        size, labels = self.vocabulary_size + self.label_count, self.label_count
        self.tree = SuffixTree.from_untrusted(size, tensors["key"], self.window + (labels > 0))
        check_sparse_rows(tensors, "", len(self.tree), self.vocabulary_size, ("value", np.float32))
        self.counts = SparseRows(tensors["start"], tensors["next"], tensors["value"])
        return self

    def resize_tensors(self, tensors: Tensors, ids: NDArray[np.int64]) -> Tensors:
        """See `FamilyModel.resize_tensors`."""
        return renumber_tensors(tensors, "", ids, self.vocabulary_size + self.label_count)
