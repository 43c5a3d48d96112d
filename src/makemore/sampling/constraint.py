"""Which lines are allowed, as an automaton over a vocabulary, and how many they are."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Ints, unique_inverse
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.automaton import NOWHERE


@dataclass(frozen=True, eq=False)
class Constraint:
    """The lines that are allowed.

    Attributes:
        goto: (D, V) int32, the state after each id, or NOWHERE: from every state some line ends.
        ends: (D,) bool, whether a line may end in each state.
        shortest: characters of a line, at least.
        longest: characters of a line, at most.
    """

    goto: NDArray[np.int32]
    ends: NDArray[np.bool_]
    shortest: int
    longest: int

    @cached_property
    def completions(self) -> NDArray[np.float64]:
        """(longest + 1, D) how many lines go on from each state after so many characters.

        Exact below 2^53, where float64 rounds nothing, and rounded above.
        """
        before, after, ways = self._arcs
        found = np.zeros((self.longest + 2, len(self.goto)))
        with np.errstate(over="ignore"):
            for read in range(self.longest, -1, -1):
                going_on = ways * found[read + 1, after]
                found[read] = np.bincount(before, going_on, minlength=len(self.goto))
                found[read] += self.ends & (read >= self.shortest)
        return found[:-1]

    @cached_property
    def _arcs(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """From where, to where, and by how many ids."""
        states, ids = np.nonzero(self.goto != NOWHERE)
        size = len(self.goto)
        keys, place = unique_inverse(states * size + self.goto[states, ids], size * size)
        ways = np.bincount(place, minlength=len(keys)).astype(np.float64)
        return keys // size, keys % size, ways

    def continuations(self, states: Ints, read: Ints | int) -> NDArray[np.int32]:
        """Return the state after each id that an allowed line can go on with.

        Args:
            states: (n,) where lines stand.
            read: characters they have read, (n,) or one number for all.

        Returns:
            (n, V) int32, NOWHERE where no allowed line goes on; so for the boundary.
        """
        goto = self.goto[states]
        longer = np.minimum(np.add(read, 1), self.longest).reshape(-1, 1)
        is_open = np.less(read, self.longest).reshape(-1, 1)
        can_end = (goto != NOWHERE) & (self.completions[longer, goto] > 0) & is_open
        return np.where(can_end, goto, np.int32(NOWHERE))

    def may_end(self, states: Ints, read: Ints | int) -> NDArray[np.bool_]:
        """(n,) bool, whether lines in these states end as allowed ones after so many characters."""
        found: NDArray[np.bool_] = self.ends[states] & np.greater_equal(read, self.shortest)
        return found

    def count(self, prefix: NDArray[np.int32]) -> float:
        """|L|: how many lines that start so are allowed; exact below 2^53."""
        state = self.after(prefix)
        if state == NOWHERE or len(prefix) > self.longest:
            return 0.0
        return float(self.completions[len(prefix), state])

    def after(self, ids: NDArray[np.int32]) -> int:
        """The state after some ids, or NOWHERE."""
        state = 0
        for i in ids.tolist():
            state = int(self.goto[state, i]) if state != NOWHERE else NOWHERE
        return state

    def allows(self, ids: NDArray[np.int32]) -> NDArray[np.bool_]:
        """(n,) bool, whether each line is allowed; `ids` is (n, T), zero after its end."""
        goto = np.vstack([self.goto, np.full((1, self.goto.shape[1]), NOWHERE, np.int32)])
        state = np.zeros(len(ids), np.int32)
        for column in ids.T:
            state = np.where(column == BOUNDARY, state, goto[state, column])
        length = np.count_nonzero(ids, axis=1)
        is_end = np.append(self.ends, False)[state]
        allowed: NDArray[np.bool_] = is_end & (length >= self.shortest) & (length <= self.longest)
        return allowed
