"""Contexts cut into pieces, for work whose memory is bounded."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import unique_inverse
from makemore.contexts.table import Contexts


def blocks(c: Contexts, rows: int) -> Iterator[tuple[Contexts, NDArray[np.int64]]]:
    """Cuts a table into pieces of about so many contexts.

    Yields:
        a part of the contexts, for windows without their lines, and the indices of its edges among
        the edges of all.
    """
    if len(c) <= rows:
        yield c, np.arange(len(c.row))
    elif c.back is None:
        yield from _of_lines(c, rows)
    else:
        for low in range(0, len(c), rows):
            high = min(low + rows, len(c))
            a, b = np.searchsorted(c.row, [low, high])
            part = Contexts.of_counts(
                c.back[low:high],
                c.row[a:b] - np.int32(low),
                c.next[a:b],
                c.count[a:b],
                np.ones(b - a, np.int64),
                (c.vocabulary_size, c.label_count),
            )
            yield part, np.arange(a, b)


def _of_lines(c: Contexts, characters: int) -> Iterator[tuple[Contexts, NDArray[np.int64]]]:
    """Groups of whole lines of about so many characters; a tree cannot be cut elsewhere."""
    number = c.start[1:] // characters
    cuts = np.flatnonzero(np.diff(number)) + 1
    for which in np.split(np.arange(len(c.line_weight)), cuts):
        walked = c.edge[c.start[which[0]] : c.start[which[-1] + 1]]
        edges, _ = unique_inverse(walked, len(c.row))
        yield c.lines(which), edges
