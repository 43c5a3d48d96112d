"""The one likelihood: every score, loss and evaluation is a sum along these lines.

    log p(line)  = sum over the edges on its path of log p(next | context)
    loss         = - sum over edges of count * log p(next | context) / sum of counts

in nats per character, the end of a line counted as one.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s, unique_inverse
from makemore.inference.model import Model, block_rows

if TYPE_CHECKING:
    from makemore.contexts.table import Contexts


def log_softmax(logits: Float32s) -> Float32s:
    """Normalises (N, V) logits into natural log-probabilities, row by row."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs: Float32s = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return log_probs


def blocks(
    c: "Contexts", rows: int | None = None
) -> "Iterator[tuple[Contexts, NDArray[np.int64]]]":
    """Cut a table into blocks of about so many contexts.

    Args:
        c: the table.
        rows: how many; None for as many as a model is asked about at once.

    Yields:
        a part of the contexts, for windows without their lines, and the indices of its edges among
        the edges of all.
    """
    rows = rows or block_rows(c.vocabulary_size)
    if len(c.last) <= rows:
        yield c, np.arange(len(c.row))
    elif c.back is None:
        yield from _of_lines(c, rows)
    else:
        for low in range(0, len(c), rows):
            high = min(low + rows, len(c))
            a, b = np.searchsorted(c.row, [low, high])
            part = c.of_counts(
                c.back[low:high],
                c.row[a:b] - np.int32(low),
                c.next[a:b],
                c.count[a:b],
                np.ones(b - a, np.int64),
                (c.vocabulary_size, c.label_count),
            )
            yield part, np.arange(a, b)


def _of_lines(c: "Contexts", characters: int) -> "Iterator[tuple[Contexts, NDArray[np.int64]]]":
    """Groups of whole lines of about so many characters; a tree cannot be cut elsewhere."""
    number = c.start[1:] // characters
    cuts = np.flatnonzero(np.diff(number)) + 1
    for which in np.split(np.arange(len(c.line_weight)), cuts):
        walked = c.edge[c.start[which[0]] : c.start[which[-1] + 1]]
        edges, _ = unique_inverse(walked, len(c.row))
        yield c.lines(which), edges


class Answering(Protocol):
    """As much of a model as a likelihood asks."""

    def log_probs(self, c: "Contexts") -> Float32s:
        """See `Model.log_probs`."""


def edge_log_probs(
    model: Answering, c: "Contexts", shape: Callable[[Float32s], NDArray[np.float64]] | None = None
) -> Float32s:
    """Asks a model for the log-probability of every edge, in blocks of rows.

    Args:
        model: the model.
        c: N contexts and the M edges that leave them.
        shape: what is done to (n, V) log-probabilities, such as `Shape.log_probs`, or None.

    Returns:
        (M,) float32, nats.
    """
    found = np.empty(len(c.row), dtype=np.float32)
    if not len(found):
        return found
    for part, edges in blocks(c):
        log_probs = model.log_probs(part)
        shaped = log_probs if shape is None else shape(log_probs)
        found[edges] = shaped[part.row, part.next]
    return found


def character_log_probs(model: Model, c: "Contexts") -> NDArray[np.float64]:
    """(C,) float64, nats, of each character along the lines' paths; line b is as in `c.edge`."""
    return edge_log_probs(model, c).astype(np.float64)[c.edge]


def line_log_probs(model: Model, c: "Contexts") -> NDArray[np.float64]:
    """Sums along each line's path.

    Returns:
        (B,) float64, nats, the end of the line included.
    """
    if not len(c.edge):
        return np.zeros(0)
    return np.add.reduceat(character_log_probs(model, c), c.start[:-1])


def loss(model: Model, c: "Contexts") -> float:
    """Gives the mean negative log-likelihood, in nats per character, ends and weights counted."""
    # No `@`: it wakes the threads of NumPy's BLAS, which then spin for a while beside torch's, and
    # the steps of training that come next take half as long again.
    return float(-(c.count * edge_log_probs(model, c)).sum() / c.total)
