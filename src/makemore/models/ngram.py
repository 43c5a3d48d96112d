"""Counts with add-k smoothing over the last K characters.

    p(x | c) = (count(c, x) + k) / (count(c) + k V)

An unseen context has the uniform distribution; for k = 0, this is the limit k -> 0.

Source: for K = 1, the counted bigram of the makemore lectures; add-k as in Chen and Goodman (1999),
section 2.1.
"""

from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s, Ids, Ints, sum_by_index, sum_segments, unique_inverse
from makemore.contexts.context_tree import SparseRows, SuffixTree
from makemore.contexts.stored_counts import (
    counts_from_tensors,
    counts_to_tensors,
    renumber_tensors,
)
from makemore.contexts.table import Contexts
from makemore.inference.model import CountModel, Tensors, block_rows
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
        vars(self).pop("_totals", None)
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
            self.counts.next.astype(np.int32),
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

    def pair_log_probs(self, back: Ids, row: Ints, ids: Ids) -> Float32s:
        """See `CountModel.pair_log_probs`."""
        result = np.empty(len(ids), np.float32)
        if self._totals is None:  # the rows are needed for their sums, as they are rounded
            rows = block_rows(self.vocabulary_size)
            for low in range(0, len(back), rows):
                pairs = np.flatnonzero((row >= low) & (row < low + rows))
                log_probs = self.log_probs_at(back[low : low + rows])
                result[pairs] = log_probs[row[pairs] - low, ids[pairs]]
            return result
        node = self.tree.find(back[:, ::-1])[row]
        counts, totals = self.counts.at(node, ids) + np.float32(self.add), self._totals[node]
        counts[totals == 0], totals[totals == 0] = 1.0, self.vocabulary_size  # as in log_probs_at
        with np.errstate(divide="ignore"):
            np.log(counts / totals, out=result)
        return result

    @cached_property
    def _totals(self) -> Float32s | None:
        """(S,) float32, count(c) + k V of each node; None if its sum may have been rounded.

        Whole numbers below 2**24 are exact in float32, in whatever order they are added.
        """
        value = self.counts.value
        totals = sum_segments(value, self.counts.start) + self.add * self.vocabulary_size
        is_exact = self.add % 1 == 0 and not (value % 1).any() and totals.max() < 2**24
        return totals.astype(np.float32) if is_exact else None

    def tensors(self) -> Tensors:
        """See `Model.tensors`."""
        arrays = counts_to_tensors(self.tree, self.counts.start, self.counts.next)
        return arrays | {"value": self.counts.value}

    def load(self, tensors: Tensors) -> Self:
        """See `FamilyModel.load`."""
        V, labels = self.vocabulary_size, self.label_count
        depth = self.window + (labels > 0)
        self.tree, start, ids = counts_from_tensors(tensors, "", (V, V + labels), depth)
        value = tensors["value"]
        if value.dtype != np.float32 or value.shape != ids.shape:
            raise ValueError("the arrays of counts have inconsistent shapes or types")
        if not np.isfinite(value).all() or (value < 0).any():
            raise ValueError("a count is not a finite number of 0 or more")
        vars(self).pop("_totals", None)
        self.counts = SparseRows(start, ids, value)
        return self

    def resize_tensors(self, tensors: Tensors, ids: NDArray[np.int64]) -> Tensors:
        """See `FamilyModel.resize_tensors`."""
        return renumber_tensors(tensors, "", ids)
