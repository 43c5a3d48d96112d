"""A linear interpolation of models, character by character.

    p(x | c) = sum over members m of w_m p_m(x | c)

The weights maximise the likelihood of held-out lines, which no member was fitted to. The update

    w_m <- mean over the characters x of those lines of  w_m p_m(x | c) / p(x | c)

never lowers the likelihood and is repeated until convergence.

Source: Jelinek and Mercer (1980), "Interpolated estimation of Markov source parameters from sparse
data"; the update is expectation-maximisation: Dempster, Laird and Rubin (1977), "Maximum likelihood
from incomplete data via the EM algorithm", section 4.3. Differs: one weight per member, the same in
every context.
"""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s
from makemore.contexts.table import Contexts
from makemore.inference.automaton import MAX_TABLE_ENTRIES, Automaton, product
from makemore.inference.likelihood import edge_log_probs
from makemore.inference.model import FamilyModel, Model, State, Tensors

_MEMBERS = "members."  # prefix of the names of the members' tensors
_MAX_ITERATIONS, _MIN_GAIN = 500, 1e-7  # maximum iterations; minimum gain, nats per character


class States:
    """The states of all members; rows are selected and repeated together."""

    def __init__(self, states: Sequence[State]) -> None:
        """Hold one state per member."""
        self.states = states

    def __getitem__(self, rows: NDArray[np.int64]) -> "States":
        """Select or repeat lines."""
        return States([state[rows] for state in self.states])


