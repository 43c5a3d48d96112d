"""The LSTM of `models.lstm` in NumPy, which starts in a fraction of the time that torch needs.

It computes the same states and probabilities, up to rounding, but cannot be trained.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.automaton import Automaton
from makemore.inference.likelihood import log_softmax
from makemore.inference.model import Tensors
from makemore.parallel import single_matrix_thread


class ArrayLSTM:
    """An LSTM that reads and predicts, from the tensors of `models.lstm.LSTM`."""

    window: int | None = None
    has_exact_rows = False

    def __init__(self, tensors: Tensors, label_count: int = 0) -> None:
        """Hold the tensors: C, W, U, b, V, d, and maybe `initial`; see `models.lstm.LSTM`."""
        self._tensors, self._hidden = tensors, tensors["U"].shape[0]
        self.vocabulary_size, self._has_labels = len(tensors["d"]), label_count > 0
        with single_matrix_thread():
            self._inputs = tensors["C"] @ tensors["W"] + tensors["b"]

    def first_state(self, n: int) -> Float32s:
        """Return (n, 2 H), the state before the first id of n lines."""
        state = np.zeros((n, 2 * self._hidden), np.float32)
        return state + self._tensors["initial"] if "initial" in self._tensors else state

    def read(self, ids: NDArray[np.int64], state: Float32s) -> Float32s:
        """Return (n, 2 H), the states after n lines have read (T, n) ids."""
        with single_matrix_thread():
            for row in ids:
                state = self._cell(self._inputs[row], state)
        return state

    def log_probs(self, c: Contexts) -> Float32s:
        """See `Model.log_probs`."""
        assert c.parent is not None, "whole prefixes are needed"
        states = np.empty((len(c), 2 * self._hidden), np.float32)
        with single_matrix_thread():
            for level, (low, high) in enumerate(pairwise(c.depth_starts.tolist())):
                before = states[c.parent[low:high]] if level else self.first_state(high - low)
                states[low:high] = self._cell(self._inputs[c.last[low:high]], before)
            return self._read_out(states)

    def start(self, n: int, label: int | None = None) -> tuple[Float32s, Float32s]:
        """See `Model.start`; the first id read is the label or, without labels, the boundary."""
        assert (label is not None) == self._has_labels, "a label if the model has labels"
        ids = np.full(n, BOUNDARY if label is None else label, np.int32)
        return self.step(ids, self.first_state(n))

    def step(self, ids: NDArray[np.int32], state: Float32s) -> tuple[Float32s, Float32s]:
        """See `Model.step`."""
        with single_matrix_thread():
            state = self._cell(self._inputs[ids], state)
            return self._read_out(state), state

    def automaton(self, max_states: int, label: int | None = None) -> Automaton | None:
        """See `Model.automaton`; None, because whole prefixes are too many states."""
        del max_states, label
        return None

    def tensors(self) -> Tensors:
        """See `Model.tensors`."""
        return self._tensors

    def _cell(self, x: Float32s, state: Float32s) -> Float32s:
        """Return the next (n, 2 H) states h and c; see `models.lstm`."""
        H = self._hidden
        gates = x + state[:, :H] @ self._tensors["U"]
        gates[:, : 3 * H] *= np.float32(0.5)  # sigma(x) = (1 + tanh(x / 2)) / 2
        np.tanh(gates, out=gates)
        i, f, o, g = np.split(gates, 4, axis=1)
        c = (np.float32(0.5) + np.float32(0.5) * f) * state[:, H:]
        c += (np.float32(0.5) + np.float32(0.5) * i) * g
        h = (np.float32(0.5) + np.float32(0.5) * o) * np.tanh(c)
        return np.concatenate([h, c], axis=1)

    def _read_out(self, state: Float32s) -> Float32s:
        """Return (n, V) log-probabilities."""
        return log_softmax(state[:, : self._hidden] @ self._tensors["V"] + self._tensors["d"])
