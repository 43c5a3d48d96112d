"""Drawing lines from a model: one endless stream of independent lines, fixed by the seed.

The uniform numbers of line i come from (seed, block of 4,096 lines, position), so line i depends on
the seed, on i and on the model. Where the rows of a model are not exact, its last digits depend on
the lines that are drawn beside it too: see `makemore.sampling.stream` and docs/determinism.md.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Ints, unique_inverse
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.automaton import Automaton
from makemore.inference.likelihood import Floats, Model, State

BLOCK = 4096  # lines that share a generator; changing it changes every seed's lines

Cumulative = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """What is done to the distribution of each free character.

    Attributes:
        temperature: log-probabilities are divided by it.
        top_k: only so many of the likeliest ids stay, or None for all.
        top_p: then only the likeliest ids that together reach this share stay, or None for all.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def cumulate(self, log_probs: Floats) -> Cumulative:
        """Shapes (n, V) log-probabilities and sums them up.

        Returns:
            (n, W) float64, ascending to 1, W a power of two not below V: the id that a uniform
            number u in [0, 1) draws is how many entries are at most u.
        """
        return cumulated(self._weigh(log_probs))

    def log_probs(self, log_probs: Floats) -> NDArray[np.float64]:
        """(n, V) float64, the natural logarithms of the shaped distributions; none underflows."""
        logits = self._logits(log_probs)
        if self._cuts:
            logits[self._cut(np.exp(logits)) == 0] = -np.inf
        found: NDArray[np.float64] = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return found

    def probs(self, log_probs: Floats) -> NDArray[np.float64]:
        """(n, V) float64, the shaped distributions."""
        weights = self._weigh(log_probs)
        probs: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
        return probs

    def _weigh(self, log_probs: Floats) -> NDArray[np.float64]:
        """(n, V) what the shaped distributions are proportional to."""
        weights: NDArray[np.float64] = np.exp(self._logits(log_probs))
        return self._cut(weights) if self._cuts else weights

    def _logits(self, log_probs: Floats) -> NDArray[np.float64]:
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
        """Drops what top-k and top-p leave out; equal probabilities go by id."""
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


def cumulated(weights: NDArray[np.float64]) -> Cumulative:
    """Sums up (n, V) weights, as `invert` needs them: see `Shape.cumulate`."""
    n, V = weights.shape
    width = 1 << (V - 1).bit_length()
    cumulative = np.ones((n, width))
    np.cumsum(weights, axis=1, out=cumulative[:, :V])
    cumulative[:, :V] /= cumulative[:, V - 1 : V].copy()
    return cumulative


class Uniforms:
    """Uniform numbers in [0, 1) for lines low to high of the stream, position by position."""

    def __init__(self, seed: int, low: int, high: int, fan: int = 0) -> None:
        """Finds the blocks that hold these lines."""
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
        """Other numbers, for k lines in the place of each of these."""
        low, high = self._lines
        return Uniforms(self._seed, low * k, high * k, fan=k)

    def _generator(self, block: int, position: int) -> np.random.Generator:
        """The generator of a block, at a position: each number is one step of it."""
        bits = np.random.PCG64(np.random.SeedSequence((self._seed, block), spawn_key=self._key))
        return np.random.Generator(bits.advance(position * BLOCK))


def invert(cumulative: Cumulative, row: Ints, u: NDArray[np.float64]) -> NDArray[np.intp]:
    """Counts, by halving, how many entries of its row are at most each u.

    Args:
        cumulative: (n, W), as `Shape.cumulate` gives it.
        row: (m,) the row of each u.
        u: (m,) uniform numbers in [0, 1).

    Returns:
        (m,) ids.
    """
    flat, width = cumulative.ravel(), cumulative.shape[1]
    at = row * width
    first = at.copy()
    half = width // 2
    while half:
        at += (flat[half - 1 :].take(at, mode="clip") <= u) * half  # clip: no second bounds check
        half //= 2
    found: NDArray[np.intp] = at - first
    return found


