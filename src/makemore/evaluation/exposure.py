"""Exposure: a measure of how far a model memorises single lines.

Let R be the space that a canary s was drawn from, and rank(s) its rank among all lines of R, the
most probable first. Its exposure in bits is

    exposure(s) = log2 |R| - log2 rank(s)

It is 0 for the last line and log2 |R| for the first. If the model was not fitted on s, all ranks
are equally likely; then 2^-exposure is uniform, and the mean exposure is log2 e.

R is too large to enumerate, so two estimates of the rank are computed, and the one with the smaller
standard error is used. The first takes n lines drawn uniformly from R. If k of them are more
probable than s, s has rank k + 1 among these n + 1 lines, so

    rank(s) = |R| (k + 1) / (n + 1)                    standard error |R| root(k + 1) / (n + 1)

It cannot measure an exposure above log2 (n + 1). The second ranks canaries near the top. It takes
n lines drawn from the model, keeps those in R, estimates the rank as in `makemore.evaluation.ranks`
and counts the canary itself:

    rank(s) = sum over y drawn with p(y) > p(s) of 1 / pi(y)  +  1 / pi(s)

If no more probable line was drawn, both estimates err towards a low exposure.

Source: Carlini, Liu, Erlingsson, Kos and Song (2019), "The Secret Sharer: evaluating and testing
unintended memorization in neural networks", USENIX Security, arXiv 1802.08232, section 4, where the
second estimate fits a skew-normal distribution. Differs: lines drawn from the model replace it,
which assumes no distribution; half of the lines with equal probability count as more probable.
"""

import math
from dataclasses import dataclass

import numpy as np

from makemore.arrays import Float64s
from makemore.corpus.canaries import Canaries
from makemore.corpus.lines import Lines
from makemore.errors import OptionError
from makemore.evaluation.metrics import Z_95
from makemore.evaluation.ranks import TIE_TOLERANCE, Ranks, estimate_ranks
from makemore.evaluation.scoring import Scorer
from makemore.fitted import FittedModel
from makemore.options.verbs import SampleOptions
from makemore.sampling.request import Source
from makemore.sampling.stream import draw_distinct

CHANCE = math.log2(math.e)  # mean exposure of lines that the model was not fitted on, bits
_MIN_LINES_PER_LABEL = 1024  # minimum number of lines drawn for each label


