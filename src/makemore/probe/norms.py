"""Batch normalisation looked at: how far its running averages trail, and what batch-mates do."""

import copy
from dataclasses import dataclass

import numpy as np
import torch

from makemore.arrays import Float32s, Float64s
from makemore.contexts.table import Contexts
from makemore.layers.batch_norm import BatchNorm, calibrate
from makemore.layers.network import Network

_MATES, _BATCHES = 31, 20  # lines beside the one looked at; batches


@dataclass(frozen=True, eq=False)
class Norm:
    """One layer of batch normalisation.

    Attributes:
        name: of the module.
        mean: (H,) float32, the running mean.
        variance: (H,) float32, the running variance.
        calibrated_mean: (H,) float32, the mean over the lines looked at.
        calibrated_variance: (H,) float32, likewise.
    """

    name: str
    mean: Float32s
    variance: Float32s
    calibrated_mean: Float32s
    calibrated_variance: Float32s

    @property
    def distance(self) -> float:
        """How far the running means are from the calibrated ones, in standard deviations."""
        spread = np.sqrt(self.calibrated_variance + 1e-5)
        return float(np.abs((self.mean - self.calibrated_mean) / spread).mean())


def norms_of(network: Network, c: Contexts) -> list[Norm]:
    """Measures each layer of batch normalisation anew on some lines, on a copy of the network."""
    twin = copy.deepcopy(network)
    calibrate(twin, [c])
    pairs = zip(network.named_modules(), twin.modules(), strict=True)
    return [
        Norm(name, *(_array(x) for x in (old.mean, old.variance, new.mean, new.variance)))
        for (name, old), new in pairs
        if isinstance(old, BatchNorm) and isinstance(new, BatchNorm)
    ]


def batch_mates(network: Network, c: Contexts, seed: int = 0) -> Float64s:
    """How much a line's loss depends on the lines that are in its batch while training.

    Args:
        network: stays as it was.
        c: at least two lines; of two alone all batches are alike.
        seed: of the batches.

    Returns:
        (20,) float64, the first line's mean loss, nats per character, in each of twenty batches of
        it and 31 others, or half of them: all alike for a network without batch normalisation.
    """
    twin, rng = copy.deepcopy(network).train(), np.random.default_rng(seed)
    length = int(c.start[1])
    all_others = len(c.line_weight) - 1
    mates = min(_MATES, (all_others + 1) // 2)  # of few lines half, so that batches differ
    losses = []
    for _ in range(_BATCHES):
        others = 1 + rng.choice(all_others, mates, replace=False)
        batch = c.lines(np.concatenate([[0], others]))
        edges = batch.edge[:length]
        with torch.no_grad():
            log_probs = twin(batch).log_softmax(dim=1).cpu().numpy()
        losses.append(-log_probs[batch.row[edges], batch.next[edges]].mean())
    return np.array(losses, np.float64)


def _array(x: torch.Tensor) -> Float32s:
    """The numbers, copied."""
    found: Float32s = x.detach().cpu().numpy().copy()
    return found
