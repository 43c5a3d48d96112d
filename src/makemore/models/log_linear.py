"""A log-linear interpolation of models: the product of their probabilities, normalised.

    p(x | c) = product over members m of p_m(x | c) ^ e_m(n) / Z(c)

n is the known length of the context c: how many of its latest characters have been counted in this
order by the count model with the largest window. A character is likely only if no member with a
large exponent finds it unlikely, so the errors of one member are rare in samples, while a linear
interpolation keeps a share of all of them.

The exponents e maximise the likelihood of held-out lines. It is concave in them: Newton's method
finds the maximum. A Gaussian prior draws those of all contexts towards equal ones with sum 1, and
those of each length towards those of all contexts.

Source: Klakow (1998), "Log-linear interpolation of language models", Proceedings of ICSLP, paper
0522. Differs: the exponents depend on the known length and have a prior. Products of models that
are trained together: Hinton (2002), "Training products of experts by minimizing contrastive
divergence", Neural Computation 14, 1771-1800.
"""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s, Ids, Ints
from makemore.contexts.table import Contexts
from makemore.inference.automaton import Automaton
from makemore.inference.likelihood import character_rows, log_softmax
from makemore.inference.model import BackoffModel, Model, State, Tensors
from makemore.models.mixture import Mixture, States

_LEAST = np.float32(-30.0)  # log-probability to which smaller ones are raised
# Strength of the priors: a squared distance of 1 costs half as many nats.
_PRIOR, _PRIOR_OF_A_LENGTH = 50.0, 200.0
_MAX_ITERATIONS, _MIN_GAIN = 30, 1e-6  # maximum iterations; minimum gain, nats per character


