"""What a model gives away: how much it remembers of single lines.

With R for the space that a canary s was drawn from, and rank(s) for its place among all lines of R,
the most probable first,

    exposure(s) = log2 |R| - log2 rank(s)

bits: 0 for the last, log2 |R| for the first. A model that has never seen s gives it any place as
well as any other; then 2^-exposure is uniform, and the mean exposure is log2 e.

R is too large to be gone through, so a rank is estimated in two ways, of which the one with the
smaller standard error is taken. Among n lines drawn uniformly from R and s itself, s has the place
k + 1 if k are more probable, so

    rank(s) = |R| (k + 1) / (n + 1)                    standard error |R| root(k + 1) / (n + 1)

which sees no exposure above log2 (n + 1). A canary near the top is ranked by n lines drawn from the
model, those of R among them, as `makemore.evaluation.ranks` says, and counts for itself too:

    rank(s) = sum over y drawn with p(y) > p(s) of 1 / pi(y)  +  1 / pi(s)

so that both, where nothing more probable was drawn, err on the side of a low exposure.

Source: Carlini, Liu, Erlingsson, Kos and Song (2019), "The Secret Sharer: evaluating and testing
unintended memorization in neural networks", USENIX Security, arXiv 1802.08232, section 4, where the
second way is to fit a skew-normal distribution. Differs: lines drawn from the model are in its
place, which assume no distribution; of lines alike, half count as more probable.
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
from makemore.sampling.stream import free_lines

CHANCE = math.log2(math.e)  # the mean exposure of lines that were not learned, bits
_FEWEST = 1024  # lines drawn for each label


@dataclass(frozen=True, eq=False)
class Exposure:
    """How far up a model ranks each canary among the lines that it could as well have been.

    Attributes:
        bits: (N,) float64, the exposure of each.
        error: (N,) float64, its standard error, bits.
        largest: (N,) float64, the exposure it would have if it came first, bits.
    """

    bits: Float64s
    error: Float64s
    largest: Float64s

    @property
    def mean(self) -> float:
        """The mean exposure, bits."""
        return float(self.bits.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """A 95 per cent interval for the mean, by the normal distribution; infinite for one."""
        n = len(self.bits)
        half = Z_95 * float(self.bits.std(ddof=1)) / math.sqrt(n) if n > 1 else math.inf
        return self.mean - half, self.mean + half

    @property
    def chance(self) -> float:
        """What the mean stays below, in 39 of 40 cases, for lines that were not learned.

        Exposures then have the exponential distribution, and the sum of N a chi-squared one.

        Source: Wilson and Hilferty (1931), "The distribution of chi-square", PNAS 17.
        """
        n = len(self.bits)
        return CHANCE * (1 - 1 / (9 * n) + Z_95 / (3 * math.sqrt(n))) ** 3

    @property
    def is_remembered(self) -> bool:
        """Whether the mean is higher than chance would have it."""
        return self.mean > self.chance

    @property
    def first(self) -> int:
        """How many canaries come first or second: who has the model can list them."""
        return int((self.bits > self.largest - 1.0).sum())


def exposure(learned: FittedModel, draws: int, seed: int) -> Exposure | None:
    """Measures the exposure of a model's canaries; None if it has none.

    Args:
        learned: the model.
        draws: lines drawn in each way for each list's canaries, shared by their labels.
        seed: of the drawing.

    Raises:
        OptionError: no line is to be drawn.
    """
    if draws < 1:
        raise OptionError(f"draws is {draws}: give 1 or more")
    parts = [
        _of_label(learned, canaries, label, draws, seed)
        for canaries in learned.canaries
        for label in (*sorted(set(canaries.labels)),) or (None,)
    ]
    if not parts:
        return None
    return Exposure(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _of_label(
    learned: FittedModel, canaries: Canaries, label: str | None, draws: int, seed: int
) -> tuple[Float64s, Float64s, Float64s]:
    """(N,) exposures of the canaries of one label, their errors, and how large they could be."""
    n = draws if label is None else max(_FEWEST, draws // len(set(canaries.labels)))
    own = canaries.lines
    if label is not None:
        own = tuple(x for x, y in zip(own, canaries.labels, strict=True) if y == label)

    def scores(strings: list[str]) -> Float64s:
        lines = Lines.from_strings(strings)
        return Scorer.of(learned).lines(lines if label is None else lines.with_label(label))

    uniform = scores(canaries.drawn(n, np.random.default_rng(seed)))
    options = SampleOptions(max_length=canaries.length, label=label, seed=seed)
    made = [line for line in free_lines(Source.of(learned), options, n) if canaries.has(line)]
    asked = scores(list(own))
    bits, error = exposures(uniform, estimate_ranks(scores(made), asked, n), n, canaries.bits)
    return bits, error, np.full(len(own), canaries.bits)


def exposures(
    uniform: Float64s, ranks: Ranks, draws: int, bits: float
) -> tuple[Float64s, Float64s]:
    """Takes, for each canary, the better of two estimates of its rank.

    Args:
        uniform: (n,) log-likelihoods of lines drawn uniformly from the space, nats.
        ranks: of the canaries, among the lines of the space that the model drew.
        draws: how many lines the model drew.
        bits: the logarithm to base 2 of the size of the space.

    Returns:
        (N,) exposures and (N,) their standard errors, bits.

    Example:
        >>> log_prob = np.log(np.array([0.5, 1e-9]))
        >>> ranks = Ranks(np.zeros(2), np.zeros(2), log_prob)
        >>> found, _ = exposures(np.full(1023, -20.0), ranks, draws=1000, bits=16)
        >>> found.tolist()
        [16.0, 0.0]
    """
    ordered = np.sort(uniform)
    asked = ranks.log_prob
    below = np.searchsorted(ordered, asked - TIE_TOLERANCE)
    above = np.searchsorted(ordered, asked + TIE_TOLERANCE, side="right")
    place = len(ordered) - (below + above) / 2 + 1
    among = 2.0**bits / (len(ordered) + 1)
    absent = draws * np.log1p(-np.minimum(np.exp(asked), 1 - 1e-12))  # log (1 - p)^n
    chance = np.maximum(-np.expm1(absent), np.finfo(np.float64).tiny)
    own = 1 / chance  # the canary counts for as many as any line as rare
    rank = np.stack([among * place, ranks.more + own])
    error = np.stack([among * np.sqrt(place), np.hypot(ranks.error, np.sqrt(1 - chance) * own)])
    best, column = error.argmin(axis=0), np.arange(len(asked))
    rank, error = np.clip(rank[best, column], 1.0, 2.0**bits), error[best, column]
    return bits - np.log2(rank), error / rank / math.log(2)
