"""Temperature, top-k and top-p: what is done to the distribution of each free character."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from makemore.inference.likelihood import Floats


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

    def weights(self, log_probs: Floats) -> NDArray[np.float64]:
        """(n, V) float64, proportional to the shaped distributions; the largest of a row is 1."""
        weights: NDArray[np.float64] = np.exp(self._logits(log_probs))
        return self._cut(weights) if self._cuts else weights

    def probs(self, log_probs: Floats) -> NDArray[np.float64]:
        """(n, V) float64, the shaped distributions."""
        weights = self.weights(log_probs)
        probs: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
        return probs

    def log_probs(self, log_probs: Floats) -> NDArray[np.float64]:
        """(n, V) float64, the natural logarithms of the shaped distributions; none underflows."""
        logits = self._logits(log_probs)
        if self._cuts:
            logits[self._cut(np.exp(logits)) == 0] = -np.inf
        found: NDArray[np.float64] = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return found

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
