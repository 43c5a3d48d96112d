"""Lines held out in turn, and the weights of a mixture that suits them best."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s, Ints, evenly_spaced
from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.split import assign_folds
from makemore.corpus.vocabulary import Vocabulary
from makemore.fitting.auto import COUNT_MEMBERS, MIN_GAIN
from makemore.inference import likelihood
from makemore.inference.model import Model
from makemore.models.kneser_ney import KneserNey
from makemore.models.log_linear import combine, likeliest_exponents
from makemore.models.mixture import likeliest_mixture
from makemore.options.families import LSTMOptions
from makemore.registry import parse_members

FOLDS = 5  # parts of a list; so many or fewer are held out in turn
_SCORED = 3_000  # characters of a part that are scored
_NUMBERS = 400_000  # log-probabilities of each model that are compared: of all ids at a character


class Fold(NamedTuple):
    """A part of a list, and count models of the other parts.

    Attributes:
        lines: the other parts, which are learned.
        held_out: contexts of the held-out lines.
        counts: (members, M, V) log-probabilities of every id at each held-out character.
        length: (M,) how many characters before each of them the largest count model knows.
    """

    lines: Lines
    held_out: Contexts
    counts: Float32s
    length: Ints


def folds(lines: Lines, vocabulary: Vocabulary, number: int) -> Iterator[Fold]:
    """Hold out up to `number` of five parts of a list in turn; equal lines are in the same part.

    Of a large part, up to 3,000 characters are scored, in evenly spaced lines; fewer if the
    vocabulary is large.
    """
    part = assign_folds(lines, FOLDS)
    number = min(number, int(part.max()) + 1)
    scored = min(_SCORED, _NUMBERS // (number * len(vocabulary)))
    most = math.ceil(scored * len(lines) / (len(lines.codes) + len(lines)))
    for fold in range(number):
        held_out, rest = np.flatnonzero(part == fold), lines.select(np.flatnonzero(part != fold))
        c = Contexts.of(
            lines.select(held_out[evenly_spaced(len(held_out), most)]), vocabulary, None
        )
        counts = []
        for model in count_members(vocabulary):
            model.count(Contexts.of(rest, vocabulary, model.window))
            windows = c.windows(model.window)
            counts.append(likelihood.character_rows(model, windows))
            length = model.known_lengths(windows)
        yield Fold(rest, c, np.array(counts), length)


def count_members(vocabulary: Vocabulary) -> list[KneserNey]:
    """Return the count models of a mixture, without counts; the last one has the largest window."""
    built = [
        family.build(options, len(vocabulary), len(vocabulary.labels))
        for family, options in parse_members(COUNT_MEMBERS)
    ]
    return [model for model in built if isinstance(model, KneserNey)]


class HeldOut(NamedTuple):
    """Log-probabilities of every id at held-out characters, in nats.

    Attributes:
        lines: number of held-out lines.
        following: (M,) the id of each character.
        weight: (M,) float64 weight of each character.
        length: see `Fold`.
        counts: (members, M, V) under each count model.
        networks: (networks, steps, M, V) under each network, after each number of steps.
    """

    lines: int
    following: Ints
    weight: NDArray[np.float64]
    length: Ints
    counts: Float32s
    networks: Float32s

    @classmethod
    def of(cls, fold: Fold, networks: Sequence[Sequence[Float32s]]) -> Self:
        """Gather what counts and networks predict of the held-out lines of a fold.

        Args:
            fold: the fold.
            networks: (networks, steps, M, V) log-probabilities under each network.
        """
        c, rows = fold.held_out, np.array(networks)
        weight = np.repeat(c.line_weight, np.diff(c.start))
        following = c.next[c.edge]
        return cls(len(c.line_weight), following, weight, fold.length, fold.counts, rows)

    @classmethod
    def join(cls, parts: "Sequence[HeldOut]") -> Self:
        """Concatenate several parts, up to the last number of steps that all of them reached."""
        reached = min(part.networks.shape[1] for part in parts)
        return cls(
            sum(part.lines for part in parts),
            np.concatenate([part.following for part in parts]),
            np.concatenate([part.weight for part in parts]),
            np.concatenate([part.length for part in parts]),
            np.concatenate([part.counts for part in parts], axis=1),
            np.concatenate([part.networks[:, :reached] for part in parts], axis=2),
        )

    def best_steps(self) -> list[int]:
        """Return the index of the number of steps of each network that gives the best mixture."""
        losses = [[self.mixture(row[None])[1] for row in network] for network in self.networks]
        return [int(np.argmin(each)) for each in losses]

    def mixture(self, networks: Float32s) -> tuple[NDArray[np.float64], float]:
        """Return the weights of the likeliest linear mixture of counts and networks, and its loss.

        Args:
            networks: (networks, M, V) log-probabilities under the networks that are mixed.
        """
        every = np.arange(len(self.following))
        log_probs = [each[:, every, self.following] for each in (self.counts, networks)]
        return likeliest_mixture(np.concatenate(log_probs), self.weight)

    def product(self, networks: Float32s) -> tuple[NDArray[np.float64], float]:
        """Return the exponents of the likeliest log-linear mixture by known length, and its loss.

        Args:
            networks: (networks, M, V) log-probabilities under the networks that are combined.
        """
        rows = np.concatenate([self.counts, networks])
        exponents = likeliest_exponents(rows, self.following, self.weight, self.length)
        combined = combine(rows, exponents[self.length])
        chosen = combined[np.arange(len(combined)), self.following].astype(np.float64)
        return exponents, -float((self.weight * chosen).sum() / self.weight.sum())


class Weighed(NamedTuple):
    """The mixture of counts and networks that suits held-out lines best.

    Attributes:
        weights: linear weights of the count models and, if they help, of the networks.
        exponents: their exponents by known length, see `LogLinearMixture`; None without networks.
        loss: loss of the mixture on the held-out lines, in nats per character.
    """

    weights: NDArray[np.float64]
    exponents: NDArray[np.float64] | None
    loss: float


@dataclass(frozen=True, eq=False)
class Adapted:
    """The networks that were fitted to a small list.

    Attributes:
        networks: the networks that help; maybe none.
        options: the options of each network.
        weighed: the mixture of counts and networks.
        steps: number of steps of each network.
        compared: largest number of steps that was compared.
        held_out: number of lines that were held out in turn.
    """

    networks: Sequence[Model]
    options: Sequence[LSTMOptions]
    weighed: Weighed
    steps: tuple[int, ...]
    compared: int
    held_out: int


def weigh(found: HeldOut, networks: Float32s) -> Weighed:
    """Fit the exponents of counts and networks, or leave out the networks if they do not help.

    Args:
        found: the log-probabilities under the count models.
        networks: (networks, M, V) those under each network.
    """
    exponents, loss = found.product(networks)
    if found.product(networks[:0])[1] - loss < MIN_GAIN:
        weights, loss = found.mixture(networks[:0])
        return Weighed(weights, None, loss)
    return Weighed(found.mixture(networks)[0], exponents, loss)
