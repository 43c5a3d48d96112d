"""Sampling from a model that is evaluated step by step, once for each distinct prefix."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s, Ints, unique_inverse
from makemore.inference.model import Model, State
from makemore.sampling.samplers import (
    CumulativeTable,
    Shape,
    Uniforms,
    cumulative_sums,
    draw_lines,
)


class Beginning(NamedTuple):
    """A model after the prefix that every line starts with.

    Attributes:
        log_probs: (1, V) float32, log-probabilities of the next id.
        state: the model's state, for one line.
        log_prob: natural log-probability of the prefix under the shaped distributions.
        uncut: the same with the temperature only, without top-k and top-p.
    """

    log_probs: Float32s
    state: State
    log_prob: float
    uncut: float

    @classmethod
    def of(cls, model: Model, shape: Shape, prefix: NDArray[np.int32], label: int | None) -> Self:
        """Return the model after stepping it along a prefix of (p,) ids."""
        log_probs, state = model.start(1, label)
        log_prob = uncut = 0.0
        for i in prefix:
            log_prob += float(shape.log_probs(log_probs)[0, i])
            uncut += float(Shape(shape.temperature).log_probs(log_probs)[0, i])
            log_probs, state = model.step(np.array([i], np.int32), state)
        return cls(log_probs, state, log_prob, uncut)


class WalkSampler:
    """A sampler that evaluates the model once for each distinct prefix among the lines drawn.

    Lines with the same prefix share a row of the model, but each draws with its own uniform number,
    so they are independent.
    """

    def __init__(self, model: Model, shape: Shape, beginning: Beginning) -> None:
        """Start every line after the prefix."""
        self._model, self._shape, self._beginning = model, shape, beginning

    def draw(
        self, uniforms: Uniforms, which: NDArray[np.intp], first: int, most: int
    ) -> NDArray[np.int32]:
        """See `Sampler.draw`."""
        frontier = PrefixFrontier(self._model, self._shape, self._beginning, len(which))
        return draw_lines(frontier, uniforms, which, first, most)


class PrefixFrontier:
    """A frontier of lines in a model, with one table row for each distinct prefix."""

    def __init__(self, model: Model, shape: Shape, beginning: Beginning, n: int) -> None:
        """Start n lines after the prefix."""
        self._model, self._shape = model, shape
        self._log_probs, self._state = beginning.log_probs, beginning.state
        self.rows: Ints = np.zeros(n, np.intp)

    def table(self, position: int) -> CumulativeTable:
        """See `Frontier.table`."""
        return cumulative_sums(self._shape.weights(self._log_probs))

    def advance(self, goes_on: NDArray[np.bool_], ids: Ints) -> None:
        """See `Frontier.advance`."""
        V = self._model.vocabulary_size
        prefixes = self.rows[goes_on] * V + ids
        distinct, self.rows = unique_inverse(prefixes, len(self._log_probs) * V)
        ids, before = (distinct % V).astype(np.int32), distinct // V
        self._log_probs, self._state = self._model.step(ids, self._state[before])