class Beginning(NamedTuple):
    """A model after the prefix that every line starts with.

    Attributes:
        log_probs: (1, V) float32, log-probabilities of the next id.
        state: the model's state, of one line.
        log_prob: natural log-probability of the prefix under the shaped distributions.
        uncut: the same without top-k and top-p.
    """

    log_probs: Floats
    state: State
    log_prob: float
    uncut: float

    @classmethod
    def of(cls, model: Model, shape: Shape, prefix: NDArray[np.int32], label: int | None) -> Self:
        """Step a model along a prefix, (p,) ids."""
        log_probs, state = model.start(1, label)
        log_prob = uncut = 0.0
        for i in prefix:
            log_prob += float(shape.log_probs(log_probs)[0, i])
            uncut += float(Shape(shape.temperature).log_probs(log_probs)[0, i])
            log_probs, state = model.step(np.array([i], np.int32), state)
        return cls(log_probs, state, log_prob, uncut)


class Walk:
    """Draws by asking the model, once for each distinct prefix among the lines being drawn.

    Lines that have come the same way share a row, yet each draws with a number of its own: they
    stay independent, exactly.
    """

    def __init__(self, model: Model, shape: Shape, beginning: Beginning) -> None:
        """Begins every line with the prefix."""
        self._model, self._shape = model, shape
        self._log_probs, self._state = beginning.log_probs, beginning.state

    def draw(
        self, uniforms: Uniforms, which: NDArray[np.intp], first: int, most: int
    ) -> NDArray[np.int32]:
        """Draws some of the lines that the uniform numbers are for.

        Args:
            uniforms: the numbers.
            which: (n,) the places of the lines among them.
            first: the position of a line's first number.
            most: characters a line may add to the prefix.

        Returns:
            (n, T) int32 ids, T at most most + 1, zero once a line has ended; where the last column
            is not zero, the line had not.
        """
        V = self._model.vocabulary_size
        columns = []
        lines = np.arange(len(which))
        group: Ints = np.zeros(len(which), np.intp)
        log_probs, state = self._log_probs, self._state
        for position in range(most + 1):
            u = uniforms.at(first + position)[which[lines]]
            drawn = invert(self._shape.cumulate(log_probs), group, u)
            columns.append(scattered(drawn, lines, len(which)))
            goes_on = drawn != BOUNDARY
            lines = lines[goes_on]
            if not len(lines) or position == most:
                break
            key, group = unique_inverse(group[goes_on] * V + drawn[goes_on], len(log_probs) * V)
            log_probs, state = self._model.step((key % V).astype(np.int32), state[key // V])
        return np.stack(columns, axis=1)


def scattered(drawn: Ints, lines: Ints, n: int) -> NDArray[np.int32]:
    """(n,) the ids drawn in their lines' places, zero elsewhere."""
    column = np.zeros(n, np.int32)
    column[lines] = drawn
    return column


class Table:
    """Draws by looking up: for models that can be written out as states."""

    def __init__(self, automaton: Automaton, shape: Shape, prefix: NDArray[np.int32]) -> None:
        """Begins every line with the prefix."""
        self._automaton = automaton
        self._cumulative = shape.cumulate(automaton.log_probs)
        self._first = automaton.after(prefix)

    def draw(
        self, uniforms: Uniforms, which: NDArray[np.intp], first: int, most: int
    ) -> NDArray[np.int32]:
        """See `Walk.draw`."""
        goto, V = self._automaton.goto.ravel(), self._automaton.goto.shape[1]
        columns = []
        lines, state = np.arange(len(which)), np.full(len(which), self._first, np.intp)
        for position in range(most + 1):
            drawn = invert(self._cumulative, state, uniforms.at(first + position)[which[lines]])
            columns.append(scattered(drawn, lines, len(which)))
            goes_on = drawn != BOUNDARY
            lines = lines[goes_on]
            if not len(lines):
                break
            state = goto[state[goes_on] * V + drawn[goes_on]].astype(np.intp)
        return np.stack(columns, axis=1)
