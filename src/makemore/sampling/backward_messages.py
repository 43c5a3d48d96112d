"""Backward messages: exact sampling of allowed lines from a model compiled to an automaton.

A pair i is a state of the model with a state of the constraint. Let e(i) be the probability that a
line ends in i, or zero if it may not end there. After t of at most T characters,

    m_T(i) = e(i)        m_t(i) = e(i) [t >= min_length] + sum over x of p(x | i) m_(t+1)(i x)

is the probability that a line in i ends as an allowed line. So

    p(x | i, allowed) = p(x | i) m_(t+1)(i x) / m_t(i)

and lines drawn from it follow the model's distribution over the allowed lines, without rejections.

The messages of long lines underflow. So row t is stored as M_t, whose largest number is 1, and the
logarithm of its scale s_t; m_(T+1) is zero. With a common unit u_t for both terms,

    m_t = s_t M_t        s_t M_t(i) / u_t = e(i) [t >= min_length] / u_t
                                            + s_(t+1) / u_t * sum over x of p(x | i) M_(t+1)(i x)

Source: the backward probabilities of hidden Markov models, Rabiner (1989), "A tutorial on hidden
Markov models and selected applications in speech recognition", section III.A; their scaling,
section V.A.
"""

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Ints, unique_inverse
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.automaton import MAX_TABLE_ENTRIES, NOWHERE, Automaton, product
from makemore.sampling.constraint import Constraint
from makemore.sampling.samplers import (
    CumulativeTable,
    StateFrontier,
    Uniforms,
    Warper,
    cumulative_sums,
    draw_lines,
    table_width,
)

_MAX_MESSAGES = 2**25  # maximum count of numbers in all messages
_BLOCK_PAIRS = 1024  # pairs computed at a time, so that their rows fit in a processor's cache


