"""Allowed lines from a model that is asked step by step: approximate, and says how far.

A guide, a small counted model written out as states, knows how probable it is that a line goes on
to be an allowed one: its messages m, see `makemore.sampling.backward_messages`. The model's own
distribution p is bent by them, character by character,

    q(x | h) = p(x | h) m(h x) / Z(h)        Z(h) = sum over x of p(x | h) m(h x)

so that every proposal is allowed, and the bending is made good by weights,

    w(line) = product over its characters of  p / q  =  product of  Z(h) / m(h x)

Of k proposals one is kept, with a probability in proportion to its weight. Lines stay independent;
their distribution comes to the model's own among the allowed lines as k grows, and the nearer the
guide is to the model, the sooner.

Source: sampling-importance resampling, Rubin (1988), "Using the SIR algorithm to simulate posterior
distributions", Bayesian Statistics 3. Differs: the proposal is bent by a guide's messages.
"""

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Ints, unique_inverse
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.likelihood import Model
from makemore.sampling.backward_messages import BackwardMessages
from makemore.sampling.samplers import Beginning, Shape, Uniforms, cumulated, invert, scattered


class Guided:
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
        """Begins every line with the prefix."""
        self._model, self._shape, self._guide = model, shape, guide
        self._log_probs, self._state = beginning.log_probs, beginning.state
        self.pool = 1

    def draw(
        self, uniforms: Uniforms, which: NDArray[np.intp], first: int, most: int
    ) -> NDArray[np.int32]:
        """See `Walk.draw`."""
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
        found: NDArray[np.int32] = ids[np.arange(len(which)) * k + chosen]
        return found

    def propose(
        self, uniforms: Uniforms, which: NDArray[np.intp], first: int, most: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Draws proposals, with the natural logarithm of each one's weight.

        Returns:
            (n, T) ids as `draw` gives them, and (n,) float64, -inf for a proposal that came to
            where the shaped distribution allows nothing more: it has not ended.
        """
        V = self._model.vocabulary_size
        columns, weights = [], np.full(len(which), -np.inf)
        lines: Ints = np.arange(len(which))
        group: Ints = np.zeros(len(which), np.intp)
        log_probs, state = self._log_probs, self._state
        pair, log_weight = np.zeros(1, np.intp), np.zeros(1)  # of each distinct prefix
        for position in range(most + 1):
            probs = self._shape.probs(log_probs)
            bent = self._guide.weights(pair, position, probs)
            total = bent.sum(axis=1)
            may_go_on = total[group] > 0  # the others stay as they are, not ended
            lines, group = lines[may_go_on], group[may_go_on]
            u = uniforms.at(first + position)[which[lines]]
            drawn = invert(cumulated(bent + (total == 0)[:, None]), group, u)
            columns.append(scattered(drawn, lines, len(which)))
            so_far = log_weight[group] + np.log(
                probs[group, drawn] * total[group] / bent[group, drawn]
            )
            weights[lines[drawn == BOUNDARY]] = so_far[drawn == BOUNDARY]
            goes_on = drawn != BOUNDARY
            lines = lines[goes_on]
            if not len(lines):
                break
            keys = group[goes_on] * V + drawn[goes_on]
            key, group = unique_inverse(keys, len(log_probs) * V)
            before, ids = key // V, (key % V).astype(np.int32)
            log_weight = np.zeros(len(key))
            log_weight[group] = so_far[goes_on]  # the same for all that have come the same way
            pair = self._guide.goto[pair[before], ids].astype(np.intp)
            log_probs, state = self._model.step(ids, state[before])
        found = np.zeros((len(which), len(columns) + (len(columns) <= most)), np.int32)
        found[:, : len(columns)] = np.stack(columns, axis=1)
        found[np.isneginf(weights), -1] = 1  # not ended
        return found, weights
