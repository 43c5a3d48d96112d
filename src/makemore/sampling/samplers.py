"""Drawing lines from a model: one endless stream of independent lines, fixed by the seed.

The uniform numbers of line i come from (seed, block of 4,096 lines, position), so line i depends on
the seed, on i and on the model. Where the rows of a model are not exact, its last digits depend on
the lines that are drawn beside it too: see `makemore.sampling.stream` and docs/determinism.md.

Every id is drawn by inverting the cumulative distribution function of its row,

    id = min {x : F(x) > u}        F(x) = sum over y <= x of p(y)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s, Ints
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.automaton import Automaton

BLOCK = 4096  # lines that share a generator; changing it changes every seed's lines

CumulativeTable = NDArray[np.float64]


def table_width(vocabulary_size: int) -> int:
    """Return the number of columns of a cumulative table: the next power of two."""
    return 1 << (vocabulary_size - 1).bit_length()


def cumulative_sums(weights: NDArray[np.float64]) -> CumulativeTable:
    """Compute the cumulative distribution function of each row of weights.

    Args:
        weights: (n, V) float64, not negative, with a positive sum in each row.

    Returns:
        (n, W) float64, ascending to 1 in each row; W as `table_width` gives it.

    Example:
        >>> cumulative_sums(np.array([[1.0, 0.0, 3.0]])).tolist()
        [[0.25, 0.25, 1.0, 1.0]]
    """
    n, V = weights.shape
    # `inverse_cdf` halves a row until one entry is left, so its width must be a power of two. The
    # columns beyond V are 1, above every uniform number, so their ids are never drawn.
    table = np.ones((n, table_width(V)))
    np.cumsum(weights, axis=1, out=table[:, :V])
    table[:, :V] /= table[:, V - 1 : V].copy()
    return table


def inverse_cdf(table: CumulativeTable, rows: Ints, uniforms: NDArray[np.float64]) -> Ints:
    """Draw an id from a row of a table for each uniform number, by binary search.

    Args:
        table: (n, W), as `cumulative_sums` gives it.
        rows: (m,) the row of each number.
        uniforms: (m,) float64 in [0, 1).

    Returns:
        (m,) ids: how many entries of its row are at most each number.

    Example:
        >>> table = cumulative_sums(np.array([[1.0, 0.0, 3.0]]))
        >>> inverse_cdf(table, np.array([0, 0, 0]), np.array([0.0, 0.25, 0.9])).tolist()
        [0, 2, 2]
    """
    flat, width = table.ravel(), table.shape[1]
    at = rows * width
    first = at.copy()
    half = width // 2
    while half:
        # mode="clip" spares a second check of bounds; no index is out of them.
        at += (flat[half - 1 :].take(at, mode="clip") <= uniforms) * half
        half //= 2
    found: NDArray[np.intp] = at - first
    return found


@dataclass(frozen=True)
class Shape:
    """How the distribution of each free character is changed.

    Attributes:
        temperature: log-probabilities are divided by it.
        top_k: only so many of the likeliest ids stay, or None for all.
        top_p: then only the likeliest ids that together reach this share stay, or None for all.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def weights(self, log_probs: Float32s) -> NDArray[np.float64]:
        """(n, V) float64, proportional to the shaped distributions; the largest of a row is 1."""
        weights: NDArray[np.float64] = np.exp(self._logits(log_probs))
        return self._cut(weights) if self._cuts else weights

    def probs(self, log_probs: Float32s) -> NDArray[np.float64]:
        """(n, V) float64, the shaped distributions."""
        weights = self.weights(log_probs)
        probs: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
        return probs

    def log_probs(self, log_probs: Float32s) -> NDArray[np.float64]:
        """(n, V) float64, the natural logarithms of the shaped distributions; none underflows."""
        logits = self._logits(log_probs)
        if self._cuts:
            logits[self._cut(np.exp(logits)) == 0] = -np.inf
        found: NDArray[np.float64] = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return found

    def _logits(self, log_probs: Float32s) -> NDArray[np.float64]:
        """(n, V) log-probabilities divided by the temperature; the largest of each row is 0."""
        logits = log_probs.astype(np.float64) / self.temperature
        with np.errstate(invalid="ignore"):
            logits -= logits.max(axis=1, keepdims=True)
        return logits

    @property
    def _cuts(self) -> bool:
        """Whether top-k or top-p leaves ids out."""
        return self.top_k is not None or self.top_p is not None

    def _cut(self, probs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Set to zero what top-k and top-p leave out; equal probabilities go by id."""
        order = np.argsort(-probs, axis=1, kind="stable")
        ordered = np.take_along_axis(probs, order, axis=1)
        if self.top_k is not None:
            ordered[:, self.top_k :] = 0.0
        if self.top_p is not None:
            share = np.cumsum(ordered, axis=1) / ordered.sum(axis=1, keepdims=True)
            before = np.concatenate([np.zeros((len(probs), 1)), share[:, :-1]], axis=1)
            is_out = before >= self.top_p
            is_out[:, 0] = False
            ordered[is_out] = 0.0
        np.put_along_axis(probs, order, ordered, axis=1)
        return probs


class Uniforms:
    """Uniform numbers in [0, 1) for lines low to high of the stream, position by position."""

    def __init__(self, seed: int, low: int, high: int, fan: int = 0) -> None:
        """Find the blocks that hold these lines."""
        self._lines = low, high
        self._seed, self._key = seed, (fan,) if fan else ()
        self._blocks = range(low // BLOCK, (high - 1) // BLOCK + 1)
        self._part = slice(low - self._blocks[0] * BLOCK, high - self._blocks[0] * BLOCK)
        self._next = -1  # the position that the generators stand at

    def at(self, position: int) -> NDArray[np.float64]:
        """(high - low,) float64, one for each line; cheapest one position after the other."""
        if position != self._next:
            self._generators = [self._generator(block, position) for block in self._blocks]
        drawn = [generator.random(BLOCK) for generator in self._generators]
        self._next = position + 1
        return np.concatenate(drawn)[self._part]

    def fanned(self, k: int) -> "Uniforms":
        """Return independent numbers for k lines in the place of each of these."""
        low, high = self._lines
        return Uniforms(self._seed, low * k, high * k, fan=k)

    def _generator(self, block: int, position: int) -> np.random.Generator:
        """The generator of a block, at a position: each number is one step of it."""
        bits = np.random.PCG64(np.random.SeedSequence((self._seed, block), spawn_key=self._key))
        return np.random.Generator(bits.advance(position * BLOCK))


class Sampler(Protocol):
    """Draws lines of one label, or of a model without labels."""

    def draw(
        self, uniforms: Uniforms, which: NDArray[np.intp], first: int, most: int
    ) -> NDArray[np.int32]:
        """Draw some of the lines that the uniform numbers are for.

        Args:
            uniforms: the numbers.
            which: (n,) the places of the lines among them.
            first: the position of a line's first number.
            most: characters a line may add to the prefix.

        Returns:
            (n, T) int32 ids, T at most most + 1, zero once a line has ended; where the last column
            is not zero, the line had not.
        """


class Frontier(Protocol):
    """The unfinished lines of a draw: each stands in a row of next-id distributions.

    Attributes:
        rows: (n,) the row of each unfinished line.
    """

    rows: Ints

    def table(self, position: int) -> CumulativeTable:
        """Return the rows' distributions after so many characters, summed up."""

    def advance(self, goes_on: NDArray[np.bool_], ids: Ints) -> None:
        """Drop the lines that ended and step the others by their ids."""


def draw_lines(
    frontier: Frontier, uniforms: Uniforms, which: NDArray[np.intp], first: int, most: int
) -> NDArray[np.int32]:
    """Draw lines character by character, from a frontier on: see `Sampler.draw`."""
    columns = []
    lines = np.arange(len(which))  # those that have not ended
    for position in range(most + 1):
        u = uniforms.at(first + position)[which[lines]]
        ids = inverse_cdf(frontier.table(position), frontier.rows, u)
        columns.append(column_of(ids, lines, len(which)))
        goes_on = ids != BOUNDARY
        lines = lines[goes_on]
        if not len(lines) or position == most:
            break
        frontier.advance(goes_on, ids[goes_on])
    return np.stack(columns, axis=1)


def column_of(ids: Ints, lines: Ints, n: int) -> NDArray[np.int32]:
    """(n,) int32, the ids drawn in the places of their lines, zero elsewhere."""
    column = np.zeros(n, np.int32)
    column[lines] = ids
    return column


class TableSampler:
    """Draws by looking up: for models that are compiled to an automaton."""

    def __init__(self, automaton: Automaton, shape: Shape, prefix: NDArray[np.int32]) -> None:
        """Begin every line with the prefix."""
        self._goto = automaton.goto
        self._table = cumulative_sums(shape.weights(automaton.log_probs))
        self._first = automaton.after(prefix)

    def draw(
        self, uniforms: Uniforms, which: NDArray[np.intp], first: int, most: int
    ) -> NDArray[np.int32]:
        """See `Sampler.draw`."""
        states = np.full(len(which), self._first, np.intp)
        frontier = StateFrontier(self._goto, states, lambda position, states: self._table)
        return draw_lines(frontier, uniforms, which, first, most)


class StateFrontier:
    """Unfinished lines in an automaton; a row for each state."""

    def __init__(
        self, goto: Ints, states: Ints, tables: Callable[[int, Ints], CumulativeTable]
    ) -> None:
        """Begin lines.

        Args:
            goto: (S, V) int32, the state after each id.
            states: (n,) the state of each line.
            tables: gives a (S, W) table for a position, in which these states' rows are filled.
        """
        self._goto, self._V, self._tables = goto.ravel(), goto.shape[1], tables
        self.rows = states

    def table(self, position: int) -> CumulativeTable:
        """See `Frontier.table`."""
        return self._tables(position, self.rows)

    def advance(self, goes_on: NDArray[np.bool_], ids: Ints) -> None:
        """See `Frontier.advance`."""
        self.rows = self._goto[self.rows[goes_on] * self._V + ids].astype(np.intp)