class BackwardMessages:
    """The probability, for each pair and length, that a line ends as an allowed line.

    Attributes:
        goto: (P, V) int32, the pair after each id, or P if there is none; pair 0 is the first.
        probs: (P, V) float32, the warped distribution in each pair; zero for the boundary where no
            line may end.
        states: (P,) int32, the state of the model in each pair.
        prefix_length: number of characters read before pair 0: the length of the prefix.
        may_end: (R,) bool, whether a line is long enough after 0, 1, 2 ... further characters.
        rows: (R, P + 1) float64, M after 0, 1, 2 ... further characters: each row is divided by its
            largest number. The last column, for no pair, is zero.
        log_mass: natural logarithm of the probability that a line is allowed, given the prefix.
    """

    def __init__(
        self,
        goto: Ints,
        probs: NDArray[np.float32],
        states: Ints,
        prefix_length: int,
        constraint: Constraint,
    ) -> None:
        """Compute the messages, from the end of the longest line back to the first pair."""
        self.states = states
        self.goto, self.probs, self.prefix_length = goto, probs, prefix_length
        positions = constraint.max_length - prefix_length + 1
        self.may_end = (
            np.arange(prefix_length, prefix_length + positions + 1) >= constraint.min_length
        )
        self.rows = np.zeros((positions + 1, len(goto) + 1))
        # [t >= min_length] / u_t and s_(t+1) / u_t. They are Python floats, so that a product with
        # float32 stays float32.
        self._end_factors, self._continue_factors = [0.0] * positions, [0.0] * positions
        log_scale = -np.inf
        for t in range(positions - 1, -1, -1):
            log_unit = max(log_scale, 0.0 if self.may_end[t] else -np.inf)
            log_unit = log_unit if np.isfinite(log_unit) else 0.0
            self._end_factors[t] = float(np.exp(-log_unit)) if self.may_end[t] else 0.0
            self._continue_factors[t] = float(np.exp(log_scale - log_unit))
            m = self._end_factors[t] * probs[:, BOUNDARY] + self._continue_factors[
                t
            ] * self._expectation(t + 1)
            largest = m.max()
            log_scale = log_unit + np.log(largest) if largest > 0 else -np.inf
            if largest > 0:
                self.rows[t, :-1] = m / largest
        with np.errstate(divide="ignore"):
            self.log_mass = float(np.log(self.rows[0, 0]) + log_scale)

    def _expectation(self, t: int) -> NDArray[np.float64]:
        """Return (P,) the sum over x of p(x | i) M_t(i x)."""
        expectation = np.empty(len(self.goto))
        for low in range(0, len(expectation), _BLOCK_PAIRS):  # block by block, which is faster
            pairs = slice(low, low + _BLOCK_PAIRS)
            self._terms(t, pairs, self.probs[pairs]).sum(axis=1, out=expectation[pairs])
        return expectation

    def _terms(
        self, t: int, pairs: Ints | slice, probs: NDArray[np.float32] | NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return (n, V) p(x | i) M_t(i x), zero for the x that ends the line."""
        terms: NDArray[np.float64] = self.rows[t].take(self.goto[pairs])
        terms *= probs
        return terms

    def weights(
        self, pairs: Ints, t: int, probs: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """Return unnormalised probabilities of the next id, conditioned on the line being allowed.

        Args:
            pairs: (n,) the pairs of lines.
            t: number of characters since pair 0.
            probs: (n, V) distributions of another model, which these messages guide; None for
                the model's own.

        Returns:
            (n, V) float64, the terms of m_t(i), divided by u_t.
        """
        own_probs = self.probs[pairs]
        probs = (
            own_probs.astype(np.float64) if probs is None else np.where(own_probs > 0, probs, 0.0)
        )
        weights = self._terms(t + 1, pairs, probs)
        weights *= self._continue_factors[t]
        weights[:, BOUNDARY] = probs[:, BOUNDARY] * self._end_factors[t]
        return weights


def backward_messages(
    automaton: Automaton, warper: Warper, constraint: Constraint, prefix: NDArray[np.int32]
) -> BackwardMessages | None:
    """Compute the backward messages of a model and a constraint, after a prefix.

    Args:
        automaton: the model.
        warper: temperature, top-k and top-p.
        constraint: which lines are allowed.
        prefix: (p,) int32 ids that every line starts with.

    Returns:
        The messages, or None if they take too much memory.
    """
    V = automaton.goto.shape[1]
    max_pairs = min(
        MAX_TABLE_ENTRIES // V, _MAX_MESSAGES // (constraint.max_length - len(prefix) + 2)
    )
    initial = automaton.state_after(prefix), constraint.state_after(prefix)
    pairs = product(automaton.goto, constraint.goto, initial, max_pairs)
    if pairs is None:
        return None
    states, inverse = unique_inverse(pairs.left, len(automaton.goto))
    probs = warper.probs(automaton.log_probs[states]).astype(np.float32)[inverse]
    probs[~constraint.is_final[pairs.right], BOUNDARY] = 0.0
    goto = np.where(pairs.goto == NOWHERE, len(pairs.left), pairs.goto)
    return BackwardMessages(goto, probs, pairs.left, len(prefix), constraint)


class ConditionalSampler:
    """A sampler of allowed lines by backward messages; exact.

    The table of a position is filled only for the pairs that lines reach.
    """

    def __init__(self, messages: BackwardMessages) -> None:
        """Start without filled tables."""
        self._messages = messages
        self._size = len(messages.goto), table_width(messages.goto.shape[1])
        self._tables: dict[int, tuple[CumulativeTable, NDArray[np.bool_]]] = {}

    def draw(
        self,
        uniforms: Uniforms,
        indices: NDArray[np.intp],
        first_position: int,
        max_characters: int,
    ) -> NDArray[np.int32]:
        """See `Sampler.draw`."""
        frontier = StateFrontier(self._messages.goto, np.zeros(len(indices), np.intp), self._table)
        return draw_lines(frontier, uniforms, indices, first_position, max_characters)

    def _table(self, position: int, pairs: Ints) -> CumulativeTable:
        """Return the table of a position, in which at least the rows of these pairs are filled."""
        if position not in self._tables:
            self._tables[position] = np.empty(self._size), np.zeros(self._size[0], bool)
        table, is_filled = self._tables[position]
        is_missing = np.zeros(len(table), bool)
        is_missing[pairs] = True
        is_missing &= ~is_filled
        missing = np.flatnonzero(is_missing)
        if len(missing):
            table[missing] = cumulative_sums(self._messages.weights(missing, position))
            is_filled[missing] = True
        return table
