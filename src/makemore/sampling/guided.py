"""Approximate sampling of allowed lines by importance resampling, with an estimated distance.

The guide is a small counted model compiled to an automaton. Its backward messages m give the
probability that the rest of a line makes it an allowed one; see
`makemore.sampling.backward_messages`. Proposals are drawn character by character from the model's
own distribution p times these messages,

    q(x | h) = p(x | h) m(h x) / Z(h)        Z(h) = sum over x of p(x | h) m(h x)

so that every proposal is allowed. Importance weights correct for the difference,

    w(line) = product over its characters of  p / q  =  product of  Z(h) / m(h x)

One of k proposals is kept, with a probability proportional to its weight. Lines stay independent.
As k grows, their distribution converges to the model's own over the allowed lines. The nearer the
guide is to the model, the faster it converges.

Source: sampling-importance resampling, Rubin (1988), "Using the SIR algorithm to simulate posterior
distributions", Bayesian Statistics 3. Differs: the proposals are weighted by a guide's messages.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s, Ints, unique_inverse
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.model import Model, State
from makemore.sampling.backward_messages import BackwardMessages
from makemore.sampling.samplers import (
    BLOCK,
    Uniforms,
    Warper,
    cumulative_sums,
    inverse_cdf,
    scatter_ids,
)
from makemore.sampling.stepwise import PrefixState


@dataclass
class Prefixes:
    """The N distinct prefixes h of the unfinished proposals.

    Attributes:
        log_probs: (N, V) float32, the model's log-probabilities of the next id.
        state: the model's state, with a row for each prefix.
        pair: (N,) the pair of each in the guide's messages.
        log_weight: (N,) float64, natural logarithm of the weight of each.
    """

    log_probs: Float32s
    state: State
    pair: Ints
    log_weight: NDArray[np.float64]

    @classmethod
    def of(cls, prefix_state: PrefixState) -> Self:
        """Return the prefix that every line starts with."""
        return cls(prefix_state.log_probs, prefix_state.state, np.zeros(1, np.intp), np.zeros(1))


@dataclass
class Proposals:
    """The n proposals of a draw; those in `lines` are unfinished.

    Attributes:
        n: number of proposals.
        lines: (u,) indices of the unfinished proposals.
        rows: (u,) the prefix of each unfinished proposal.
        columns: for each position, (n,) int32 ids drawn there; zero for proposals that drew none.
        log_weights: (n,) float64, natural logarithm of the weight of each finished proposal; -inf
            for the others.
    """

    n: int
    lines: Ints = field(init=False)
    rows: Ints = field(init=False)
    columns: list[NDArray[np.int32]] = field(init=False, default_factory=list)
    log_weights: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        """Start all proposals with the same prefix."""
        self.lines, self.rows = np.arange(self.n), np.zeros(self.n, np.intp)
        self.log_weights = np.full(self.n, -np.inf)

    def select(self, mask: NDArray[np.bool_]) -> None:
        """Keep only some of the unfinished proposals, (u,) bool, as unfinished."""
        self.lines, self.rows = self.lines[mask], self.rows[mask]

    def record(self, ids: Ints, log_weight: NDArray[np.float64]) -> None:
        """Record (u,) ids of the unfinished proposals, and the weights of those that end now."""
        self.columns.append(scatter_ids(ids, self.lines, self.n))
        has_ended = ids == BOUNDARY
        self.log_weights[self.lines[has_ended]] = log_weight[has_ended]

    def ids(self, width: int) -> NDArray[np.int32]:
        """Return (n, T) int32 ids, T at most `width`; the last is not zero in unfinished rows."""
        T = len(self.columns)
        ids = np.zeros((self.n, min(T + 1, width)), np.int32)
        ids[:, :T] = np.stack(self.columns, axis=1)
        ids[np.isneginf(self.log_weights), -1] = 1
        return ids


class GuidedSampler:
    """A sampler that resamples guided proposals; approximate.

    Attributes:
        pool: k, the number of proposals for each line.
    """

    def __init__(
        self,
        model: Model,
        warper: Warper,
        guide: BackwardMessages,
        prefix_state: PrefixState,
    ) -> None:
        """Start every line after the prefix."""
        self._model, self._warper, self._guide = model, warper, guide
        self._prefix_state = prefix_state
        self.pool_size = 1

    def draw(
        self,
        uniforms: Uniforms,
        indices: NDArray[np.intp],
        first_position: int,
        max_characters: int,
    ) -> NDArray[np.int32]:
        """See `Sampler.draw`."""
        k = self.pool_size
        proposals = (indices[:, None] * k + np.arange(k)).ravel()
        ids, log_weights = self.propose(
            uniforms.spawn(k), proposals, first_position, max_characters
        )
        pools = log_weights.reshape(-1, k)
        largest = pools.max(axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):
            weights = np.nan_to_num(np.exp(pools - largest))  # NaN if a whole pool failed
        cumulative = np.cumsum(weights, axis=1)
        u = uniforms.at(first_position)[indices] * cumulative[:, -1]
        choice = np.minimum((cumulative <= u[:, None]).sum(axis=1), k - 1)
        lines: NDArray[np.int32] = ids[np.arange(len(indices)) * k + choice]
        return lines

    def propose(
        self,
        uniforms: Uniforms,
        indices: NDArray[np.intp],
        first_position: int,
        max_characters: int,
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Draw proposals, with the natural logarithm of the weight of each.

        Args:
            uniforms: the uniform numbers.
            indices: (n,) indices of the proposals within the range of `uniforms`.
            first_position: the position of the first number that a proposal uses.
            max_characters: maximum number of characters after the prefix.

        Returns:
            (n, T) ids as in `draw`, and (n,) float64 log-weights. A proposal fails if the warped
            distribution leaves no id that the guide allows; it has not ended, and its log-weight is
            -inf.
        """
        prefixes, proposals = Prefixes.of(self._prefix_state), Proposals(len(indices))
        for position in range(max_characters + 1):
            p = self._warper.probs(prefixes.log_probs)  # (N, V)
            weights = self._guide.weights(prefixes.pair, position, p)  # p(x | h) m(h x)
            Z = weights.sum(axis=1)  # (N,)
            proposals.select(Z[proposals.rows] > 0)  # the others fail: they never end
            table = cumulative_sums(weights + (Z == 0)[:, None])
            u, h = uniforms.at(first_position + position)[indices[proposals.lines]], proposals.rows
            x = inverse_cdf(table, h, u)
            log_weight = prefixes.log_weight[h] + np.log(p[h, x] * Z[h] / weights[h, x])
            proposals.record(x, log_weight)
            is_unfinished = x != BOUNDARY
            proposals.select(is_unfinished)
            if not len(proposals.lines):
                break
            prefixes, proposals.rows = self._step(
                prefixes, proposals.rows, x[is_unfinished], log_weight[is_unfinished]
            )
        return proposals.ids(max_characters + 1), proposals.log_weights

    def _step(
        self, prefixes: Prefixes, rows: Ints, x: Ints, log_weight: NDArray[np.float64]
    ) -> tuple[Prefixes, Ints]:
        """Extend the unfinished proposals by one id.

        Args:
            prefixes: N distinct prefixes.
            rows: (u,) the prefix of each unfinished proposal.
            x: (u,) the id drawn after each.
            log_weight: (u,) natural logarithm of the weight of each, including this id.

        Returns:
            The distinct longer prefixes, and (u,) the index of each proposal's prefix among them.
        """
        V = self._model.vocabulary_size
        keys, inverse = unique_inverse(rows * V + x, len(prefixes.log_probs) * V)
        parents, ids = keys // V, (keys % V).astype(np.int32)
        log_weights = np.zeros(len(keys))
        log_weights[inverse] = log_weight  # the same for all proposals with the same prefix
        pair = self._guide.goto[prefixes.pair[parents], ids].astype(np.intp)
        log_probs, state = self._model.step(ids, prefixes.state[parents])
        return Prefixes(log_probs, state, pair, log_weights), inverse


