"""A linear interpolation of models, character by character.

    p(x | c) = sum over members m of w_m p_m(x | c)

The weights maximise the likelihood of held-out lines, which no member was fitted to. The update

    w_m <- mean over the characters x of those lines of  w_m p_m(x | c) / p(x | c)

never lowers the likelihood and is repeated until convergence. The weights are the same in every
context, or they depend on how much of the context is known: on the number of its latest characters
that have been counted in this order.

Source: Jelinek and Mercer (1980), "Interpolated estimation of Markov source parameters from sparse
data"; the update is expectation-maximisation: Dempster, Laird and Rubin (1977), "Maximum likelihood
from incomplete data via the EM algorithm", section 4.3, and for weights that are drawn towards
others section 3.3. Differs: contexts are grouped by the length that is known, not by its frequency.
"""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import AnyArray, Float32s, Ids, Ints
from makemore.contexts.table import Contexts
from makemore.inference.automaton import MAX_TABLE_ENTRIES, Automaton, product
from makemore.inference.likelihood import edge_log_probs
from makemore.inference.model import FamilyModel, Model, State, Tensors
from makemore.models.kneser_ney import KneserNey

_STRENGTH = 5.0  # characters that the weights of all contexts count for beside those of one length
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
        weights_by_length: (L, members) float64, the weights where so many of the latest characters
            are known, L - 1 or more in the last row; or None, if the same ones hold everywhere.
    """

    def __init__(
        self,
        members: Sequence[Model],
        weights: NDArray[np.float64] | None = None,
        weights_by_length: NDArray[np.float64] | None = None,
    ) -> None:
        """Create a mixture of fitted or unfitted members; `weights=None` gives equal weights.

        Raises:
            ValueError: the number of weights is not the number of members, a weight is negative, or
                the weights depend on the known length and no member can tell it.
        """
        self.members: list[Model] = list(members)
        windows = [member.window for member in self.members]
        bounded = [window for window in windows if window is not None]
        self.window = max(bounded) if len(bounded) == len(windows) else None
        self.vocabulary_size = self.members[0].vocabulary_size
        self.weights = np.full(len(self.members), 1 / len(self.members))
        if weights is not None:
            self.weights = self._check_weights(weights)
        self.weights_by_length = None
        if weights_by_length is not None:
            self.weights_by_length = self._check_weights_by_length(weights_by_length)

    def fit_weights(self, c: Contexts) -> Self:
        """Fit the weights to held-out lines by expectation-maximisation; return self."""
        self.weights = likeliest_weights(self.member_log_probs(c), c.count)
        self.weights_by_length = None
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
        return self._mix([member.log_probs(c) for member in self.members], self.weights_after(c))

    def weights_after(self, c: Contexts) -> NDArray[np.float64]:
        """Return (members, N) weights after each context, or (members, 1) if they are all equal."""
        if self.weights_by_length is None:
            return self.weights[:, None]
        return self._weights_of_windows(c.lookback(self._longest.window))

    def _weights_in(self, states: Sequence[State]) -> NDArray[np.float64]:
        """Return (members, n) or (members, 1) weights in these states of the members."""
        if self.weights_by_length is None:
            return self.weights[:, None]
        return self._weights_of_windows(states[self.members.index(self._longest)])

    def _weights_of_windows(self, back: Ids) -> NDArray[np.float64]:
        """Return (members, n) weights after windows of the longest count model."""
        assert self.weights_by_length is not None
        length = np.minimum(self._longest.known_length(back), len(self.weights_by_length) - 1)
        weights: NDArray[np.float64] = self.weights_by_length[length].T
        return weights

    @property
    def _longest(self) -> KneserNey:
        """The count model with the largest window, which tells the known length."""
        counted = [member for member in self.members if isinstance(member, KneserNey)]
        return max(counted, key=lambda member: member.window)

    def _mix(self, members_log_probs: list[Float32s], weights: NDArray[np.float64]) -> Float32s:
        """Return (n, V) log-probabilities of the mixture of the members' distributions."""
        highest = np.maximum.reduce(members_log_probs)
        highest[np.isneginf(highest)] = 0.0  # subtracted from the exponents to avoid underflow
        probs = sum(
            np.exp(log_probs - highest) * own[:, None].astype(np.float32)
            for own, log_probs in zip(weights, members_log_probs, strict=True)
        )
        with np.errstate(divide="ignore"):
            log_probs: Float32s = np.log(probs) + highest
        return log_probs

    def start(self, n: int, label: int | None = None) -> tuple[Float32s, States]:
        """See `Model.start`."""
        log_probs, states = zip(*(member.start(n, label) for member in self.members), strict=True)
        return self._mix(list(log_probs), self._weights_in(states)), States(states)

    def step(self, ids: NDArray[np.int32], state: States) -> tuple[Float32s, States]:
        """See `Model.step`."""
        steps = [
            member.step(ids, own) for member, own in zip(self.members, state.states, strict=True)
        ]
        log_probs, states = zip(*steps, strict=True)
        return self._mix(list(log_probs), self._weights_in(states)), States(states)

    def automaton(self, max_states: int, label: int | None = None) -> Automaton | None:
        """See `Model.automaton`; the product of the members' automata, whose weights are equal."""
        if self.weights_by_length is not None:
            return None
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
        return Automaton(initial, goto, self._mix(rows, self.weights[:, None]))

    def tensors(self) -> Tensors:
        """See `Model.tensors`."""
        weights: dict[str, AnyArray] = {"weights": self.weights}
        if self.weights_by_length is not None:
            weights["weights_by_length"] = self.weights_by_length
        return self._pack([member.tensors() for member in self.members], weights)

    def load(self, tensors: Tensors) -> Self:
        """See `FamilyModel.load`."""
        self.weights = self._check_weights(tensors["weights"])
        by_length = tensors.get("weights_by_length")
        self.weights_by_length = (
            None if by_length is None else self._check_weights_by_length(by_length)
        )
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
        return self._pack(members_tensors, {n: v for n, v in tensors.items() if "." not in n})

    def _member_tensors(self, tensors: Tensors) -> list[Tensors]:
        """Return the tensors of each member."""
        return [member_tensors(tensors, number) for number in range(len(self.members))]

    def _check_weights(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weights if there is one per member and none is negative, or raise."""
        if weights.shape != (len(self.members),) or not (weights >= 0).all():
            raise ValueError(f"{len(self.members)} members need as many weights of 0 or more")
        return weights

    def _check_weights_by_length(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weights if each row is valid and a member tells the known length, or raise."""
        if weights.ndim != 2 or not len(weights):
            raise ValueError("the weights by length are a table of one row or more")
        if not any(isinstance(member, KneserNey) for member in self.members):
            raise ValueError("weights depend on the known length, which no member tells")
        return np.stack([self._check_weights(row) for row in weights])

    @staticmethod
    def _pack(members_tensors: list[Tensors], weights: Tensors) -> Tensors:
        """Return the members' tensors, prefixed with the member's number, and the weights."""
        tensors: dict[str, AnyArray] = dict(weights)
        for number, own in enumerate(members_tensors):
            tensors |= {f"members.{number}.{name}": value for name, value in own.items()}
        return tensors


def member_tensors(tensors: Tensors, number: int) -> Tensors:
    """Return one member's tensors from those that `Mixture.tensors` returned."""
    prefix = f"members.{number}."
    return {n.removeprefix(prefix): v for n, v in tensors.items() if n.startswith(prefix)}


def likeliest_weights(
    log_probs: Float32s,
    count: NDArray[np.float64],
    prior: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Compute the maximum-likelihood weights of a mixture by expectation-maximisation.

    Args:
        log_probs: (members, M) natural log-probabilities of M characters under each member.
        count: (M,) how often each character occurs.
        prior: (members,) additional characters that each member is taken to have generated, towards
            which the weights are drawn; None for none.

    Returns:
        (members,) float64, at least 0, with sum 1. Without a prior, the weights are equal if every
        character has probability zero under every member.

    Example:
        >>> often, seldom = np.log([[0.8, 0.2], [0.2, 0.8]]).astype(np.float32)
        >>> likeliest_weights(np.stack([often, seldom]), np.array([65.0, 35.0])).round(3).tolist()
        [0.75, 0.25]
    """
    added = np.zeros(len(log_probs)) if prior is None else prior
    highest = log_probs.max(axis=0, initial=-np.inf).astype(np.float64)
    highest[~np.isfinite(highest)] = 0.0
    probs = np.exp(log_probs - highest)  # this subtracts a constant from the loss
    is_possible = probs.any(axis=0)
    total = count[is_possible].sum() + added.sum()
    if not total:
        return np.full(len(probs), 1 / len(probs))
    probs, frequency, added = probs[:, is_possible], count[is_possible] / total, added / total
    weights, previous = np.full(len(probs), 1 / len(probs)), -np.inf
    for _ in range(_MAX_ITERATIONS):
        mixture = mix(weights, probs)
        drawn = added[added > 0] * np.log(weights[added > 0])
        current = float((frequency * np.log(mixture)).sum() + drawn.sum())
        if current - previous < _MIN_GAIN:
            break
        share = (probs * (frequency / mixture)).sum(axis=1)
        weights, previous = weights * share + added, current
    result: NDArray[np.float64] = weights / weights.sum()
    return result


def likeliest_weights_by_length(
    log_probs: Float32s, count: NDArray[np.float64], length: Ints, common: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (L, members) weights for each known length up to the largest one, L - 1.

    Args:
        log_probs: see `likeliest_weights`.
        count: see `likeliest_weights`.
        length: (M,) how many characters before each character are known; at least one.
        common: (members,) the weights in all contexts, towards which those of each length are
            drawn, as by five characters of average count.
    """
    count = count / count.mean()
    is_length = length == np.arange(length.max() + 1)[:, None]
    return np.stack(
        [
            likeliest_weights(log_probs[:, rows], count[rows], _STRENGTH * common)
            for rows in is_length
        ]
    )


def mixture_loss(
    weights: NDArray[np.float64], log_probs: Float32s, count: NDArray[np.float64]
) -> float:
    """Return the loss of a mixture in nats per character.

    Args:
        weights: (members,), or (members, M) for weights that differ between characters.
        log_probs: see `likeliest_weights`.
        count: see `likeliest_weights`.
    """
    with np.errstate(divide="ignore"):
        mixed = np.log(mix(weights, np.exp(log_probs.astype(np.float64))))
    return float(-(count * mixed).sum() / count.sum())


def likeliest_mixture(
    log_probs: Float32s, count: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Return the weights of `likeliest_weights`, and the loss of that mixture in nats.

    Args:
        log_probs: see `likeliest_weights`.
        count: see `likeliest_weights`.
    """
    weights = likeliest_weights(log_probs, count)
    return weights, mixture_loss(weights, log_probs, count)


def mix(weights: NDArray[np.float64], probs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (M,) float64 mixed probabilities, given (members,) or (members, M) weights.

    It is not a matrix product: NumPy would compute that in the threads of its BLAS, which wait for
    each other, and beside other processes take many times as long.
    """
    by_member = weights if weights.ndim == 2 else weights[:, None]
    mixed: NDArray[np.float64] = (by_member * probs).sum(axis=0)
    return mixed
