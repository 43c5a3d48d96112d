"""The usual length of the lines of a list."""

import numpy as np
from numpy.typing import NDArray


def usual_length(counts: NDArray[np.int64]) -> int:
    """Return the default maximum length of sampled lines, in characters.

    It is the length of the longest line, unless that is far longer than the others, such as a line
    that was pasted by mistake: at most twice the 99 per cent quantile of the lengths, or ten
    characters more than it, if that is longer.

    Args:
        counts: (n,) int64, the numbers of lines of 0, 1, ... characters; at least one line.

    Example:
        >>> usual_length(np.bincount([4, 5, 6, 500])), usual_length(np.bincount([4, 5, 6, 12]))
        (16, 12)
    """
    cumulative = np.cumsum(counts)
    quantile = int(np.searchsorted(cumulative, int(0.99 * (cumulative[-1] - 1)), side="right"))
    longest = int(np.flatnonzero(counts)[-1])
    return min(longest, max(2 * quantile, quantile + 10))
