"""Lines on the condition that they are allowed, drawn exactly from a model written out as states.

A pair i is a state of the model beside a state of the constraint. With t characters read, T of them
at most, and e(i) the probability that a line ends in i, zero where it may not,

    m_T(i) = e(i)        m_t(i) = e(i) [t >= shortest] + sum over x of p(x | i) m_(t+1)(i x)

is the probability that a line goes on from i to be an allowed one. So

    p(x | i, allowed) = p(x | i) m_(t+1)(i x) / m_t(i)

and every line drawn is allowed, with the model's own probabilities among those that are: nothing is
drawn in vain.

Source: the backward probabilities of hidden Markov models, Rabiner (1989), "A tutorial on hidden
Markov models and selected applications in speech recognition", section III.A.
"""

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Ints, unique_inverse
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.automaton import MOST_CELLS, NOWHERE, Automaton, product
from makemore.sampling.constraint import Constraint
from makemore.sampling.samplers import Cumulative, Shape, Uniforms, cumulated, invert, scattered

_MOST_MESSAGES = 2**25  # numbers that all messages may take
_PAIRS = 1024  # so many rows of numbers stay in a processor's cache


class BackwardMessages:
    """How probable it is, from each pair, that a line goes on to be an allowed one.

    Attributes:
        goto: (P, V) int32, the pair after each id, P where there is none; pair 0 is the first.
        probs: (P, V) float32, the shaped distribution in each pair, zero for an end where no line
            may end.
        read: characters read in pair 0.
        rows: (R, P + 1) float64, m after 0, 1, 2 ... further characters, each row divided by
            its largest number; the last column, for no pair, is zero.
    """

    def __init__(
        self, goto: Ints, probs: NDArray[np.float32], read: int, constraint: Constraint
    ) -> None:
        """Passes the messages from the end of the longest line back to the first pair."""
        self.goto, self.probs, self.read = goto, probs, read
        rows = constraint.longest - read + 1
        self.may_end = np.arange(read, read + rows + 1) >= constraint.shortest
        self.rows = np.zeros((rows + 1, len(goto) + 1))
        # Natural logarithms of what the rows were divided by; -inf where all messages are zero.
        self._scales = np.full(rows + 1, -np.inf)
        for row in range(rows - 1, -1, -1):
            going_on, ending = self._factors(row)
            found = going_on * self._gathered(row + 1) + ending * self.probs[:, BOUNDARY]
            largest = found.max()
            if largest > 0:
                self.rows[row, :-1] = found / largest
                self._scales[row] = self._unit(row) + np.log(largest)

    def _gathered(self, row: int) -> NDArray[np.float64]:
        """(P,) the sum over x of p(x) m(x) in each pair, a few pairs at a time, which is faster."""
        found = np.empty(len(self.goto))
        for low in range(0, len(found), _PAIRS):
            pairs = slice(low, low + _PAIRS)
            later = self.rows[row].take(self.goto[pairs])
            later *= self.probs[pairs]
            later.sum(axis=1, out=found[pairs])
        return found

    def _unit(self, row: int) -> float:
        """The logarithm of what the weights of a row are divided by, so that none is lost."""
        unit = max(float(self._scales[row + 1]), 0.0 if self.may_end[row] else -np.inf)
        return unit if np.isfinite(unit) else 0.0

    def weights(
        self, pairs: Ints, row: int, probs: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """What the probability of each id is proportional to, on the condition.

        Args:
            pairs: (n,) where lines are.
            row: characters they have read since pair 0.
            probs: (n, V) another model's distributions, for which these messages are a guide.

        Returns:
            (n, V) float64.
        """
        own = self.probs[pairs]
        probs = own.astype(np.float64) if probs is None else np.where(own > 0, probs, 0.0)
        going_on, ending = self._factors(row)
        found: NDArray[np.float64] = probs * self.rows[row + 1].take(self.goto[pairs])
        found *= going_on
        found[:, BOUNDARY] = probs[:, BOUNDARY] * ending
        return found

    def _factors(self, row: int) -> tuple[float, float]:
        """What later messages are multiplied by beside the ends of lines, in the row's unit."""
        unit = self._unit(row)
        ending = np.exp(-unit) if self.may_end[row] else 0.0
        return float(np.exp(self._scales[row + 1] - unit)), float(ending)

    @property
    def log_mass(self) -> float:
        """The natural logarithm of the probability that a line is allowed."""
        with np.errstate(divide="ignore"):
            return float(np.log(self.rows[0, 0]) + self._scales[0])


def backward_messages(
    automaton: Automaton, shape: Shape, constraint: Constraint, prefix: NDArray[np.int32]
) -> BackwardMessages | None:
    """Joins a model and a constraint, after a prefix that is given.

    Returns:
        None if that takes too much memory.
    """
    V = automaton.goto.shape[1]
    most = min(MOST_CELLS // V, _MOST_MESSAGES // (constraint.longest - len(prefix) + 2))
    first = automaton.after(prefix), constraint.after(prefix)
    both = product(automaton.goto, constraint.goto, first, most)
    if both is None:
        return None
    states, place = unique_inverse(both.left, len(automaton.goto))
    probs = shape.probs(automaton.log_probs[states]).astype(np.float32)[place]
    probs[~constraint.ends[both.right], BOUNDARY] = 0.0
    goto = np.where(both.goto == NOWHERE, len(both.left), both.goto)
    return BackwardMessages(goto, probs, len(prefix), constraint)


class Conditioned:
    """Draws allowed lines, see the head of this file; tables are made as far as lines need them."""

    def __init__(self, messages: BackwardMessages) -> None:
        """Takes the messages."""
        self._messages = messages
        self._tables: dict[int, tuple[Cumulative, NDArray[np.bool_]]] = {}

    def draw(
        self, uniforms: Uniforms, which: NDArray[np.intp], first: int, most: int
    ) -> NDArray[np.int32]:
        """See `Walk.draw`."""
        goto = self._messages.goto
        columns = []
        lines, pair = np.arange(len(which)), np.zeros(len(which), np.intp)
        for position in range(most + 1):
            table = self._table(position, pair)
            drawn = invert(table, pair, uniforms.at(first + position)[which[lines]])
            columns.append(scattered(drawn, lines, len(which)))
            goes_on = drawn != BOUNDARY
            lines = lines[goes_on]
            if not len(lines):
                break
            pair = goto[pair[goes_on], drawn[goes_on]].astype(np.intp)
        return np.stack(columns, axis=1)

    def _table(self, row: int, pairs: Ints) -> Cumulative:
        """The distributions after so many characters, summed up: of these pairs at least."""
        P, V = self._messages.goto.shape
        if row not in self._tables:
            self._tables[row] = (np.empty((P, 1 << (V - 1).bit_length())), np.zeros(P, bool))
        table, is_made = self._tables[row]
        wanting, _ = unique_inverse(pairs[~is_made[pairs]], P)
        if len(wanting):
            table[wanting] = cumulated(self._messages.weights(wanting, row))
            is_made[wanting] = True
        return table
