"""Allowed lines from a model that is asked step by step: approximate, with an estimated distance.

A guide, a small counted model compiled to an automaton, gives the probability that a line goes on
to be an allowed one: its messages m, see `makemore.sampling.backward_messages`. Proposals are drawn
character by character from the model's own distribution p times these messages,

    q(x | h) = p(x | h) m(h x) / Z(h)        Z(h) = sum over x of p(x | h) m(h x)

so that every proposal is allowed, and importance weights correct for it,

    w(line) = product over its characters of  p / q  =  product of  Z(h) / m(h x)

Of k proposals one is kept, with a probability in proportion to its weight. Lines stay independent;
their distribution converges to the model's own among the allowed lines as k grows, and the faster,
the nearer the guide is to the model.

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
from makemore.sampling.samplers import Shape, Uniforms, column_of, cumulative_sums, inverse_cdf
from makemore.sampling.walk import Beginning


@dataclass
class Prefixes:
    """The N distinct prefixes h of the unfinished proposals.

    Attributes:
        log_probs: (N, V) float32, the model's log-probabilities of the next id.
        state: the model's state, a row for each.
        pair: (N,) where each stands in the guide.
        log_weight: (N,) float64, natural logarithm of the weight so far.
    """

    log_probs: Float32s
    state: State
    pair: Ints
    log_weight: NDArray[np.float64]

    @classmethod
    def of(cls, beginning: Beginning) -> Self:
        """Return the prefix that every line starts with."""
        return cls(beginning.log_probs, beginning.state, np.zeros(1, np.intp), np.zeros(1))


@dataclass
class Proposals:
    """The n proposals of a draw; those in `lines` are unfinished.

    Attributes:
        n: how many there are.
        lines: (u,) which of them are unfinished.
        rows: (u,) the prefix that each of these has.
        columns: (n,) int32 each: the ids drawn at every position, zero for others.
        log_weights: (n,) float64, natural logarithms of the weights of those that have ended; -inf
            for the others.
    """

    n: int
    lines: Ints = field(init=False)
    rows: Ints = field(init=False)
    columns: list[NDArray[np.int32]] = field(init=False, default_factory=list)
    log_weights: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        """Begin all of them with the same prefix."""
        self.lines, self.rows = np.arange(self.n), np.zeros(self.n, np.intp)
        self.log_weights = np.full(self.n, -np.inf)

    def keep(self, which: NDArray[np.bool_]) -> None:
        """Keep these as the unfinished ones, (u,) bool."""
        self.lines, self.rows = self.lines[which], self.rows[which]

    def record(self, ids: Ints, log_weight: NDArray[np.float64]) -> None:
        """Record the ids that the unfinished ones drew, (u,), and the weights of those that end."""
        self.columns.append(column_of(ids, self.lines, self.n))
        has_ended = ids == BOUNDARY
        self.log_weights[self.lines[has_ended]] = log_weight[has_ended]

    def ids(self, width: int) -> NDArray[np.int32]:
        """Return (n, T) int32 ids, T at most `width`; the last is not zero where none ended."""
        T = len(self.columns)
        ids = np.zeros((self.n, min(T + 1, width)), np.int32)
        ids[:, :T] = np.stack(self.columns, axis=1)
        ids[np.isneginf(self.log_weights), -1] = 1
        return ids


class GuidedSampler:
    """Draws allowed lines by guided proposals; approximate.

    Attributes:
        pool: k, proposals for each line.
    """

    def __init__(
        self,
        model: Model,
        shape: Shape,
        guide: BackwardMessages,
        beginning: Beginning,
    ) -> None:
        """Begin every line with the prefix."""
        self._model, self._shape, self._guide = model, shape, guide
        self._beginning = beginning
        self.pool = 1

    def draw(
        self, uniforms: Uniforms, which: NDArray[np.intp], first: int, most: int
    ) -> NDArray[np.int32]:
        """See `Sampler.draw`."""
        k = self.pool
        each = (which[:, None] * k + np.arange(k)).ravel()
        ids, log_weights = self.propose(uniforms.fanned(k), each, first, most)
        pools = log_weights.reshape(-1, k)
        largest = pools.max(axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):
            weights = np.nan_to_num(np.exp(pools - largest))  # all of a pool may have failed
        cumulative = np.cumsum(weights, axis=1)
        u = uniforms.at(first)[which] * cumulative[:, -1]
        chosen = np.minimum((cumulative <= u[:, None]).sum(axis=1), k - 1)
        lines: NDArray[np.int32] = ids[np.arange(len(which)) * k + chosen]
        return lines

    def propose(
        self, uniforms: Uniforms, which: NDArray[np.intp], first: int, most: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Draw proposals, with the natural logarithm of each one's weight.

        Args:
            uniforms: the numbers.
            which: (n,) the places of the proposals among them.
            first: the position of a proposal's first number.
            most: characters a proposal may add to the prefix.

        Returns:
            (n, T) ids as `draw` gives them, and (n,) float64, -inf for a proposal after whose
            prefix the shaped distribution allows nothing more: it has not ended.
        """
        prefixes, proposals = Prefixes.of(self._beginning), Proposals(len(which))
        for position in range(most + 1):
            p = self._shape.probs(prefixes.log_probs)  # (N, V)
            weights = self._guide.weights(prefixes.pair, position, p)  # p(x | h) m(h x)
            Z = weights.sum(axis=1)  # (N,)
            proposals.keep(Z[proposals.rows] > 0)  # the others stay as they are, not ended
            table = cumulative_sums(weights + (Z == 0)[:, None])
            u, h = uniforms.at(first + position)[which[proposals.lines]], proposals.rows
            x = inverse_cdf(table, h, u)
            log_weight = prefixes.log_weight[h] + np.log(p[h, x] * Z[h] / weights[h, x])
            proposals.record(x, log_weight)
            goes_on = x != BOUNDARY
            proposals.keep(goes_on)
            if not len(proposals.lines):
                break
            prefixes, proposals.rows = self._step(
                prefixes, proposals.rows, x[goes_on], log_weight[goes_on]
            )
        return proposals.ids(most + 1), proposals.log_weights

    def _step(
        self, prefixes: Prefixes, rows: Ints, x: Ints, log_weight: NDArray[np.float64]
    ) -> tuple[Prefixes, Ints]:
        """The distinct prefixes one character longer, and the prefix of each proposal among them.

        Args:
            prefixes: N of them.
            rows: (u,) the prefix of each unfinished proposal.
            x: (u,) the id that follows it.
            log_weight: (u,) of each.
        """
        V = self._model.vocabulary_size
        distinct, longer = unique_inverse(rows * V + x, len(prefixes.log_probs) * V)
        before, ids = distinct // V, (distinct % V).astype(np.int32)
        weight = np.zeros(len(distinct))
        weight[longer] = log_weight  # the same for all proposals with the same prefix
        pair = self._guide.goto[prefixes.pair[before], ids].astype(np.intp)
        log_probs, state = self._model.step(ids, prefixes.state[before])
        return Prefixes(log_probs, state, pair, weight), longer
