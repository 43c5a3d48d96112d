"""Enumeration and scoring of all allowed lines, for constraints that few lines satisfy."""

import numpy as np
from numpy.typing import NDArray

from makemore.contexts.paths import Paths
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.automaton import NOWHERE
from makemore.inference.likelihood import edge_log_probs
from makemore.inference.model import Model
from makemore.sampling.constraint import Constraint
from makemore.sampling.samplers import Uniforms, Warper


def enumerate_lines(constraint: Constraint, prefix: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return all allowed lines that start with a prefix.

    Args:
        constraint: which lines are allowed.
        prefix: (p,) int32 ids.

    Returns:
        (|L|, longest + 1) int32 ids, zero after each line's end.

    Example:
        >>> from makemore.corpus.lines import Lines
        >>> from makemore.corpus.vocabulary import Vocabulary
        >>> from makemore.options.verbs import ConstraintOptions
        >>> from makemore.sampling.constraint import Constraint
        >>> ab = Vocabulary.of(Lines.from_strings(["ab"]))
        >>> two = Constraint.of(ConstraintOptions(length=2), ab, max_length=2)
        >>> enumerate_lines(two, np.zeros(0, np.int32)).tolist()
        [[1, 1, 0], [1, 2, 0], [2, 1, 0], [2, 2, 0]]
    """
    width = constraint.max_length + 1
    lines = np.zeros((1 if constraint.count(prefix) else 0, width), np.int32)
    lines[:, : len(prefix)] = prefix[:width]
    states, finished = np.full(len(lines), constraint.state_after(prefix)), [lines[:0]]
    for length in range(len(prefix), width):
        finished.append(lines[constraint.may_end(states, length)])
        if length == constraint.max_length:
            break
        next_states = constraint.continuations(states, length)  # (n, V)
        rows, ids = np.nonzero(next_states != NOWHERE)
        lines, states = lines[rows], next_states[rows, ids]
        lines[:, length] = ids
    return np.concatenate(finished)


class ExhaustiveSampler:
    """A sampler that draws from a list of lines, in proportion to their probabilities; exact.

    Attributes:
        lines: (L, T) int32 ids, zero after each line's end.
        log_probs: (L,) float64, natural log-probability of each line given the prefix.
    """

    def __init__(
        self,
        model: Model,
        warper: Warper,
        lines: NDArray[np.int32],
        prefix: NDArray[np.int32],
        label: int | None,
        labels: int,
    ) -> None:
        """Score every line.

        Args:
            model: the model.
            warper: temperature, top-k and top-p.
            lines: (L, T) int32 ids, zero after each line's end.
            prefix: (p,) int32 ids that all lines start with.
            label: the id of the lines' label; None without labels.
            labels: number of labels of the model.
        """
        self.lines, self._prefix = lines, len(prefix)
        paths = Paths.of_ids(lines, BOUNDARY if label is None else label)
        c = Contexts.from_paths(paths, model.vocabulary_size, labels, model.window)
        edge_scores = edge_log_probs(model, c, warper.log_probs).astype(np.float64)[c.edge]
        length = np.arange(len(edge_scores)) - np.repeat(c.start[:-1], np.diff(c.start))
        edge_scores[length < len(prefix)] = 0.0  # the prefix is given
        self.log_probs = np.add.reduceat(edge_scores, c.start[:-1])
        largest = self.log_probs.max()
        weights = np.exp(self.log_probs - (largest if np.isfinite(largest) else 0.0))
        self._cumulative = np.cumsum(weights)
        self._cumulative /= max(self._cumulative[-1], np.finfo(float).tiny)  # exactly 1 at the end

    def draw(
        self,
        uniforms: Uniforms,
        indices: NDArray[np.intp],
        first_position: int,
        max_characters: int,
    ) -> NDArray[np.int32]:
        """See `Sampler.draw`; each line uses one uniform number."""
        rows = np.searchsorted(self._cumulative, uniforms.at(first_position)[indices], side="right")
        lines = self.lines[np.minimum(rows, len(self.lines) - 1), self._prefix :]
        return lines[:, : max_characters + 1]
