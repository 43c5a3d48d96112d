"""How good a model is on lines it has not seen, and what the lines it makes are like."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float64s, summed
from makemore.contexts.table import Contexts
from makemore.errors import DataError
from makemore.inference import likelihood
from makemore.inference.model import Model

Z_95 = 1.96  # standard errors on either side of a mean that make its 95 per cent interval
_GROUPS = 4096  # more lines than this are resampled in so many groups of lines
_RESAMPLES = 1000
_BINS = 10


@dataclass(frozen=True)
class Loss:
    """A loss with what it is a loss of.

    Attributes:
        lines: how many lines.
        characters: how many characters they predict, ends and weights counted.
        nats: mean negative log-likelihood, nats per character.
        low: lower end of the 95 per cent bootstrap interval.
        high: upper end.
    """

    lines: int
    characters: float
    nats: float
    low: float
    high: float

    @property
    def bits(self) -> float:
        """Bits per character."""
        return self.nats / math.log(2)

    @property
    def perplexity(self) -> float:
        """As many equally likely characters would be as hard to guess."""
        return math.exp(self.nats) if self.nats < 700 else math.inf


@dataclass(frozen=True)
class Evaluation:
    """A model on some lines.

    Attributes:
        all: every line.
        seen: the lines that it learned, or None if it learned none of them or that is not known.
        unseen: the other lines, likewise.
        unknown: lines left out because of a character the model has never seen.
        labels: how well labels are told where there are any: of the unseen lines if there are any.
    """

    all: Loss
    seen: Loss | None
    unseen: Loss | None
    unknown: int = 0
    labels: "Classification | None" = None


@dataclass(frozen=True)
class Bin:
    """Lines whose label is told about as surely.

    Attributes:
        share: of all lines.
        confidence: the mean probability of the label told.
        accuracy: the share of these lines whose label it is.
    """

    share: float
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Classification:
    """How well labels are told.

    Attributes:
        lines: how many.
        learned: whether these lines were learned, with their labels; None if that is not known.
        accuracy: the share whose label is the likeliest, weights counted.
        low: lower end of the 95 per cent bootstrap interval of the accuracy.
        high: upper end.
        commonest: the accuracy of always telling the label that is the commonest here.
        log_loss: mean of -log p(label | line), nats.
        calibration_error: how far confidence and accuracy lie apart, on average over `bins`.
        bins: lines by confidence, in steps of a tenth, those that have any.
    """

    lines: int
    learned: bool | None
    accuracy: float
    low: float
    high: float
    commonest: float
    log_loss: float
    calibration_error: float
    bins: tuple[Bin, ...]


def evaluate(
    model: Model, c: Contexts, is_seen: NDArray[np.bool_] | None, seed: int = 0
) -> Evaluation:
    """Measures a model's loss, with intervals, seen and unseen lines apart.

    Args:
        model: a fitted model.
        c: the contexts of at least one line.
        is_seen: (B,) bool, whether each line was learned, or None if that is not known.
        seed: of the bootstrap.

    Raises:
        DataError: there is no line.
    """
    if not len(c.line_weight):
        raise DataError(
            "there is no line to evaluate on: every one is blank or has an unknown character"
        )
    scores = likelihood.line_log_probs(model, c)
    characters = np.diff(c.start).astype(np.float64)
    weights = c.line_weight

    def part(which: NDArray[np.bool_]) -> Loss | None:
        if not which.any():
            return None
        return bootstrap(scores[which] * weights[which], characters[which] * weights[which], seed)

    everything = part(np.ones(len(scores), bool))
    assert everything is not None, "no lines"
    if is_seen is None:
        return Evaluation(everything, None, None)
    return Evaluation(everything, part(is_seen), part(~is_seen))


def bootstrap(scores: Float64s, characters: Float64s, seed: int) -> Loss:
    """Gives the loss of some lines with its 95 per cent percentile interval over lines.

        loss = - sum of scores / sum of characters

    Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13. Differs:
    above 4,096 lines, groups of lines drawn at random are resampled instead of lines.

    Args:
        scores: (B,) float64 log-likelihood of each line, nats.
        characters: (B,) float64 characters each line predicts.
        seed: of the resampling.
    """
    return Loss(len(scores), float(characters.sum()), *_ratio(-scores, characters, seed))


def _ratio(above: Float64s, below: Float64s, seed: int) -> tuple[float, float, float]:
    """The sum of (B,) numbers over that of others, with the interval that `bootstrap` tells of."""
    ratio = float(above.sum() / below.sum())
    if not np.isfinite(ratio):
        return ratio, ratio, ratio
    rng = np.random.default_rng(seed)
    if len(above) > _GROUPS:
        group = rng.permutation(len(above)) % _GROUPS
        above, below = summed(group, above, _GROUPS), summed(group, below, _GROUPS)
    units = len(above)
    taken = rng.multinomial(units, np.full(units, 1.0 / units), size=_RESAMPLES)
    low, high = np.quantile((taken @ above) / (taken @ below), (0.025, 0.975))
    return ratio, float(low), float(high)


def classification(
    posterior: Float64s,
    label: NDArray[np.int64],
    weight: Float64s,
    learned: bool | None = None,
    seed: int = 0,
) -> Classification:
    """Measures how well labels are told, and whether the probabilities can be trusted.

    Source of the calibration error: Naeini, Cooper and Hauskrecht (2015), "Obtaining well
    calibrated probabilities using Bayesian binning", AAAI; ten bins of equal width.

    Args:
        posterior: (B, labels) how probable each label is for each line.
        label: (B,) the index of each line's own.
        weight: (B,) how many lines each stands for.
        learned: whether the lines were learned, or None if that is not known.
        seed: of the bootstrap.

    Example:
        >>> told = classification(np.array([[0.9, 0.1], [0.6, 0.4]]), np.array([0, 1]), np.ones(2))
        >>> told.accuracy, told.commonest, round(told.calibration_error, 2)
        (0.5, 0.5, 0.35)
    """
    right = (posterior.argmax(axis=1) == label).astype(np.float64)
    confidence = posterior.max(axis=1)
    total = float(weight.sum())
    place = np.minimum((confidence * _BINS).astype(np.int64), _BINS - 1)
    in_bin, sure, hits = (
        summed(place, weight * each, _BINS) for each in (np.ones(len(right)), confidence, right)
    )
    rows = np.stack([in_bin / total, sure, hits], axis=1)[in_bin > 0]
    rows[:, 1:] /= in_bin[in_bin > 0, None]
    with np.errstate(divide="ignore"):
        log_loss = -float((weight * np.log(posterior[np.arange(len(label)), label])).sum()) / total
    return Classification(
        len(label),
        learned,
        *_ratio(weight * right, weight, seed),
        commonest=float(summed(label, weight, posterior.shape[1]).max()) / total,
        log_loss=log_loss,
        calibration_error=float(np.abs(sure - hits).sum()) / total,
        bins=tuple(Bin(*row) for row in rows.tolist()),
    )


@dataclass(frozen=True)
class Variety:
    """What a sample of lines is like.

    Attributes:
        lines: how many.
        distinct: share of them that are different lines.
        new: share that were not in the list that was learned, or None if that is not known.
        shortest: characters of the shortest.
        mean_length: characters on average.
        longest: characters of the longest.
    """

    lines: int
    distinct: float
    new: float | None
    shortest: int
    mean_length: float
    longest: int


def variety(lines: Sequence[str], is_seen: NDArray[np.bool_] | None) -> Variety:
    """Counts how many of some lines are distinct and new, and how long they are.

    Source: uniqueness and novelty as in Polykovskiy et al. (2020), arXiv 1811.12823 (MOSES).
    Differs: novelty counts every line drawn, repeats included.

    Args:
        lines: at least one line.
        is_seen: (B,) bool, whether each was in the list, or None if that is not known.

    Raises:
        DataError: there is no line.
    """
    if not lines:
        raise DataError("there is no line to look at: give at least one")
    lengths = [len(line) for line in lines]
    return Variety(
        lines=len(lines),
        distinct=len(set(lines)) / len(lines),
        new=None if is_seen is None else float(1.0 - is_seen.mean()),
        shortest=min(lengths),
        mean_length=sum(lengths) / len(lengths),
        longest=max(lengths),
    )
