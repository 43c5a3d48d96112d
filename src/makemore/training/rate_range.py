"""The learning-rate range test: a short training while the rate rises from low to far too high.

Every step sees the whole list, and nothing is dropped, so the curve has no noise and need not be
smoothed.

Source: Smith (2017), "Cyclical learning rates for training neural networks", arXiv 1506.01186,
section 3.3, and the makemore lectures. Differs: rates rise by a factor, not by a difference; the
suggestion is a share of the rate that the lowest loss was found at.
"""

from dataclasses import dataclass, replace

import numpy as np

from makemore.arrays import Float64s
from makemore.contexts.table import Contexts
from makemore.errors import DivergedError
from makemore.layers.network import Network
from makemore.training.loop import Training, TrainOptions

_LOW, _HIGH, _STEPS = 1e-4, 3.0, 120
_SHARE = 0.3  # of the rate with the lowest loss
_LOST = 1.0  # nats above the lowest loss, from which on nothing more is to be seen


@dataclass(frozen=True, eq=False)
class RateRange:
    """A range test.

    Attributes:
        rates: (n,) float64, ascending.
        losses: (n,) float64, the loss of the whole list before each step, nats per character.
        suggestion: the highest rate to train with.
    """

    rates: Float64s
    losses: Float64s
    suggestion: float


def rate_range(network: Network, c: Contexts, options: TrainOptions) -> RateRange:
    """Trains a network for a while with rising rates; its weights are of no use afterwards.

    Args:
        network: fresh.
        c: the whole list.
        options: how it will be trained; steps, rate and batch are of no meaning here.
    """
    network.dropout = 0.0
    trial = _Rising(network, replace(options, steps=_STEPS, batch=None, every=1))
    rates, losses = [], []
    try:
        for step in trial.run(c, None):
            rates.append(step.rate)
            losses.append(step.loss)
            if step.loss > min(losses) + _LOST:
                break
    except DivergedError:
        if not losses:
            raise
        # Else this is the end of the range.
    lowest = rates[max(0, int(np.argmin(losses)) - 1)]  # the step that led there
    return RateRange(np.array(rates), np.array(losses), _SHARE * lowest)


class _Rising(Training):
    """A training whose rate rises all the time."""

    def rate(self, step: int) -> float:
        """By the same factor from each step to the next."""
        return float(_LOW * (_HIGH / _LOW) ** (step / (self.options.steps - 1)))
