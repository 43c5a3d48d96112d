"""A mixture of fitted models, character by character.

    p(x | c) = sum over members m of w_m p_m(x | c)

The weights are those that make some lines likeliest which no member has learned. Each round of

    w_m <- mean over the characters x of those lines of  w_m p_m(x | c) / p(x | c)

makes them likelier, until they stay.

Source: Jelinek and Mercer (1980), "Interpolated estimation of Markov source parameters from sparse
data"; the rounds are expectation-maximisation: Dempster, Laird and Rubin (1977), "Maximum
likelihood from incomplete data via the EM algorithm", section 4.3. Differs: one weight per member,
whatever the context.
"""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import AnyArray, Float32s
from makemore.contexts.table import Contexts
from makemore.inference.automaton import MOST_CELLS, Automaton, product
from makemore.inference.likelihood import edge_log_probs
from makemore.inference.model import FamilyModel, Model, State, Tensors

_ROUNDS, _ENOUGH = 500, 1e-7  # rounds at most; nats per character that make another one worth it


class States:
    """The state of every member, selected and repeated together."""

    def __init__(self, each: Sequence[State]) -> None:
        """Takes one state per member."""
        self.each = each

    def __getitem__(self, rows: NDArray[np.int64]) -> "States":
        """Selects or repeats lines."""
        return States([state[rows] for state in self.each])


class Mixture:
    """Members with weights that sum to one; all of them weigh alike until `weigh` is called.

    Attributes:
        members: models with the same vocabulary and the same labels.
        weights: (members,) float64.
    """

    def __init__(
        self, members: Sequence[Model], weights: NDArray[np.float64] | None = None
    ) -> None:
        """Take members, fresh or fitted, and their weights; None for equal weights.

        Raises:
            ValueError: there are not as many weights as members, or one is negative.
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
        """Finds the weights that make lines likeliest which no member has learned."""
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
        """(n, V) the members' distributions in one."""
        best = np.maximum.reduce(each)
        best[np.isneginf(best)] = 0.0  # taken out of every exponent, so that none is lost
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

    def automaton(self, most: int, label: int | None = None) -> Automaton | None:
        """See `Model.automaton`; a state is one of each member, those that stand together."""
        most = min(most, MOST_CELLS // self.vocabulary_size)
        each: list[Automaton] = []
        for member in self.members:
            automaton = member.automaton(most, label)
            if automaton is None:
                return None
            each.append(automaton)
        first, goto, _ = each[0]
        states = [np.arange(len(goto))]
        for other in each[1:]:
            both = product(goto, other.goto, (first, other.first), most)
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
        """See `Model.load`."""
        self.weights = self._checked(tensors["weights"])
        for number, (member, own) in enumerate(zip(self.members, self._each(tensors), strict=True)):
            assert isinstance(member, FamilyModel), "a blend is built with its tensors"
            self.members[number] = member.load(own)
        return self

    def grown(self, tensors: Tensors, ids: NDArray[np.int64]) -> Tensors:
        """See `Model.grown`."""
        packed = []
        for member, own in zip(self.members, self._each(tensors), strict=True):
            assert isinstance(member, FamilyModel), "a blend does not continue"
            packed.append(member.grown(own, ids))
        return self._packed(packed, tensors["weights"])

    def _each(self, tensors: Tensors) -> list[Tensors]:
        """The tensors of each member."""
        return [member_tensors(tensors, number) for number in range(len(self.members))]

    def _checked(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The weights, if they are one for each member and none is negative."""
        if weights.shape != (len(self.members),) or not (weights >= 0).all():
            raise ValueError(f"{len(self.members)} members have not as many weights")
        return weights

    @staticmethod
    def _packed(each: list[Tensors], weights: NDArray[np.float64]) -> Tensors:
        """The members' tensors under names that tell them apart, and the weights."""
        found: dict[str, AnyArray] = {"weights": weights}
        for number, own in enumerate(each):
            found |= {f"members.{number}.{name}": value for name, value in own.items()}
        return found


def member_tensors(tensors: Tensors, number: int) -> Tensors:
    """Return the tensors of one member among those that `Mixture.tensors` gave."""
    start = f"members.{number}."
    return {n.removeprefix(start): v for n, v in tensors.items() if n.startswith(start)}


def likeliest_weights(log_probs: Float32s, count: NDArray[np.float64]) -> NDArray[np.float64]:
    """Finds the weights of a mixture by expectation-maximisation.

    Args:
        log_probs: (members, M) natural logarithms, what each member gives each of M characters.
        count: (M,) how often each character stands.

    Returns:
        (members,) float64, at least 0, summing to one; alike where no member knows a character.

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