@dataclass(frozen=True, eq=False)
class Exposure:
    """The exposure of each canary of a model.

    Attributes:
        bits: (N,) float64, the exposure of each, in bits.
        error: (N,) float64, its standard error, in bits.
        largest: (N,) float64, the maximum exposure of each, that of rank 1, in bits.
    """

    bits: Float64s
    error: Float64s
    largest: Float64s

    @property
    def mean(self) -> float:
        """Mean exposure, in bits."""
        return float(self.bits.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """Normal 95 per cent confidence interval of the mean; infinite for a single canary."""
        n = len(self.bits)
        half = Z_95 * float(self.bits.std(ddof=1)) / math.sqrt(n) if n > 1 else math.inf
        return self.mean - half, self.mean + half

    @property
    def chance(self) -> float:
        """97.5 per cent quantile of the mean for lines that the model was not fitted on.

        Their exposures have an exponential distribution, and the sum of N of them a chi-squared
        one, whose quantile is approximated.

        Source: Wilson and Hilferty (1931), "The distribution of chi-square", PNAS 17.
        """
        n = len(self.bits)
        return CHANCE * (1 - 1 / (9 * n) + Z_95 / (3 * math.sqrt(n))) ** 3

    @property
    def is_memorised(self) -> bool:
        """Whether the mean exposure is above `chance`."""
        return self.mean > self.chance

    @property
    def first(self) -> int:
        """Number of canaries of estimated rank below 2: anyone with the model can list them."""
        return int((self.bits > self.largest - 1.0).sum())


def exposure(fitted: FittedModel, draws: int, seed: int) -> Exposure | None:
    """Estimate the exposure of a model's canaries.

    Args:
        fitted: the fitted model.
        draws: number of lines drawn for each estimate and each list's canaries, divided among their
            labels.
        seed: random seed.

    Returns:
        The exposures, or None if the model has no canaries.

    Raises:
        OptionError: `draws` is below 1.
    """
    if draws < 1:
        raise OptionError(f"draws is {draws}: give 1 or more")
    columns = [
        _label_exposures(fitted, canaries, label, draws, seed)
        for canaries in fitted.canaries
        for label in (*sorted(set(canaries.labels)),) or (None,)
    ]
    if not columns:
        return None
    return Exposure(*(np.concatenate(arrays) for arrays in zip(*columns, strict=True)))


def _label_exposures(
    fitted: FittedModel, canaries: Canaries, label: str | None, draws: int, seed: int
) -> tuple[Float64s, Float64s, Float64s]:
    """Return (N,) exposures of one label's canaries, their errors and their maxima, in bits."""
    n = draws if label is None else max(_MIN_LINES_PER_LABEL, draws // len(set(canaries.labels)))
    lines = canaries.lines
    if label is not None:
        lines = tuple(x for x, y in zip(lines, canaries.labels, strict=True) if y == label)

    def scores(strings: list[str]) -> Float64s:
        lines = Lines.from_strings(strings)
        return Scorer.of(fitted).lines(lines if label is None else lines.with_label(label))

    uniform = scores(canaries.draw(n, np.random.default_rng(seed)))
    options = SampleOptions(max_length=canaries.length, label=label, seed=seed)
    in_space = [
        line
        for line in draw_distinct(Source.of(fitted), options, n)
        if canaries.is_in_sample_space(line)
    ]
    canary_scores = scores(list(lines))
    bits, error = compute_exposures(
        uniform, estimate_ranks(scores(in_space), canary_scores, n), n, canaries.bits
    )
    return bits, error, np.full(len(lines), canaries.bits)


def compute_exposures(
    uniform: Float64s, ranks: Ranks, draws: int, bits: float
) -> tuple[Float64s, Float64s]:
    """Compute each canary's exposure from the more precise of two estimates of its rank.

    Args:
        uniform: (n,) log-likelihoods of lines drawn uniformly from the space, in nats.
        ranks: ranks of the canaries among the lines of the space that were drawn from the model.
        draws: number of lines drawn from the model.
        bits: the logarithm to base 2 of the size of the space.

    Returns:
        (N,) exposures and (N,) their standard errors, in bits.

    Example:
        >>> log_prob = np.log(np.array([0.5, 1e-9]))
        >>> ranks = Ranks(np.zeros(2), np.zeros(2), log_prob)
        >>> bits, _ = compute_exposures(np.full(1023, -20.0), ranks, draws=1000, bits=16)
        >>> bits.tolist()
        [16.0, 0.0]
    """
    ordered = np.sort(uniform)
    log_prob = ranks.log_prob
    below = np.searchsorted(ordered, log_prob - TIE_TOLERANCE)
    above = np.searchsorted(ordered, log_prob + TIE_TOLERANCE, side="right")
    rank_in_sample = len(ordered) - (below + above) / 2 + 1
    scale = 2.0**bits / (len(ordered) + 1)
    log_absent = draws * np.log1p(-np.minimum(np.exp(log_prob), 1 - 1e-12))  # log (1 - p)^n
    pi = np.maximum(-np.expm1(log_absent), np.finfo(np.float64).tiny)
    canary = 1 / pi  # the canary has the same weight as any line of its probability
    rank = np.stack([scale * rank_in_sample, ranks.more + canary])
    error = np.stack(
        [scale * np.sqrt(rank_in_sample), np.hypot(ranks.error, np.sqrt(1 - pi) * canary)]
    )
    chosen, column = error.argmin(axis=0), np.arange(len(log_prob))
    rank, error = np.clip(rank[chosen, column], 1.0, 2.0**bits), error[chosen, column]
    return bits - np.log2(rank), error / rank / math.log(2)
