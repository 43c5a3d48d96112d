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

from makemore.arrays import AnyArray, Float32s
from makemore.contexts.table import Contexts
from makemore.inference.automaton import MAX_TABLE_ENTRIES, Automaton, product
from makemore.inference.likelihood import edge_log_probs
from makemore.inference.model import FamilyModel, Model, State, Tensors

_ROUNDS, _ENOUGH = 500, 1e-7  # maximum iterations; minimum gain, nats per character


class States:
    """The states of all members; rows are selected and repeated together."""

    def __init__(self, each: Sequence[State]) -> None:
        """Hold one state per member."""
        self.each = each

    def __getitem__(self, rows: NDArray[np.int64]) -> "States":
        """Select or repeat lines."""
        return States([state[rows] for state in self.each])


class Mixture:
    """A mixture of members, with equal weights unless they are given or fitted by `weigh`.

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
            self.weights = self._checked(weights)

    def weigh(self, c: Contexts) -> Self:
        """Fit the weights to held-out lines by expectation-maximisation; return self."""
        each = np.stack([edge_log_probs(member, c) for member in self.members])
        self.weights = likeliest_weights(each, c.count)
        return self

    @property
    def has_exact_rows(self) -> bool:
        """See `Model.has_exact_rows`."""
        return all(member.has_exact_rows for member in self.members)

    def log_probs(self, c: Contexts) -> Float32s:
        """See `Model.log_probs`."""
        return self._mixed([member.log_probs(c) for member in self.members])

    def _mixed(self, each: list[Float32s]) -> Float32s:
        """Return (n, V) log-probabilities of the mixture of the members' distributions."""
        best = np.maximum.reduce(each)
        best[np.isneginf(best)] = 0.0  # subtracted from the exponents to avoid underflow
        probs = sum(
            np.exp(log_probs - best) * np.float32(weight)
            for weight, log_probs in zip(self.weights, each, strict=True)
        )
        with np.errstate(divide="ignore"):
            log_probs: Float32s = np.log(probs) + best
        return log_probs

    def start(self, n: int, label: int | None = None) -> tuple[Float32s, States]:
        """See `Model.start`."""
        each, states = zip(*(member.start(n, label) for member in self.members), strict=True)
        return self._mixed(list(each)), States(states)

    def step(self, ids: NDArray[np.int32], state: States) -> tuple[Float32s, States]:
        """See `Model.step`."""
        went = [member.step(ids, own) for member, own in zip(self.members, state.each, strict=True)]
        each, states = zip(*went, strict=True)
        return self._mixed(list(each)), States(states)

    def automaton(self, max_states: int, label: int | None = None) -> Automaton | None:
        """See `Model.automaton`; the product of the members' automata."""
        max_states = min(max_states, MAX_TABLE_ENTRIES // self.vocabulary_size)
        each: list[Automaton] = []
        for member in self.members:
            automaton = member.automaton(max_states, label)
            if automaton is None:
                return None
            each.append(automaton)
        first, goto, _ = each[0]
        states = [np.arange(len(goto))]
        for other in each[1:]:
            both = product(goto, other.goto, (first, other.initial), max_states)
            if both is None:
                return None
            states = [*(state[both.left] for state in states), both.right]
            first, goto = 0, both.goto
        rows = [own.log_probs[state] for own, state in zip(each, states, strict=True)]
        return Automaton(first, goto, self._mixed(rows))

    def tensors(self) -> Tensors:
        """See `Model.tensors`."""
        return self._packed([member.tensors() for member in self.members], self.weights)

    def load(self, tensors: Tensors) -> Self:
        """See `FamilyModel.load`."""
        self.weights = self._checked(tensors["weights"])
        for number, (member, own) in enumerate(zip(self.members, self._each(tensors), strict=True)):
            assert isinstance(member, FamilyModel), "a blend is built with its tensors"
            self.members[number] = member.load(own)
        return self

    def resize_tensors(self, tensors: Tensors, ids: NDArray[np.int64]) -> Tensors:
        """See `FamilyModel.resize_tensors`."""
        packed = []
        for member, own in zip(self.members, self._each(tensors), strict=True):
            assert isinstance(member, FamilyModel), "a blend does not continue"
            packed.append(member.resize_tensors(own, ids))
        return self._packed(packed, tensors["weights"])

    def _each(self, tensors: Tensors) -> list[Tensors]:
        """Return the tensors of each member."""
        return [member_tensors(tensors, number) for number in range(len(self.members))]

    def _checked(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weights if there is one per member and none is negative, or raise."""
        if weights.shape != (len(self.members),) or not (weights >= 0).all():
            raise ValueError(f"{len(self.members)} members have not as many weights")
        return weights

    @staticmethod
    def _packed(each: list[Tensors], weights: NDArray[np.float64]) -> Tensors:
        """Return the members' tensors, prefixed with the member's number, and the weights."""
        found: dict[str, AnyArray] = {"weights": weights}
        for number, own in enumerate(each):
            found |= {f"members.{number}.{name}": value for name, value in own.items()}
        return found


def member_tensors(tensors: Tensors, number: int) -> Tensors:
    """Return one member's tensors from those that `Mixture.tensors` returned."""
    start = f"members.{number}."
    return {n.removeprefix(start): v for n, v in tensors.items() if n.startswith(start)}


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
    best = log_probs.max(axis=0).astype(np.float64)
    probs = np.exp(log_probs - np.where(np.isfinite(best), best, 0.0))  # the loss less a constant
    known = probs.any(axis=0)
    if not known.any():
        return np.full(len(probs), 1 / len(probs))
    probs, share = probs[:, known], count[known] / count[known].sum()
    weights, before = np.full(len(probs), 1 / len(probs)), -np.inf
    for _ in range(_ROUNDS):
        mixed = weights @ probs
        now = float(share @ np.log(mixed))
        if now - before < _ENOUGH:
            break
        weights, before = weights * (probs @ (share / mixed)), now
    found: NDArray[np.float64] = weights / weights.sum()
    return found
