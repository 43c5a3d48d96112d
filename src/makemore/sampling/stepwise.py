"""Sampling from a model that is evaluated step by step, once for each distinct prefix."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s, Ints, unique_inverse
from makemore.inference.model import Model, State
from makemore.sampling.samplers import (
    CumulativeTable,
    Uniforms,
    Warper,
    cumulative_sums,
    draw_lines,
)


class PrefixState(NamedTuple):
    """A model after the prefix that every line starts with.

    Attributes:
        log_probs: (1, V) float32, log-probabilities of the next id.
        state: the model's state, for one line.
        log_prob: natural log-probability of the prefix under the warped distributions.
        untruncated_log_prob: the same with the temperature only, without top-k and top-p.
    """

    log_probs: Float32s
    state: State
    log_prob: float
    untruncated_log_prob: float

    @classmethod
    def of(cls, model: Model, warper: Warper, prefix: NDArray[np.int32], label: int | None) -> Self:
        """Return the model after stepping it along a prefix of (p,) ids."""
        log_probs, state = model.start(1, label)
        log_prob = untruncated_log_prob = 0.0
        for i in prefix:
            log_prob += float(warper.log_probs(log_probs)[0, i])
            untruncated_log_prob += float(Warper(warper.temperature).log_probs(log_probs)[0, i])
            log_probs, state = model.step(np.array([i], np.int32), state)
        return cls(log_probs, state, log_prob, untruncated_log_prob)


class StepwiseSampler:
    """A sampler that evaluates the model once for each distinct prefix among the lines drawn.

    Lines with the same prefix share a row of the model, but each draws with its own uniform number,
    so they are independent.
    """

    def __init__(self, model: Model, warper: Warper, prefix_state: PrefixState) -> None:
        """Start every line after the prefix."""
        self._model, self._warper, self._prefix_state = model, warper, prefix_state

    def draw(
        self,
        uniforms: Uniforms,
        indices: NDArray[np.intp],
        first_position: int,
        max_characters: int,
    ) -> NDArray[np.int32]:
        """See `Sampler.draw`."""
        frontier = PrefixFrontier(self._model, self._warper, self._prefix_state, len(indices))
        return draw_lines(frontier, uniforms, indices, first_position, max_characters)


class PrefixFrontier:
    """A frontier of lines in a model, with one table row for each distinct prefix."""

    def __init__(self, model: Model, warper: Warper, prefix_state: PrefixState, n: int) -> None:
        """Start n lines after the prefix."""
        self._model, self._warper = model, warper
        self._log_probs, self._state = prefix_state.log_probs, prefix_state.state
        self.rows: Ints = np.zeros(n, np.intp)

    def table(self, position: int) -> CumulativeTable:
        """See `Frontier.table`."""
        return cumulative_sums(self._warper.weights(self._log_probs))

    def advance(self, is_unfinished: NDArray[np.bool_], ids: Ints) -> None:
        """See `Frontier.advance`."""
        V = self._model.vocabulary_size
        prefixes = self.rows[is_unfinished] * V + ids
        keys, self.rows = unique_inverse(prefixes, len(self._log_probs) * V)
        ids, parents = (keys % V).astype(np.int32), keys // V
        self._log_probs, self._state = self._model.step(ids, self._state[parents])