class Mixture:
    """A mixture of members, with equal weights unless they are given or fitted by `fit_weights`.

    Attributes:
        members: models with the same vocabulary and the same labels.
        weights: (members,) float64, with sum 1.
    """

    def __init__(
        self, members: Sequence[Model], weights: NDArray[np.float64] | None = None
    ) -> None:
        """Create a mixture of fitted or unfitted members; `weights=None` gives equal weights.

        Raises:
            ValueError: the number of weights is not the number of members, or a weight is negative.
        """
        self.members: list[Model] = list(members)
        windows = [member.window for member in self.members]
        bounded = [window for window in windows if window is not None]
        self.window = max(bounded) if len(bounded) == len(windows) else None
        self.vocabulary_size = self.members[0].vocabulary_size
        self.weights = np.full(len(self.members), 1 / len(self.members))
        if weights is not None:
            self.weights = self._check_weights(weights)

    def fit_weights(self, c: Contexts) -> Self:
        """Fit the weights to held-out lines by expectation-maximisation; return self."""
        self.weights = likeliest_weights(self.member_log_probs(c), c.count)
        return self

    def member_log_probs(self, c: Contexts) -> Float32s:
        """Compute each member's log-probability of every edge: (members, M), nats."""
        return np.stack([edge_log_probs(member, c) for member in self.members])

    @property
    def has_exact_rows(self) -> bool:
        """See `Model.has_exact_rows`."""
        return all(member.has_exact_rows for member in self.members)

    def log_probs(self, c: Contexts) -> Float32s:
        """See `Model.log_probs`."""
        return self._mix([member.log_probs(c) for member in self.members])

    def _mix(self, members_log_probs: list[Float32s]) -> Float32s:
        """Return (n, V) log-probabilities of the mixture of the members' distributions."""
        highest = np.maximum.reduce(members_log_probs)
        highest[np.isneginf(highest)] = 0.0  # subtracted from the exponents to avoid underflow
        probs = sum(
            np.exp(log_probs - highest) * np.float32(weight)
            for weight, log_probs in zip(self.weights, members_log_probs, strict=True)
        )
        with np.errstate(divide="ignore"):
            log_probs: Float32s = np.log(probs) + highest
        return log_probs

    def start(self, n: int, label: int | None = None) -> tuple[Float32s, States]:
        """See `Model.start`."""
        return self._join([member.start(n, label) for member in self.members])

    def step(self, ids: NDArray[np.int32], state: States) -> tuple[Float32s, States]:
        """See `Model.step`."""
        pairs = zip(self.members, state.states, strict=True)
        return self._join([member.step(ids, own) for member, own in pairs])

    def _join(self, steps: Sequence[tuple[Float32s, State]]) -> tuple[Float32s, States]:
        """Return the mixed log-probabilities, and the states, after a step of each member."""
        log_probs, states = zip(*steps, strict=True)
        return self._mix(list(log_probs)), States(states)

    def automaton(self, max_states: int, label: int | None = None) -> Automaton | None:
        """See `Model.automaton`; the product of the members' automata."""
        max_states = min(max_states, MAX_TABLE_ENTRIES // self.vocabulary_size)
        automata: list[Automaton] = []
        for member in self.members:
            automaton = member.automaton(max_states, label)
            if automaton is None:
                return None
            automata.append(automaton)
        initial, goto, _ = automata[0]
        states = [np.arange(len(goto))]
        for other in automata[1:]:
            pairs = product(goto, other.goto, (initial, other.initial), max_states)
            if pairs is None:
                return None
            states = [*(state[pairs.left] for state in states), pairs.right]
            initial, goto = 0, pairs.goto
        rows = [own.log_probs[state] for own, state in zip(automata, states, strict=True)]
        return Automaton(initial, goto, self._mix(rows))

    def tensors(self) -> Tensors:
        """See `Model.tensors`."""
        return self._pack([each.tensors() for each in self.members], {"weights": self.weights})

    def load(self, tensors: Tensors) -> Self:
        """See `FamilyModel.load`."""
        self.weights = self._check_weights(tensors["weights"])
        for number, (member, own) in enumerate(
            zip(self.members, self._member_tensors(tensors), strict=True)
        ):
            assert isinstance(member, FamilyModel), "a blend is loaded when it is built"
            self.members[number] = member.load(own)
        return self

    def resize_tensors(self, tensors: Tensors, ids: NDArray[np.int64]) -> Tensors:
        """See `FamilyModel.resize_tensors`."""
        members_tensors = []
        for member, own in zip(self.members, self._member_tensors(tensors), strict=True):
            assert isinstance(member, FamilyModel), "a blend cannot be trained further"
            members_tensors.append(member.resize_tensors(own, ids))
        own = {n: value for n, value in tensors.items() if not n.startswith(_MEMBERS)}
        return self._pack(members_tensors, own)

    def _member_tensors(self, tensors: Tensors) -> list[Tensors]:
        """Return the tensors of each member."""
        return [member_tensors(tensors, number) for number in range(len(self.members))]

    def _check_weights(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weights if there is one per member and none is negative, or raise."""
        if weights.shape != (len(self.members),) or not (weights >= 0).all():
            raise ValueError(f"{len(self.members)} members need as many weights of 0 or more")
        return weights

    @staticmethod
    def _pack(members_tensors: list[Tensors], own: Tensors) -> Tensors:
        """Return the members' tensors, prefixed with the member's number, and the mixture's own."""
        tensors = dict(own)
        for number, each in enumerate(members_tensors):
            tensors |= {f"{_MEMBERS}{number}.{name}": value for name, value in each.items()}
        return tensors


def member_tensors(tensors: Tensors, number: int) -> Tensors:
    """Return one member's tensors from those that `Mixture.tensors` returned."""
    prefix = f"{_MEMBERS}{number}."
    return {n.removeprefix(prefix): v for n, v in tensors.items() if n.startswith(prefix)}


def likeliest_weights(log_probs: Float32s, count: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the maximum-likelihood weights of a mixture by expectation-maximisation.

    Args:
        log_probs: (members, M) natural log-probabilities of M characters under each member.
        count: (M,) how often each character occurs.

    Returns:
        (members,) float64, at least 0, with sum 1. The weights are equal if every character has
        probability zero under every member.

    Example:
        >>> often, seldom = np.log([[0.8, 0.2], [0.2, 0.8]]).astype(np.float32)
        >>> likeliest_weights(np.stack([often, seldom]), np.array([65.0, 35.0])).round(3).tolist()
        [0.75, 0.25]
    """
    highest = log_probs.max(axis=0).astype(np.float64)
    highest[~np.isfinite(highest)] = 0.0
    probs = np.exp(log_probs - highest)  # this subtracts a constant from the loss
    is_possible = probs.any(axis=0)
    if not is_possible.any():
        return np.full(len(probs), 1 / len(probs))
    probs, frequency = probs[:, is_possible], count[is_possible] / count[is_possible].sum()
    weights, previous = np.full(len(probs), 1 / len(probs)), -np.inf
    for _ in range(_MAX_ITERATIONS):
        mixture = mix(weights, probs)
        current = float((frequency * np.log(mixture)).sum())
        if current - previous < _MIN_GAIN:
            break
        weights, previous = weights * (probs * (frequency / mixture)).sum(axis=1), current
    result: NDArray[np.float64] = weights / weights.sum()
    return result


def likeliest_mixture(
    log_probs: Float32s, count: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Return the weights of `likeliest_weights`, and the loss of that mixture in nats.

    Args:
        log_probs: see `likeliest_weights`.
        count: see `likeliest_weights`.
    """
    weights = likeliest_weights(log_probs, count)
    with np.errstate(divide="ignore"):
        mixed = np.log(mix(weights, np.exp(log_probs.astype(np.float64))))
    return weights, float(-(count * mixed).sum() / count.sum())


def mix(weights: NDArray[np.float64], probs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mix (members, M) probabilities with (members,) weights; return (M,) float64.

    It is not a matrix product: NumPy would compute that in the threads of its BLAS, which wait for
    each other, and beside other processes take many times as long.
    """
    mixed: NDArray[np.float64] = (weights[:, None] * probs).sum(axis=0)
    return mixed
