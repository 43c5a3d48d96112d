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
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from makemore.automaton import MOST_CELLS, Automaton, product
from makemore.corpus.contexts import Contexts
from makemore.likelihood import Floats, State, Tensors, edge_log_probs
from makemore.options.families import MixtureOptions
from makemore.options.registry import members_of
from makemore.translated import TRANSLATION, Translated

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
    """Members with weights that sum to one; all of them weigh alike until `weigh` is called."""

    def __init__(self, options: MixtureOptions, vocabulary_size: int, label_count: int) -> None:
        """Makes members that have learned nothing yet."""
        self._each = members_of(options.members)
        self.members: list[Any] = [
            family.build(own, vocabulary_size, label_count) for family, own in self._each
        ]
        windows = [member.window for member in self.members]
        self.window = None if None in windows else max(windows)
        self.vocabulary_size, self.label_count = vocabulary_size, label_count
        self.weights = np.full(len(self.members), 1 / len(self.members))

    def take(self, members: Sequence[Any], weights: NDArray[np.float64]) -> Self:
        """Takes fitted members, of the families it was made for, in place of its own."""
        self.members, self.weights = list(members), weights
        return self

    def weigh(self, c: Contexts) -> Self:
        """Finds the weights that make lines likeliest which no member has learned."""
        each = np.stack([edge_log_probs(member, c) for member in self.members])
        self.weights = likeliest_weights(each, c.count)
        return self

    @property
    def has_exact_rows(self) -> bool:
        """See `Model.has_exact_rows`."""
        return all(member.has_exact_rows for member in self.members)

    def log_probs(self, c: Contexts) -> Floats:
        """See `Model.log_probs`."""
        return self._mixed([member.log_probs(c) for member in self.members])

    def _mixed(self, each: list[Floats]) -> Floats:
        """(n, V) the members' distributions in one."""
        best = np.maximum.reduce(each)
        best[np.isneginf(best)] = 0.0  # taken out of every exponent, so that none is lost
        probs = sum(
            np.exp(log_probs - best) * np.float32(weight)
            for weight, log_probs in zip(self.weights, each, strict=True)
        )
        with np.errstate(divide="ignore"):
            log_probs: Floats = np.log(probs) + best
        return log_probs

    def start(self, n: int, label: int | None = None) -> tuple[Floats, States]:
        """See `Model.start`."""
        each, states = zip(*(member.start(n, label) for member in self.members), strict=True)
        return self._mixed(list(each)), States(states)

    def step(self, ids: NDArray[np.int32], state: States) -> tuple[Floats, States]:
        """See `Model.step`."""
        went = [member.step(ids, own) for member, own in zip(self.members, state.each, strict=True)]
        each, states = zip(*went, strict=True)
        return self._mixed(list(each)), States(states)

    def automaton(self, most: int, label: int | None = None) -> Automaton | None:
        """See `Model.automaton`; a state is one of each member, those that stand together."""
        most = min(most, MOST_CELLS // self.vocabulary_size)
        each = [member.automaton(most, label) for member in self.members]
        if None in each:
            return None
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
        self.weights = tensors["weights"]
        if self.weights.shape != (len(self.members),) or not (self.weights >= 0).all():
            raise ValueError(f"{len(self.members)} members have not as many weights")
        sizes = self.vocabulary_size, self.label_count
        for number, own in enumerate(self._unpacked(tensors)):
            family, chosen = self._each[number]
            load = partial(family.load, chosen)
            if TRANSLATION in own:
                self.members[number] = Translated.loaded(load, own, sizes)
            else:
                self.members[number] = load(*sizes, own)
        return self

    def grown(self, tensors: Tensors, ids: NDArray[np.int64]) -> Tensors:
        """See `Model.grown`."""
        each = zip(self.members, self._unpacked(tensors), strict=True)
        return self._packed([member.grown(own, ids) for member, own in each], tensors["weights"])

    @staticmethod
    def _packed(each: list[Tensors], weights: NDArray[np.float64]) -> Tensors:
        """The members' tensors under names that tell them apart, and the weights."""
        found: dict[str, NDArray[Any]] = {"weights": weights}
        for number, own in enumerate(each):
            found |= {f"members.{number}.{name}": value for name, value in own.items()}
        return found

    def _unpacked(self, tensors: Tensors) -> list[Tensors]:
        """The tensors of each member."""
        starts = [f"members.{number}." for number in range(len(self.members))]
        return [
            {n.removeprefix(start): v for n, v in tensors.items() if n.startswith(start)}
            for start in starts
        ]


def likeliest_weights(log_probs: Floats, count: NDArray[np.float64]) -> NDArray[np.float64]:
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
