"""How many lines are more probable than a line: estimated from lines drawn.

Of n lines drawn from the model, a line y of probability p(y) is among them with the probability
pi(y) = 1 - (1 - p(y))^n. So with S for the distinct lines drawn,

    rank(x) = sum over y in S with p(y) > p(x) of 1 / pi(y)

has the number of more probable lines as its mean, and the variance

    sum over those y of (1 - pi) / pi^2  -  n (sum over those y of p (1 - p)^n / pi^2)^2

about. Lines that are so probable that all of them are drawn are counted, exactly.

Source: Dell'Amico and Filippone (2015), "Monte Carlo strength evaluation: fast and reliable
password checking", ACM CCS 2015, section 3. Differs: they give each line drawn, repeats included,
1 / (n p), which is the limit of 1 / pi for rare lines; the weights 1 / pi are those of Horvitz and
Thompson (1952), "A generalization of sampling without replacement from a finite universe", JASA 47.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.lines import Lines
from makemore.options.verbs import SampleOptions
from makemore.sampling.stream import free_lines
from makemore.sampling.task import Source
from makemore.scoring import Scorer

_ALIKE = 1e-4  # nats: rounding tells lines apart by less, in batches of other sizes


class Ranks(NamedTuple):
    """How rare lines are.

    Attributes:
        more: (B,) float64, an estimate of how many lines are more probable; inf, as is its error,
            for a line that is impossible.
        error: (B,) float64, the standard error of the estimate.
        log_prob: (B,) float64, the log-likelihood of each line, nats.
    """

    more: NDArray[np.float64]
    error: NDArray[np.float64]
    log_prob: NDArray[np.float64]


def ranks(source: Source, lines: Lines, draws: int, label: str | None, seed: int) -> Ranks:
    """Estimates ranks among the lines of at most twice the characters of the longest learned.

    Args:
        source: a fitted model.
        lines: the lines to rank.
        draws: how many lines to draw.
        label: ranks lines of one label among its own; None, among those of all labels.
        seed: of the drawing.

    Raises:
        OptionError: there is no such label.
    """
    scorer = Scorer(source.model, source.vocabulary, source.label_shares)
    options = SampleOptions(max_length=2 * source.longest, label=label, seed=seed)
    drawn = Lines.from_strings(list(free_lines(source, options, draws)))

    def scores(of: Lines) -> NDArray[np.float64]:
        return scorer.lines(of.without_labels() if label is None else of.with_label(label))

    found = -np.sort(-scores(drawn))
    p = np.exp(found)
    absent = np.exp(draws * np.log1p(-np.minimum(p, 1 - 1e-12)))  # (1 - p)^n
    present = -np.expm1(draws * np.log1p(-np.minimum(p, 1 - 1e-12)))
    more = _sums(1 / present)
    spread = _sums(absent / present**2) - draws * _sums(p * absent / present**2) ** 2
    log_prob = scores(lines)
    above = np.searchsorted(-found, -(log_prob + _ALIKE))
    error = np.sqrt(np.maximum(spread[above], 0.0))
    is_possible = np.isfinite(log_prob)
    return Ranks(
        np.where(is_possible, more[above], np.inf), np.where(is_possible, error, np.inf), log_prob
    )


def _sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sums of the first 0, 1, 2 ... values."""
    return np.concatenate([np.zeros(1), np.cumsum(values)])
