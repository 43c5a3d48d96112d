"""The learning-rate range test: a short training with a rate that rises from low to far too high.

Every step uses the whole list without dropout, so the loss curve has no noise and needs no
smoothing.

Source: Smith (2017), "Cyclical learning rates for training neural networks", arXiv 1506.01186,
section 3.3, and the makemore lectures. Differs: rates rise geometrically, not linearly; the
suggestion is a fraction of the rate of the step that led to the lowest loss.
"""

from dataclasses import dataclass, replace

import numpy as np

from makemore.arrays import Float64s
from makemore.contexts.table import Contexts
from makemore.errors import DivergedError
from makemore.layers.network import Network
from makemore.training.loop import Training, TrainOptions

_LOW, _HIGH, _STEPS = 1e-4, 3.0, 120
_SHARE = 0.3  # fraction of the rate that led to the lowest loss
_MAX_RISE = 1.0  # nats above the lowest loss, where the test stops


@dataclass(frozen=True, eq=False)
class RateRange:
    """Result of a range test.

    Attributes:
        rates: (n,) float64, ascending.
        losses: (n,) float64, the loss of the whole list before each step, nats per character.
        suggestion: suggested peak learning rate.
    """

    rates: Float64s
    losses: Float64s
    suggestion: float


def rate_range(network: Network, c: Contexts, options: TrainOptions) -> RateRange:
    """Run a range test on a network; discard the network afterwards.

    Args:
        network: a network with initial weights.
        c: the whole list.
        options: the training options; the test sets its own steps, rate, batch and interval.
    """
    network.dropout = 0.0
    trial = _RisingRateTraining(network, replace(options, steps=_STEPS, batch=None, every=1))
    rates, losses = [], []
    try:
        for step in trial.run(c, None):
            rates.append(step.rate)
            losses.append(step.loss)
            if step.loss > min(losses) + _MAX_RISE:
                break
    except DivergedError:
        if not losses:
            raise
        # Otherwise the range ends here.
    lowest = rates[max(0, int(np.argmin(losses)) - 1)]  # losses[i] precedes step i
    return RateRange(np.array(rates), np.array(losses), _SHARE * lowest)


class _RisingRateTraining(Training):
    """Training with a rising learning rate."""

    def rate(self, step: int) -> float:
        """Return the rate of a step; it rises by a constant factor per step."""
        return float(_LOW * (_HIGH / _LOW) ** (step / (self.options.steps - 1)))
