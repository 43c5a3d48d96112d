"""The one likelihood: every score, loss and evaluation is a sum along these lines.

    log p(line)  = sum over the edges on its path of log p(next | context)
    loss         = - sum over edges of count * log p(next | context) / sum of counts

in nats per character, the end of a line counted as one. NumPy only; what is asked of a model stands
in `Model`, and everything outside training speaks to models through it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import AnyArray, unique_inverse
from makemore.contexts.table import Contexts

if TYPE_CHECKING:
    from makemore.inference.automaton import Automaton

Floats = NDArray[np.float32]
Tensors = Mapping[str, AnyArray]
State = Any  # an array, or anything whose rows `state[rows]` selects and repeats

# A block of contexts has at most so many rows, and at most so many log-probabilities (16 MiB of
# float32): what a network holds for a row bounds the one, a large vocabulary the other.
_BLOCK_ROWS, _BLOCK_CELLS = 2**16, 2**22


class Model(Protocol):
    """What every fitted model answers. V is the vocabulary's size; all floats are float32."""

    window: int | None
    vocabulary_size: int

    @property
    def has_exact_rows(self) -> bool:
        """Whether a row of log-probabilities has the same bits whatever rows stand beside it.

        True of counts, whose rows are looked up and normalised one by one. False of products of
        matrices: their last digits depend on the number of rows and on the place among them.
        """

    def log_probs(self, c: Contexts) -> Floats:
        """(N, V) natural log-probabilities of the next id in each context; rows sum to one."""

    def start(self, n: int, label: int | None = None) -> tuple[Floats, State]:
        """(n, V) log-probabilities of first ids, and the state of n lines not yet begun."""

    def step(self, ids: NDArray[np.int32], state: State) -> tuple[Floats, State]:
        """(n, V) log-probabilities after these (n,) ids, and the state that follows."""

    def automaton(self, most: int, label: int | None = None) -> "Automaton | None":
        """The model as at most so many states, for lines of one label; None if it takes more."""

    def tensors(self) -> Tensors:
        """Everything learned, as named arrays."""


@runtime_checkable
class FamilyModel(Model, Protocol):
    """A model that the registry builds: it can be rebuilt from its tensors, and continue."""

    def load(self, tensors: Tensors) -> Self:
        """Takes back what `tensors` gave."""

    def grown(self, tensors: Tensors, ids: NDArray[np.int64]) -> Tensors:
        """Makes what a model over fewer ids learned fit this one: its id i is `ids[i]` here.

        `ids` is ascending, characters before labels; the model itself is left as it is.
        """


def members(model: Model) -> Sequence[Model]:
    """Return the models that a mixture mixes; the model itself where it is none."""
    found: Sequence[Model] = getattr(model, "members", [model])
    return found


def log_softmax(logits: Floats) -> Floats:
    """Normalises (N, V) logits into natural log-probabilities, row by row."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs: Floats = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return log_probs


def block_rows(vocabulary_size: int) -> int:
    """How many contexts are asked about, or learned from, at once."""
    return max(1, min(_BLOCK_ROWS, _BLOCK_CELLS // vocabulary_size))


def blocks(c: Contexts, rows: int) -> Iterator[tuple[Contexts, NDArray[np.int64]]]:
    """Cut a table into blocks of about so many contexts.

    Yields:
        a part of the contexts, for windows without their lines, and the indices of its edges among
        the edges of all.
    """
    if len(c.last) <= rows:
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


class Answering(Protocol):
    """As much of a model as a likelihood asks."""

    def log_probs(self, c: Contexts) -> Floats:
        """See `Model.log_probs`."""


def edge_log_probs(
    model: Answering, c: Contexts, shape: Callable[[Floats], NDArray[np.float64]] | None = None
) -> Floats:
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
    for part, edges in blocks(c, block_rows(c.vocabulary_size)):
        log_probs = model.log_probs(part)
        shaped = log_probs if shape is None else shape(log_probs)
        found[edges] = shaped[part.row, part.next]
    return found


def character_log_probs(model: Model, c: Contexts) -> NDArray[np.float64]:
    """(C,) float64, nats, of each character along the lines' paths; line b is as in `c.edge`."""
    return edge_log_probs(model, c).astype(np.float64)[c.edge]


def line_log_probs(model: Model, c: Contexts) -> NDArray[np.float64]:
    """Sums along each line's path.

    Returns:
        (B,) float64, nats, the end of the line included.
    """
    if not len(c.edge):
        return np.zeros(0)
    return np.add.reduceat(character_log_probs(model, c), c.start[:-1])


def loss(model: Model, c: Contexts) -> float:
    """Gives the mean negative log-likelihood, in nats per character, ends and weights counted."""
    # No `@`: it wakes the threads of NumPy's BLAS, which then spin for a while beside torch's, and
    # the steps of training that come next take half as long again.
    return float(-(c.count * edge_log_probs(model, c)).sum() / c.total)
