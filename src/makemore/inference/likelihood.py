"""Log-likelihood and loss of a model on lines: the basis of every score and evaluation.

    log p(line)  = sum over the edges on its path of log p(next | context)
    loss         = - sum over edges of count * log p(next | context) / sum of counts

The loss is in nats per character; the end of a line counts as a character.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s, concatenate_ranges, offsets_of, unique_inverse
from makemore.contexts.packed_rows import PackedRows
from makemore.inference.model import CountModel, Model, block_rows
from makemore.parallel import available_processors, open_workers

if TYPE_CHECKING:
    from makemore.contexts.table import Contexts

NETWORK_ROWS = 2**12  # contexts of a network that one thread computes together
_COUNT_ROWS = 2**15  # contexts of a count model


def log_softmax(logits: Float32s) -> Float32s:
    """Normalise (N, V) logits to natural log-probabilities, row by row."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs: Float32s = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return log_probs


def iter_blocks(
    c: "Contexts", rows: int | None = None
) -> "Iterator[tuple[Contexts, NDArray[np.int64]]]":
    """Split a table into blocks of about `rows` contexts.

    A tree of prefixes is split into groups of whole lines with about `rows` characters each.

    Args:
        c: the table.
        rows: contexts per block; None for `block_rows`.

    Yields:
        A block and the indices of its edges in `c`. If there are several blocks of windows, they
        do not hold the lines.
    """
    rows = rows or block_rows(c.vocabulary_size)
    if len(c.last) <= rows:
        yield c, np.arange(len(c.row))
    elif c.back is None:
        yield from _iter_line_blocks(c, rows)
    else:
        for low in range(0, len(c), rows):
            high = min(low + rows, len(c))
            a, b = np.searchsorted(c.row, [low, high])
            block = c.of_counts(
                c.back[low:high],
                c.row[a:b] - np.int32(low),
                c.next[a:b],
                c.count[a:b],
                np.ones(b - a, np.int64),
                (c.vocabulary_size, c.label_count),
            )
            yield block, np.arange(a, b)


def _iter_line_blocks(
    c: "Contexts", characters: int
) -> "Iterator[tuple[Contexts, NDArray[np.int64]]]":
    """Yield groups of whole lines of about so many characters; a tree splits only by lines."""
    for indices in group_lines(c, np.arange(len(c.line_weight)), characters):
        path_edges = c.edge[concatenate_ranges(c.start[indices], c.start[indices + 1])]
        edges, _ = unique_inverse(path_edges, len(c.row))
        yield c.lines(indices), edges


def group_lines(
    c: "Contexts", indices: NDArray[np.int64], characters: int
) -> list[NDArray[np.int64]]:
    """Split lines into groups of about so many characters, line ends included.

    Lines with the same first two characters come together: they share contexts.

    Args:
        c: a tree of prefixes.
        indices: (b,) int64 line indices.
        characters: characters in each group.
    """
    starts, stops = c.start[indices], c.start[indices + 1]
    order = np.lexsort((c.edge[np.minimum(starts + 1, stops - 1)], c.edge[starts]))
    ends = np.cumsum((stops - starts)[order])
    groups = max(1, round(int(ends[-1]) / characters))
    cuts = np.searchsorted(ends, ends[-1] * np.arange(1, groups) / groups)
    return [group for group in np.split(indices[order], cuts) if len(group)]


class LogProbModel(Protocol):
    """The part of a model's interface that a likelihood needs."""

    @property
    def has_exact_rows(self) -> bool:
        """See `Model.has_exact_rows`."""

    def log_probs(self, c: "Contexts") -> Float32s:
        """See `Model.log_probs`."""


def edge_log_probs(
    model: LogProbModel,
    c: "Contexts",
    transform: Callable[[Float32s], NDArray[np.float64]] | None = None,
) -> Float32s:
    """Compute a model's log-probability of every edge, block by block, on all processors.

    Args:
        model: the model.
        c: N contexts and the M edges that leave them.
        transform: transforms (n, V) log-probabilities, such as `Shape.log_probs`, or None.

    Returns:
        (M,) float32, nats.
    """
    result = np.empty(len(c.row), dtype=np.float32)
    if not len(result):
        return result

    if transform is None and isinstance(model, CountModel):
        return _count_log_probs(model, c)

    def compute(part: "tuple[Contexts, NDArray[np.int64]]") -> tuple[NDArray[np.int64], Float32s]:
        block, edges = part
        log_probs = model.log_probs(block)
        transformed = log_probs if transform is None else transform(log_probs)
        return edges, transformed[block.row, block.next].astype(np.float32)

    rows = None if model.has_exact_rows else min(NETWORK_ROWS, block_rows(c.vocabulary_size))
    with open_workers(available_processors() if rows else 1) as workers:
        for edges, log_probs in workers.map(compute, iter_blocks(c, rows)):
            result[edges] = log_probs
    return result


def _count_log_probs(model: CountModel, c: "Contexts") -> Float32s:
    """Compute the log-probability of every edge under a count model; see `edge_log_probs`.

    Windows are taken in the order of their ids from the newest to the oldest: neighbours then have
    their counts near each other in memory.
    """
    back, result = c.lookback(model.window), np.empty(len(c.row), np.float32)
    size = c.vocabulary_size + c.label_count
    _, order = PackedRows.pack(back.T[::-1], size).sort()
    start = offsets_of(np.bincount(c.row, minlength=len(c)))

    def compute(windows: NDArray[np.int64]) -> tuple[NDArray[np.int64], Float32s]:
        starts, stops = start[windows], start[windows + 1]
        edges = concatenate_ranges(starts, stops)
        row = np.repeat(np.arange(len(windows)), stops - starts)
        return edges, model.pair_log_probs(back[windows], row, c.next[edges])

    blocks = (order[low : low + _COUNT_ROWS] for low in range(0, len(order), _COUNT_ROWS))
    with open_workers(available_processors() if len(order) > _COUNT_ROWS else 1) as workers:
        for edges, log_probs in workers.map(compute, blocks):
            result[edges] = log_probs
    return result


def character_log_probs(model: Model, c: "Contexts") -> NDArray[np.float64]:
    """Compute (C,) float64 log-probabilities of all characters, nats, in the order of `c.edge`."""
    return edge_log_probs(model, c).astype(np.float64)[c.edge]


def character_rows(model: Model, c: "Contexts") -> Float32s:
    """Compute (C, V) log-probabilities of every id at each character, in the order of `c.edge`."""
    return model.log_probs(c)[c.row[c.edge]]


def line_log_probs(model: Model, c: "Contexts") -> NDArray[np.float64]:
    """Compute the log-probability of each line.

    Returns:
        (B,) float64, nats, including the end of the line.
    """
    if not len(c.edge):
        return np.zeros(0)
    return np.add.reduceat(character_log_probs(model, c), c.start[:-1])


def loss(model: Model, c: "Contexts") -> float:
    """Compute the mean negative log-likelihood, in nats per character.

    Line ends count as characters, and lines count by their weight.
    """
    # No `@`: it starts the threads of NumPy's BLAS, which then spin for a while beside torch's
    # threads and make the next training steps take half as long again.
    return float(-(c.count * edge_log_probs(model, c)).sum() / c.total)