class LogLinearMixture(Mixture):
    """A log-linear mixture of members, of which one at least is a back-off model.

    Attributes:
        exponents: (L, members) float64, the exponents where so many of the latest characters are
            known, in the last row L - 1 or more.
        weights: (members,) float64, the weights of the linear mixture of the same members; a blend
            uses them.
    """

    def __init__(
        self,
        members: Sequence[Model],
        weights: NDArray[np.float64],
        exponents: NDArray[np.float64],
    ) -> None:
        """Create a log-linear mixture of fitted members.

        Raises:
            ValueError: the number of weights or exponents is not the number of members, a weight is
                negative, an exponent is not a number, or no member tells the known length.
        """
        super().__init__(members, weights)
        self.exponents = self._check_exponents(exponents)

    def log_probs(self, c: Contexts) -> Float32s:
        """See `Model.log_probs`."""
        back = c.lookback(self._longest.window)
        return self._multiply([member.log_probs(c) for member in self.members], back)

    def _join(self, steps: Sequence[tuple[Float32s, State]]) -> tuple[Float32s, States]:
        """See `Mixture._join`; the state of a count model is its windows."""
        log_probs, states = zip(*steps, strict=True)
        pairs = zip(self.members, states, strict=True)
        back = next(own for member, own in pairs if member is self._longest)
        return self._multiply(list(log_probs), back), States(states)

    def _multiply(self, log_probs: list[Float32s], back: Ids) -> Float32s:
        """Return (n, V) log-probabilities of the normalised product after (n, K) windows."""
        length = np.minimum(self._longest.known_length(back), len(self.exponents) - 1)
        return combine(np.stack(log_probs), self.exponents[length])

    @property
    def _longest(self) -> BackoffModel:
        """The member with the largest window that tells the known length."""
        telling = [member for member in self.members if isinstance(member, BackoffModel)]
        return max(telling, key=lambda member: member.window)

    def refitted(self, c: Contexts, weights: NDArray[np.float64]) -> "LogLinearMixture":
        """Return the mixture with exponents for held-out lines, and with these linear weights."""
        rows = np.stack([character_rows(member, c) for member in self.members])
        length, count = self._longest.known_lengths(c), np.repeat(c.line_weight, np.diff(c.start))
        exponents = likeliest_exponents(rows, c.next[c.edge], count, length)
        return LogLinearMixture(self.members, weights, exponents)

    def without(self, index: int) -> Model | None:
        """Return the mixture with a member's exponents at 0; None if no other member is left."""
        exponents = self.exponents.copy()
        exponents[:, index] = 0.0
        return LogLinearMixture(self.members, self.weights, exponents) if exponents.any() else None

    def automaton(self, max_states: int, label: int | None = None) -> Automaton | None:
        """See `Model.automaton`; None, because networks are members."""
        del max_states, label
        return None

    def tensors(self) -> Tensors:
        """See `Model.tensors`."""
        return {**super().tensors(), "exponents": self.exponents}

    def load(self, tensors: Tensors) -> Self:
        """See `FamilyModel.load`."""
        super().load(tensors)
        self.exponents = self._check_exponents(tensors["exponents"])
        return self

    def _check_exponents(self, exponents: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the exponents if there are one or more rows of one per member, or raise."""
        is_table = exponents.ndim == 2 and len(exponents) > 0
        if not is_table or exponents.shape[1] != len(self.members):
            raise ValueError(f"{len(self.members)} members need rows of as many exponents")
        if not np.isfinite(exponents).all():
            raise ValueError("an exponent is not a number")
        if not any(isinstance(member, BackoffModel) for member in self.members):
            raise ValueError("exponents depend on the known length, which no member tells")
        return exponents


def combine(log_probs: Float32s, exponents: NDArray[np.float64]) -> Float32s:
    """Return (n, V) float32 log-probabilities of the normalised product.

    Args:
        log_probs: (members, n, V) natural log-probabilities.
        exponents: (n, members) or, if they are equal everywhere, (1, members).

    Example:
        >>> probs = np.array([[[0.8, 0.2]], [[0.5, 0.5]]])
        >>> product = combine(np.log(probs).astype(np.float32), np.array([[0.5, 0.5]]))
        >>> np.exp(product).astype(float).round(3).tolist()
        [[0.667, 0.333]]
    """
    return _product(np.maximum(log_probs, _LEAST), exponents)


def _product(features: Float32s, exponents: NDArray[np.float64]) -> Float32s:
    """Return what `combine` does, given log-probabilities that are all finite."""
    powers = exponents.T[:, :, None].astype(np.float32)
    total: Float32s = (powers * features).sum(axis=0)
    return log_softmax(total)


def likeliest_exponents(
    log_probs: Float32s, following: Ints, count: NDArray[np.float64], length: Ints
) -> NDArray[np.float64]:
    """Compute the exponents for each known length up to the largest one, L - 1.

    Args:
        log_probs: (members, M, V) natural log-probabilities after M contexts; M is 1 or more.
        following: (M,) the id that follows each context.
        count: (M,) how often it does.
        length: (M,) the known length of each context.

    Returns:
        (L, members) float64.
    """
    equal = np.full(len(log_probs), 1 / len(log_probs))
    features, count = np.maximum(log_probs, _LEAST), count / count.mean()
    common = maximise(features, following, count, equal, _PRIOR)
    is_length = length == np.arange(length.max() + 1)[:, None]
    return np.stack(
        [
            maximise(features[:, rows], following[rows], count[rows], common, _PRIOR_OF_A_LENGTH)
            for rows in is_length
        ]
    )


def maximise(
    features: Float32s,
    following: Ints,
    count: NDArray[np.float64],
    start: NDArray[np.float64],
    strength: float,
) -> NDArray[np.float64]:
    """Return the (members,) exponents of the highest likelihood with a prior.

    Args:
        features: (members, M, V) natural log-probabilities, all finite.
        following: see `likeliest_exponents`.
        count: see `likeliest_exponents`.
        start: (members,) the centre of the prior.
        strength: its strength: a squared distance of 1 from the centre costs half as many nats.
    """
    observed = features[:, np.arange(len(following)), following].astype(np.float64)

    def objective(exponents: NDArray[np.float64]) -> tuple[float, Float32s]:
        log_probs = _product(features, exponents[None])
        chosen = log_probs[np.arange(len(following)), following]
        distance = float(((exponents - start) ** 2).sum())
        return float((count * chosen).sum()) - strength / 2 * distance, log_probs

    exponents, (value, log_probs) = start, objective(start)
    for _ in range(_MAX_ITERATIONS):
        probs = np.exp(log_probs)
        expected = (probs * features).sum(axis=2, dtype=np.float64)
        gradient = (count * (observed - expected)).sum(axis=1) - strength * (exponents - start)
        step = np.linalg.solve(_curvature(features, probs, expected, count, strength), gradient)
        new, new_log_probs = objective(exponents + step)
        while new < value and np.abs(step).max() > 1e-6:
            step = step / 2
            new, new_log_probs = objective(exponents + step)
        if new - value < _MIN_GAIN * max(1.0, count.sum()):
            break
        exponents, value, log_probs = exponents + step, new, new_log_probs
    return exponents


def _curvature(
    features: Float32s,
    probs: Float32s,
    expected: NDArray[np.float64],
    count: NDArray[np.float64],
    strength: float,
) -> NDArray[np.float64]:
    """Return the matrix of the negative second derivatives of the objective.

    Args:
        features: see `likeliest_exponents`.
        probs: (M, V) probabilities of the mixture.
        expected: (members, M) means of the features under them.
        count: see `likeliest_exponents`.
        strength: strength of the prior.

    Returns:
        (members, members) float64.
    """
    size = len(features)
    covariance = np.zeros((size, size))
    for a in range(size):
        weighted = probs * features[a]
        for b in range(a + 1):
            product = (weighted * features[b]).sum(axis=1, dtype=np.float64)
            covariance[a, b] = (count * (product - expected[a] * expected[b])).sum()
    return covariance + np.tril(covariance, -1).T + strength * np.eye(size)
