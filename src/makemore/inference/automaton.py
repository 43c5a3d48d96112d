"""Weighted automata: models compiled to states, and products of goto functions."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import unique_inverse

# Maximum number of entries, S V, in a table of states.
MOST_CELLS = 2**24

NOWHERE = -1

Goto = NDArray[np.int32]


class Automaton(NamedTuple):
    """A model compiled to an automaton of S states.

    Attributes:
        first: the initial state, before a line's first id.
        goto: (S, V) int32, the state after each id; the boundary's column is unused.
        log_probs: (S, V) float32, the log-probability of each id in each state.
    """

    first: int
    goto: Goto
    log_probs: NDArray[np.float32]

    def after(self, ids: NDArray[np.int32]) -> int:
        """Return the state after some ids."""
        state = self.first
        for i in ids.tolist():
            state = int(self.goto[state, i])
        return state


class Product(NamedTuple):
    """Product of two goto functions: P reachable state pairs.

    Attributes:
        left: (P,) int64, each pair's state in the left automaton.
        right: (P,) int64, each pair's state in the right automaton. Pair 0 is the initial one.
        goto: (P, V) int32, the pair after each id, or NOWHERE.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    goto: Goto


def product(left: Goto, right: Goto, first: tuple[int, int], most: int) -> Product | None:
    """Compute the product automaton over the reachable state pairs.

    An id leads to NOWHERE if either goto function does.

    Args:
        left: (S, V) the state after each id, or NOWHERE.
        right: (D, V) likewise.
        first: the initial pair.
        most: maximum number of pairs.

    Returns:
        The product, or None if more than `most` pairs are reachable.

    Example:
        >>> count_to_two = np.array([[0, 1], [1, 2], [2, NOWHERE]])
        >>> odd = np.array([[0, 1], [1, 0]])
        >>> both = product(count_to_two, odd, (0, 0), most=9)
        >>> both.left.tolist(), both.right.tolist(), both.goto[:, 1].tolist()
        ([0, 1, 2], [0, 1, 0], [1, 2, -1])
    """
    size = len(right)
    seen = np.array([first[0] * size + first[1]], np.int64)  # in order of discovery
    order, sorted_seen, fresh, rows = [seen], seen, seen, []
    while len(fresh):
        a, b = left[fresh // size, 1:], right[fresh % size, 1:]  # the boundary ends a line
        leads = (a != NOWHERE) & (b != NOWHERE)
        reached, which = unique_inverse(
            a[leads].astype(np.int64) * size + b[leads], len(left) * size
        )
        rows.append((leads, reached, which))
        place = np.minimum(np.searchsorted(sorted_seen, reached), len(sorted_seen) - 1)
        fresh = reached[sorted_seen[place] != reached]
        if len(sorted_seen) + len(fresh) > most:
            return None
        order.append(fresh)
        sorted_seen = np.sort(np.concatenate([sorted_seen, fresh]))
    codes = np.concatenate(order)
    by_code = np.argsort(codes)
    goto = np.full((len(codes), left.shape[1]), NOWHERE, np.int32)
    low = 0
    for leads, reached, which in rows:
        place = by_code[np.searchsorted(sorted_seen, reached)]
        goto[low : low + len(leads), 1:][leads] = place[which]
        low += len(leads)
    return Product(codes // size, codes % size, goto)
