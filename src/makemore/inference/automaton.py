"""Weighted automata: models compiled to states, and products of goto functions."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import unique_inverse

# Maximum number of entries, S V, in a table of states.
MAX_TABLE_ENTRIES = 2**24

NOWHERE = -1

Goto = NDArray[np.int32]


class Automaton(NamedTuple):
    """A model compiled to an automaton of S states.

    Attributes:
        initial: the initial state, before a line's first id.
        goto: (S, V) int32, the state after each id; the boundary's column is unused.
        log_probs: (S, V) float32, the log-probability of each id in each state.
    """

    initial: int
    goto: Goto
    log_probs: NDArray[np.float32]

    def state_after(self, ids: NDArray[np.int32]) -> int:
        """Return the state after some ids."""
        state = self.initial
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


def product(left: Goto, right: Goto, first: tuple[int, int], max_pairs: int) -> Product | None:
    """Compute the product automaton over the reachable state pairs.

    An id leads to NOWHERE if either goto function does.

    Args:
        left: (S, V) the state after each id, or NOWHERE.
        right: (D, V) likewise.
        first: the initial pair.
        max_pairs: maximum number of pairs.

    Returns:
        The product, or None if more than `max_pairs` pairs are reachable.

    Example:
        >>> count_to_two = np.array([[0, 1], [1, 2], [2, NOWHERE]])
        >>> odd = np.array([[0, 1], [1, 0]])
        >>> both = product(count_to_two, odd, (0, 0), max_pairs=9)
        >>> both.left.tolist(), both.right.tolist(), both.goto[:, 1].tolist()
        ([0, 1, 2], [0, 1, 0], [1, 2, -1])
    """
    size = len(right)
    discovered = np.array([first[0] * size + first[1]], np.int64)  # in order of discovery
    batches, sorted_seen, new, rows = [discovered], discovered, discovered, []
    while len(new):
        a, b = left[new // size, 1:], right[new % size, 1:]  # the boundary ends a line
        is_defined = (a != NOWHERE) & (b != NOWHERE)
        targets, inverse = unique_inverse(
            a[is_defined].astype(np.int64) * size + b[is_defined], len(left) * size
        )
        rows.append((is_defined, targets, inverse))
        index = np.minimum(np.searchsorted(sorted_seen, targets), len(sorted_seen) - 1)
        new = targets[sorted_seen[index] != targets]
        if len(sorted_seen) + len(new) > max_pairs:
            return None
        batches.append(new)
        sorted_seen = np.sort(np.concatenate([sorted_seen, new]))
    codes = np.concatenate(batches)
    by_code = np.argsort(codes)
    goto = np.full((len(codes), left.shape[1]), NOWHERE, np.int32)
    start = 0
    for is_defined, targets, inverse in rows:
        index = by_code[np.searchsorted(sorted_seen, targets)]
        goto[start : start + len(is_defined), 1:][is_defined] = index[inverse]
        start += len(is_defined)
    return Product(codes // size, codes % size, goto)