def effective_sample_size(log_weights: NDArray[np.float64]) -> float:
    """Return the effective sample size of weighted proposals, (sum of w)^2 / sum of w^2.

    The size is 1 if all weights are zero.

    Args:
        log_weights: (n,) natural logarithms of the weights w.

    Source: Kong (1992), "A note on importance sampling using standardized weights", Technical
    Report 348, Department of Statistics, University of Chicago.

    Example:
        >>> effective_sample_size(np.log([1.0, 1.0, 0.5, 0.5]))
        3.6
    """
    largest = log_weights.max()
    if not np.isfinite(largest):
        return 1.0
    weights = np.exp(log_weights - largest)
    return float(weights.sum() ** 2 / np.square(weights).sum())


def estimate_total_variation(
    sizes: NDArray[np.float64], shares: NDArray[np.float64], pool_size: int
) -> float:
    """Estimate the total variation distance between resampled lines and exact ones.

    Let W be the mean weight of a pool of k proposals, relative to its expectation. Resampling is
    exact under the distribution of the pool reweighted by W, so the distance is at most

        E |W - 1| / 2  <=  sqrt(Var W) / 2  =  sqrt((n / size - 1) / k) / 2

    where `size` is the effective sample size of n proposals. The size is an estimate: if no
    proposal has one of the heavy weights, the distance is too small. Variances are averaged over
    labels by their shares. The shares are estimated from n proposals each, so with several labels
    their standard errors are added.

    Args:
        sizes: (labels,) effective sample sizes of n = 4,096 proposals.
        shares: (labels,) shares of the labels among allowed lines.
        pool_size: k, the number of proposals for each line.
    """
    # The standard deviation of a weight, relative to the mean weight.
    deviation = np.sqrt(np.maximum(BLOCK / sizes - 1, 0.0))
    resampling_error = np.sqrt((shares * np.square(deviation)).sum() / pool_size) / 2
    share_error = (shares * deviation).sum() / np.sqrt(BLOCK) if len(shares) > 1 else 0.0
    return min(1.0, float(resampling_error + share_error))
