"""Samplers, which draw lines of one endless stream of independent lines, fixed by the seed.

The uniform numbers of line i come from (seed, block of 4,096 lines, position), so line i depends
only on the seed, on i and on the model. If the model's rows are not exact, their last digits also
depend on the other lines of the batch: see `makemore.sampling.stream` and docs/determinism.md.

Each id is drawn by inverting the cumulative distribution function of its row,

    id = min {x : F(x) > u}        F(x) = sum over y <= x of p(y)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s, Ints
from makemore.corpus.vocabulary import BOUNDARY

BLOCK = 4096  # lines that share a generator; changing it changes every seed's lines
_FEW_ENTRIES = 4096  # in the rows to draw from, up to which a count is faster than binary search

CumulativeTable = NDArray[np.float64]


def table_width(vocabulary_size: int) -> int:
    """Return the number of columns of a cumulative table: the next power of two."""
    return 1 << (vocabulary_size - 1).bit_length()


def cumulative_sums(weights: NDArray[np.float64]) -> CumulativeTable:
    """Compute the cumulative distribution function of each row of weights.

    Args:
        weights: (n, V) float64, not negative, with a positive sum in each row.

    Returns:
        (n, W) float64, each row ascending to 1; W is `table_width(V)`.

    Example:
        >>> cumulative_sums(np.array([[1.0, 0.0, 3.0]])).tolist()
        [[0.25, 0.25, 1.0, 1.0]]
    """
    n, V = weights.shape
    # The binary search of `inverse_cdf` needs a width that is a power of two. The columns beyond V
    # are 1, above every uniform number, so their ids are never drawn.
    table = np.ones((n, table_width(V)))
    np.cumsum(weights, axis=1, out=table[:, :V])
    table[:, :V] /= table[:, V - 1 : V].copy()
    return table


def inverse_cdf(table: CumulativeTable, rows: Ints, uniforms: NDArray[np.float64]) -> Ints:
    """Draw an id from a row of a table for each uniform number: binary search, or a count if few.

    Args:
        table: (n, W), the result of `cumulative_sums`.
        rows: (m,) the row to draw from with each number.
        uniforms: (m,) float64 in [0, 1).

    Returns:
        (m,) ids: for each number, the number of entries of its row that are at most it.

    Example:
        >>> table = cumulative_sums(np.array([[1.0, 0.0, 3.0]]))
        >>> inverse_cdf(table, np.array([0, 0, 0]), np.array([0.0, 0.25, 0.9])).tolist()
        [0, 2, 2]
    """
    width = table.shape[1]
    if len(rows) * width <= _FEW_ENTRIES:
        count: Ints = (table[rows] <= uniforms[:, None]).sum(axis=1)
        return count
    flat = table.ravel()
    positions = rows * width
    row_starts = positions.copy()
    half = width // 2
    while half:
        # No index is out of bounds; mode="clip" skips a second bounds check.
        positions += (flat[half - 1 :].take(positions, mode="clip") <= uniforms) * half
        half //= 2
    ids: NDArray[np.intp] = positions - row_starts
    return ids


@dataclass(frozen=True)
class Warper:
    """Temperature, top-k and top-p: the changes to each next-id distribution.

    Attributes:
        temperature: divisor of the log-probabilities.
        top_k: number of most likely ids to keep; None to keep all.
        top_p: after top-k, keep the smallest set of most likely ids whose total probability reaches
            this share; None to keep all.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def weights(self, log_probs: Float32s) -> NDArray[np.float64]:
        """Return (n, V) float64 unnormalised warped probabilities; the largest of a row is 1."""
        weights: NDArray[np.float64] = np.exp(self._logits(log_probs))
        return self._truncate(weights) if self._is_truncated else weights

    def probs(self, log_probs: Float32s) -> NDArray[np.float64]:
        """Return (n, V) float64, the warped distributions."""
        weights = self.weights(log_probs)
        probs: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
        return probs

    def log_probs(self, log_probs: Float32s) -> NDArray[np.float64]:
        """Return (n, V) float64 natural logarithms of the warped distributions, without underflow.

        Ids that top-k or top-p exclude get -inf.
        """
        logits = self._logits(log_probs)
        if self._is_truncated:
            logits[self._truncate(np.exp(logits)) == 0] = -np.inf
        result: NDArray[np.float64] = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return result

    def _logits(self, log_probs: Float32s) -> NDArray[np.float64]:
        """Return (n, V) log-probabilities over the temperature; the largest of each row is 0."""
        logits = log_probs.astype(np.float64) / self.temperature
        with np.errstate(invalid="ignore"):
            logits -= logits.max(axis=1, keepdims=True)
        return logits

    @property
    def _is_truncated(self) -> bool:
        """Whether top-k or top-p is set."""
        return self.top_k is not None or self.top_p is not None

    def _truncate(self, probs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Set the ids that top-k and top-p exclude to zero; ties go to the smaller id."""
        order = np.argsort(-probs, axis=1, kind="stable")
        ordered = np.take_along_axis(probs, order, axis=1)
        if self.top_k is not None:
            ordered[:, self.top_k :] = 0.0
        if self.top_p is not None:
            share = np.cumsum(ordered, axis=1) / ordered.sum(axis=1, keepdims=True)
            previous = np.concatenate([np.zeros((len(probs), 1)), share[:, :-1]], axis=1)
            is_excluded = previous >= self.top_p
            is_excluded[:, 0] = False
            ordered[is_excluded] = 0.0
        np.put_along_axis(probs, order, ordered, axis=1)
        return probs


class Uniforms:
    """Uniform random numbers in [0, 1): one per position for each line of a range of the stream.

    Attributes:
        low: index of the first line in the stream.
        high: index after the last line.
    """

    def __init__(self, seed: int, low: int, high: int, spawn_key: int = 0) -> None:
        """Start before position 0 of lines low to high; `spawn_key` selects another stream."""
        self.low, self.high = low, high
        self._seed, self._key = seed, (spawn_key,) if spawn_key else ()
        self._next = -1  # the position that the generators draw next

    def __len__(self) -> int:
        """Return the number of lines."""
        return self.high - self.low

    def at(self, position: int) -> NDArray[np.float64]:
        """Return the numbers of a position, one for each line: (high - low,) float64.

        Consecutive positions are fastest: any other position rebuilds the generators.
        """
        if position != self._next:
            self._parts = [
                _BlockPart(self._seed, self._key, block, self._lines_in(block), position)
                for block in range(self.low // BLOCK, (self.high - 1) // BLOCK + 1)
            ]
        self._next = position + 1
        if len(self._parts) == 1:
            return self._parts[0].next()
        return np.concatenate([part.next() for part in self._parts])

    def spawn(self, k: int) -> "Uniforms":
        """Return an independent stream with k lines for each line of this one."""
        return Uniforms(self._seed, self.low * k, self.high * k, spawn_key=k)

    def _lines_in(self, block: int) -> slice:
        """Return which lines of a block are in the range."""
        return slice(max(self.low - block * BLOCK, 0), min(self.high - block * BLOCK, BLOCK))


class _BlockPart:
    """The generator of some lines of a block; each number takes one step of it."""

    def __init__(
        self, seed: int, key: tuple[int, ...], block: int, lines: slice, position: int
    ) -> None:
        bits = np.random.PCG64(np.random.SeedSequence((seed, block), spawn_key=key))
        bits.advance(position * BLOCK + lines.start)
        self._count = lines.stop - lines.start
        self._random, self._skip = np.random.Generator(bits).random, bits.advance

    def next(self) -> NDArray[np.float64]:
        """Return the numbers of the next position."""
        numbers: NDArray[np.float64] = self._random(self._count)
        self._skip(BLOCK - self._count)
        return numbers


class Sampler(Protocol):
    """A method of drawing lines of one label, or of a model without labels."""

    def draw(
        self,
        uniforms: Uniforms,
        indices: NDArray[np.intp],
        first_position: int,
        max_characters: int,
    ) -> NDArray[np.int32]:
        """Draw some of the lines that the uniform numbers cover.

        Args:
            uniforms: the uniform numbers.
            indices: (n,) indices of the lines to draw, within the range of `uniforms`.
            first_position: the position of the first number that a line uses.
            max_characters: maximum number of characters after the prefix.

        Returns:
            (n, T) int32 ids, T at most max_characters + 1, zero from the end of a line on. If the
            last column of a row is not zero, its line has not ended.
        """


class Frontier(Protocol):
    """The unfinished lines of a draw, each with its row in a table of next-id distributions.

    Attributes:
        rows: (n,) the row of each unfinished line.
    """

    rows: Ints

    def table(self, position: int) -> CumulativeTable:
        """Return the cumulative table of the rows after `position` characters."""

    def advance(self, is_unfinished: NDArray[np.bool_], ids: Ints) -> None:
        """Drop the lines that ended and step the others by their ids."""


def draw_lines(
    frontier: Frontier,
    uniforms: Uniforms,
    indices: NDArray[np.intp],
    first_position: int,
    max_characters: int,
) -> NDArray[np.int32]:
    """Draw lines character by character, starting from a frontier: see `Sampler.draw`."""
    columns = []
    lines = np.arange(len(indices))  # indices of the unfinished lines
    for position in range(max_characters + 1):
        u = uniforms.at(first_position + position)[indices[lines]]
        ids = inverse_cdf(frontier.table(position), frontier.rows, u)
        columns.append(scatter_ids(ids, lines, len(indices)))
        is_unfinished = ids != BOUNDARY
        lines = lines[is_unfinished]
        if not len(lines) or position == max_characters:
            break
        frontier.advance(is_unfinished, ids[is_unfinished])
    return np.stack(columns, axis=1)


def scatter_ids(ids: Ints, lines: Ints, n: int) -> NDArray[np.int32]:
    """Return (n,) int32, the ids at the indices of their lines and zero elsewhere."""
    column = np.zeros(n, np.int32)
    column[lines] = ids
    return column


class StateFrontier:
    """A frontier of lines in an automaton, with one table row for each state."""

    def __init__(
        self, goto: Ints, states: Ints, tables: Callable[[int, Ints], CumulativeTable]
    ) -> None:
        """Start n lines.

        Args:
            goto: (S, V) int32, the state after each id.
            states: (n,) the initial state of each line.
            tables: function of a position and the current states. It returns a (S, W) cumulative
                table in which at least the rows of these states are filled.
        """
        self._goto, self._V, self._tables = goto.ravel(), goto.shape[1], tables
        self.rows = states

    def table(self, position: int) -> CumulativeTable:
        """See `Frontier.table`."""
        return self._tables(position, self.rows)

    def advance(self, is_unfinished: NDArray[np.bool_], ids: Ints) -> None:
        """See `Frontier.advance`."""
        self.rows = self._goto[self.rows[is_unfinished] * self._V + ids].astype(np.intp)
