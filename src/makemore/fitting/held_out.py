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
from makemore.models.mixture import likeliest_mixture, likeliest_weights_by_length, mixture_loss
from makemore.options.families import LSTMOptions
from makemore.registry import parse_members

FOLDS = 5  # parts of a list; so many or fewer are held out in turn
_SCORED = 3_000  # characters of a part that are scored
_MIN_WEIGHT = 0.01  # of a network; one that weighs less is left out


class Fold(NamedTuple):
    """A part of a list, and count models of the other parts.

    Attributes:
        lines: the other parts, which are learned.
        held_out: contexts of the held-out lines.
        counts: (members, M) log-probabilities of the held-out characters under the count models.
        length: (M,) how many characters before each of them the largest count model knows.
    """

    lines: Lines
    held_out: Contexts
    counts: Float32s
    length: Ints


def folds(lines: Lines, vocabulary: Vocabulary, number: int) -> Iterator[Fold]:
    """Hold out up to `number` of five parts of a list in turn; equal lines are in the same part.

    Of a large part, about 3,000 characters are scored, in evenly spaced lines.
    """
    part = assign_folds(lines, FOLDS)
    most = math.ceil(_SCORED * len(lines) / len(lines.codes))
    for fold in range(min(number, int(part.max()) + 1)):
        held_out, rest = np.flatnonzero(part == fold), lines.select(np.flatnonzero(part != fold))
        scored = lines.select(held_out[evenly_spaced(len(held_out), most)])
        c = Contexts.of(scored, vocabulary, None)
        counts = []
        for model in count_members(vocabulary):
            model.count(Contexts.of(rest, vocabulary, model.window))
            windows = c.windows(model.window)
            counts.append(likelihood.character_log_probs(model, windows))
            length = model.known_length(windows.lookback(model.window))[windows.row][windows.edge]
        yield Fold(rest, c, np.array(counts, np.float32), length)


def count_members(vocabulary: Vocabulary) -> list[KneserNey]:
    """Return the count models of a mixture, without counts; the last one has the largest window."""
    built = [
        family.build(options, len(vocabulary), len(vocabulary.labels))
        for family, options in parse_members(COUNT_MEMBERS)
    ]
    return [model for model in built if isinstance(model, KneserNey)]


class HeldOut(NamedTuple):
    """Log-probabilities of held-out characters, in nats.

    Attributes:
        lines: number of held-out lines.
        weight: (M,) float64 weight of each character.
        counts: (members, M) under each count model.
        length: see `Fold`.
        networks: (networks, steps, M) under each network, after each number of steps.
    """

    lines: int
    weight: NDArray[np.float64]
    counts: Float32s
    length: Ints
    networks: Float32s

    @classmethod
    def of(cls, fold: Fold, networks: Sequence[Sequence[NDArray[np.float64]]]) -> Self:
        """Gather what counts and networks predict of the held-out lines of a fold.

        Args:
            fold: the fold.
            networks: (networks, steps, M) log-probabilities under each network.
        """
        c = fold.held_out
        weight = np.repeat(c.line_weight, np.diff(c.start))
        log_probs = np.array(networks, np.float32)
        return cls(len(c.line_weight), weight, fold.counts, fold.length, log_probs)

    @classmethod
    def join(cls, parts: "Sequence[HeldOut]") -> Self:
        """Concatenate several parts, up to the last number of steps that all of them reached."""
        reached = min(part.networks.shape[1] for part in parts)
        return cls(
            sum(part.lines for part in parts),
            np.concatenate([part.weight for part in parts]),
            np.concatenate([part.counts for part in parts], axis=1),
            np.concatenate([part.length for part in parts]),
            np.concatenate([part.networks[:, :reached] for part in parts], axis=2),
        )

    def best_steps(self) -> list[int]:
        """Return the index of the number of steps of each network that gives the best mixture."""
        losses = [[self.mixture(row[None])[1] for row in network] for network in self.networks]
        return [int(np.argmin(each)) for each in losses]

    def mixture(self, networks: Float32s) -> tuple[NDArray[np.float64], float]:
        """Return the weights of the likeliest mixture of counts and networks, and its loss.

        Args:
            networks: (networks, M) log-probabilities under the networks that are mixed.
        """
        return likeliest_mixture(np.concatenate([self.counts, networks]), self.weight)


@dataclass(frozen=True, eq=False)
class Adapted:
    """The networks that were fitted to a small list.

    Attributes:
        networks: the networks that help; maybe none.
        options: the options of each network.
        weights: weights of the count models, then of the networks.
        weights_by_length: the same by the known length, see `Mixture`; None without networks.
        steps: number of steps of each network.
        compared: largest number of steps that was compared.
        held_out: number of lines that were held out in turn.
        loss: loss of the mixture on them, in nats per character.
    """

    networks: Sequence[Model]
    options: Sequence[LSTMOptions]
    weights: NDArray[np.float64]
    weights_by_length: NDArray[np.float64] | None
    steps: tuple[int, ...]
    compared: int
    held_out: int
    loss: float


class Weighed(NamedTuple):
    """The weights of counts and networks that suit held-out lines best.

    Attributes:
        weights: weights of the count models, then of the networks that help.
        weights_by_length: the same by the known length, see `Mixture`; None without networks.
        loss: loss of the mixture on the held-out lines, in nats per character.
        helps: (networks,) whether each network helps.
    """

    weights: NDArray[np.float64]
    weights_by_length: NDArray[np.float64] | None
    loss: float
    helps: NDArray[np.bool_]


def weigh(found: HeldOut, networks: Float32s) -> Weighed:
    """Fit the weights of counts and networks, and leave out networks that do not help.

    Args:
        found: the log-probabilities under the count models.
        networks: (networks, M) those under each network.
    """
    weights, loss = found.mixture(networks)
    helps = weights[len(found.counts) :] >= _MIN_WEIGHT
    if found.mixture(networks[:0])[1] - loss < MIN_GAIN:
        helps[:] = False
    weights, loss = found.mixture(networks[helps])
    if not helps.any():
        return Weighed(weights, None, loss, helps)
    log_probs = np.concatenate([found.counts, networks[helps]])
    table = likeliest_weights_by_length(log_probs, found.weight, found.length, weights)
    loss = mixture_loss(table[found.length].T, log_probs, found.weight)
    return Weighed(weights, table, loss, helps)
