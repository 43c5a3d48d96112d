"""Diagnostics of batch normalisation: lag of its running averages, and effect of batch-mates."""

import copy
from dataclasses import dataclass

import numpy as np
import torch

from makemore.arrays import Float32s, Float64s
from makemore.contexts.table import Contexts
from makemore.layers.batch_norm import BatchNorm, calibrate
from makemore.layers.network import Network

_OTHER_LINES, _BATCHES = 31, 20  # lines in a batch besides the one measured; number of batches


@dataclass(frozen=True, eq=False)
class Norm:
    """One layer of batch normalisation.

    Attributes:
        name: name of the module.
        mean: (H,) float32, the running mean.
        variance: (H,) float32, the running variance.
        calibrated_mean: (H,) float32, the mean over the lines given.
        calibrated_variance: (H,) float32, the variance over the lines given.
    """

    name: str
    mean: Float32s
    variance: Float32s
    calibrated_mean: Float32s
    calibrated_variance: Float32s

    @property
    def distance(self) -> float:
        """Mean distance of running means from calibrated ones, in standard deviations."""
        std = np.sqrt(self.calibrated_variance + 1e-5)
        return float(np.abs((self.mean - self.calibrated_mean) / std).mean())


def norms_of(network: Network, c: Contexts) -> list[Norm]:
    """Calibrate the batch normalisation of a copy of a network, and return the old and new values.

    Args:
        network: any network; it is not changed.
        c: contexts of the lines to calibrate on.
    """
    copied = copy.deepcopy(network)
    calibrate(copied, [c])
    pairs = zip(network.named_modules(), copied.modules(), strict=True)
    return [
        Norm(name, *(_to_array(x) for x in (old.mean, old.variance, new.mean, new.variance)))
        for (name, old), new in pairs
        if isinstance(old, BatchNorm) and isinstance(new, BatchNorm)
    ]


def random_batch_losses(network: Network, c: Contexts, seed: int = 0) -> Float64s:
    """Compute the loss of one line in different training batches.

    With batch normalisation, the loss of a line depends on the other lines of its batch.

    Args:
        network: any network; it is not changed.
        c: contexts of at least two lines; with only two, all batches are the same.
        seed: random seed of the batches.

    Returns:
        (20,) float64, mean loss of the first line, in nats per character, in each of twenty batches
        with 31 other lines, or with half of the others if that is fewer. Without batch
        normalisation, all losses are the same.
    """
    copied, rng = copy.deepcopy(network).train(), np.random.default_rng(seed)
    length = int(c.start[1])
    other_count = len(c.line_weight) - 1
    batch_others = min(_OTHER_LINES, (other_count + 1) // 2)  # at most half, so that batches differ
    losses = []
    for _ in range(_BATCHES):
        others = 1 + rng.choice(other_count, batch_others, replace=False)
        batch = c.lines(np.concatenate([[0], others]))
        edges = batch.edge[:length]
        with torch.no_grad():
            log_probs = copied(batch).log_softmax(dim=1).cpu().numpy()
        losses.append(-log_probs[batch.row[edges], batch.next[edges]].mean())
    return np.array(losses, np.float64)


def _to_array(x: torch.Tensor) -> Float32s:
    """Return a copy as an array."""
    array: Float32s = x.detach().cpu().numpy().copy()
    return array
