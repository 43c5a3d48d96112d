"""Evaluation metrics: loss, label classification, and the variety of sampled lines."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float64s, sum_by_index
from makemore.contexts.table import Contexts
from makemore.errors import DataError
from makemore.inference import likelihood
from makemore.inference.model import Model

Z_95 = 1.96  # half-width of a 95 per cent confidence interval, in standard errors
_MAX_UNITS = 4096  # if there are more lines than this, resample this many groups of lines instead
_RESAMPLES = 1000
_BINS = 10


@dataclass(frozen=True)
class Loss:
    """The loss on some lines, with a confidence interval.

    Attributes:
        lines: number of lines.
        characters: weighted number of predicted characters, including line ends.
        nats: mean negative log-likelihood, in nats per character.
        low: lower end of the 95 per cent bootstrap interval of `nats`.
        high: upper end of the interval.
    """

    lines: int
    characters: float
    nats: float
    low: float
    high: float

    @property
    def bits(self) -> float:
        """Loss in bits per character."""
        return self.nats / math.log(2)

    @property
    def perplexity(self) -> float:
        """Perplexity per character, e^nats."""
        return math.exp(self.nats) if self.nats < 700 else math.inf


@dataclass(frozen=True)
class Evaluation:
    """The losses of a model on some lines.

    Attributes:
        all: loss on all lines.
        seen: loss on the lines that the model was fitted on; None if there are none or that is
            unknown.
        unseen: loss on the other lines; None in the same cases.
        unknown: number of lines left out because of an unknown character.
        labels: classification of labels, on the unseen lines if there are any; None without labels.
    """

    all: Loss
    seen: Loss | None
    unseen: Loss | None
    unknown: int = 0
    labels: "Classification | None" = None


@dataclass(frozen=True)
class Bin:
    """A confidence bin: the lines whose predicted labels have similar probabilities.

    Attributes:
        share: share of all lines that are in the bin.
        confidence: mean probability of the predicted label.
        accuracy: share of the bin's lines whose predicted label is correct.
    """

    share: float
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Classification:
    """Metrics of label prediction.

    Attributes:
        lines: number of lines.
        learned: whether the model was fitted on these lines with their labels; None if that is
            unknown.
        accuracy: weighted share of lines whose most likely label is correct.
        low: lower end of the 95 per cent bootstrap interval of the accuracy.
        high: upper end of the interval.
        commonest: accuracy of always predicting the most common label of these lines.
        log_loss: mean of -log p(label | line), in nats.
        calibration_error: expected calibration error: the mean absolute difference between
            confidence and accuracy over `bins`, weighted by their shares.
        bins: the non-empty confidence bins, each a tenth wide.
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
    """Compute a model's loss with intervals, on all lines and on seen and unseen lines apart.

    Args:
        model: a fitted model.
        c: the contexts of at least one line.
        is_seen: (B,) bool, whether the model was fitted on each line; None if that is unknown.
        seed: random seed of the bootstrap.

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

    def loss_of(mask: NDArray[np.bool_]) -> Loss | None:
        if not mask.any():
            return None
        return bootstrap(scores[mask] * weights[mask], characters[mask] * weights[mask], seed)

    overall = loss_of(np.ones(len(scores), bool))
    assert overall is not None, "no lines"
    if is_seen is None:
        return Evaluation(overall, None, None)
    return Evaluation(overall, loss_of(is_seen), loss_of(~is_seen))


def bootstrap(scores: Float64s, characters: Float64s, seed: int) -> Loss:
    """Return the loss of some lines, with its 95 per cent percentile bootstrap interval over lines.

        loss = - sum of scores / sum of characters

    Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13. Differs:
    above 4,096 lines, random groups of lines are resampled instead of lines.

    Args:
        scores: (B,) float64 log-likelihood of each line, in nats.
        characters: (B,) float64 number of predicted characters of each line.
        seed: random seed of the resampling.
    """
    return Loss(len(scores), float(characters.sum()), *_bootstrap_ratio(-scores, characters, seed))


def _bootstrap_ratio(
    numerator: Float64s, denominator: Float64s, seed: int
) -> tuple[float, float, float]:
    """Return the ratio of two sums of (B,) numbers, with its interval as in `bootstrap`."""
    ratio = float(numerator.sum() / denominator.sum())
    if not np.isfinite(ratio):
        return ratio, ratio, ratio
    rng = np.random.default_rng(seed)
    if len(numerator) > _MAX_UNITS:
        group = rng.permutation(len(numerator)) % _MAX_UNITS
        numerator, denominator = (
            sum_by_index(group, numerator, _MAX_UNITS),
            sum_by_index(group, denominator, _MAX_UNITS),
        )
    units = len(numerator)
    counts = rng.multinomial(units, np.full(units, 1.0 / units), size=_RESAMPLES)
    # `einsum` and not `@`, whose threads wait for each other beside other processes.
    resampled = [np.einsum("ru,u->r", counts, each) for each in (numerator, denominator)]
    low, high = np.quantile(resampled[0] / resampled[1], (0.025, 0.975))
    return ratio, float(low), float(high)


def classification(
    posterior: Float64s,
    label: NDArray[np.int64],
    weight: Float64s,
    learned: bool | None = None,
    seed: int = 0,
) -> Classification:
    """Compute metrics of label prediction: accuracy, log loss and calibration.

    Source of the calibration error: Naeini, Cooper and Hauskrecht (2015), "Obtaining well
    calibrated probabilities using Bayesian binning", AAAI; ten bins of equal width.

    Args:
        posterior: (B, labels) probability of each label for each line.
        label: (B,) index of the true label of each line.
        weight: (B,) weight of each line.
        learned: whether the model was fitted on these lines; None if that is unknown.
        seed: random seed of the bootstrap.

    Example:
        >>> posterior = np.array([[0.9, 0.1], [0.6, 0.4]])
        >>> metrics = classification(posterior, np.array([0, 1]), np.ones(2))
        >>> metrics.accuracy, metrics.commonest, round(metrics.calibration_error, 2)
        (0.5, 0.5, 0.35)
    """
    is_correct = (posterior.argmax(axis=1) == label).astype(np.float64)
    confidence = posterior.max(axis=1)
    total = float(weight.sum())
    bin_index = np.minimum((confidence * _BINS).astype(np.int64), _BINS - 1)
    bin_weight, confidence_sums, correct_sums = (
        sum_by_index(bin_index, weight * values, _BINS)
        for values in (np.ones(len(is_correct)), confidence, is_correct)
    )
    rows = np.stack([bin_weight / total, confidence_sums, correct_sums], axis=1)[bin_weight > 0]
    rows[:, 1:] /= bin_weight[bin_weight > 0, None]
    with np.errstate(divide="ignore"):
        log_loss = -float((weight * np.log(posterior[np.arange(len(label)), label])).sum()) / total
    return Classification(
        len(label),
        learned,
        *_bootstrap_ratio(weight * is_correct, weight, seed),
        commonest=float(sum_by_index(label, weight, posterior.shape[1]).max()) / total,
        log_loss=log_loss,
        calibration_error=float(np.abs(confidence_sums - correct_sums).sum()) / total,
        bins=tuple(Bin(*row) for row in rows.tolist()),
    )


@dataclass(frozen=True)
class Variety:
    """Statistics of a sample of lines.

    Attributes:
        lines: number of lines.
        distinct: number of distinct lines over the number of lines.
        new: share of lines that are not in the fitted list; None if that is unknown.
        shortest: length of the shortest line, in characters.
        mean_length: mean length, in characters.
        longest: length of the longest line, in characters.
    """

    lines: int
    distinct: float
    new: float | None
    shortest: int
    mean_length: float
    longest: int


def variety(lines: Sequence[str], is_seen: NDArray[np.bool_] | None) -> Variety:
    """Compute the shares of distinct and new lines, and statistics of line lengths.

    Source: uniqueness and novelty as in Polykovskiy et al. (2020), arXiv 1811.12823 (MOSES).
    Differs: novelty counts every line drawn, repeats included.

    Args:
        lines: at least one line.
        is_seen: (B,) bool, whether each is in the fitted list; None if that is unknown.

    Raises:
        DataError: there is no line.
    """
    if not lines:
        raise DataError("there is no line to measure: give at least one")
    lengths = [len(line) for line in lines]
    return Variety(
        lines=len(lines),
        distinct=len(set(lines)) / len(lines),
        new=None if is_seen is None else float(1.0 - is_seen.mean()),
        shortest=min(lengths),
        mean_length=sum(lengths) / len(lengths),
        longest=max(lengths),
    )
