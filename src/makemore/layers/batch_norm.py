"""Batch normalisation over distinct contexts, weighted by their frequency."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from makemore.contexts.table import Contexts


class BatchNorm(nn.Module):
    """Batch normalisation with weighted rows, then a learned scale and shift.

        mu = sum w x / sum w        var = sum w (x - mu)^2 / sum w
        y = gamma (x - mu) / sqrt(var + eps) + beta

    If w is the number of characters that share a row, the result equals `torch.nn.BatchNorm1d` with
    one row per character, including the running averages.

    Source: Ioffe and Szegedy (2015), arXiv 1502.03167, algorithm 1. Differs: rows have weights.

    Example:
        >>> norm = BatchNorm(1)
        >>> y = norm(torch.tensor([[0.0], [4.0]]), torch.tensor([3.0, 1.0]))
        >>> [round(value.item(), 4) for value in y]
        [-0.5773, 1.732]
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, size: int, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        """Create a layer with gamma 1, beta 0, running mean 0 and running variance 1."""
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(size)), nn.Parameter(torch.zeros(size))
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("variance", torch.ones(size))
        self.momentum, self.epsilon = momentum, epsilon

    def forward(self, x: Tensor, weight: Tensor) -> Tensor:
        """Normalise by the batch statistics in training, by the running averages otherwise.

        Args:
            x: (N, H).
            weight: (N,) float32, how often each row occurs.

        Returns:
            (N, H).
        """
        mean, variance = (
            self._batch_statistics(x, weight) if self.training else (self.mean, self.variance)
        )
        scale = self.gamma * (variance + self.epsilon).rsqrt()
        return torch.addcmul(self.beta - mean * scale, x, scale)

    def _batch_statistics(self, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Return the batch's mean and variance, (H,) each, and update the running averages."""
        total = weight.sum()
        share = weight / total
        mean = share @ x
        variance = share @ (x - mean).square()
        with torch.no_grad():
            unbiased = variance * (total / (total - 1).clamp(min=1.0))  # as in torch
            self.mean.lerp_(mean, self.momentum)
            self.variance.lerp_(unbiased, self.momentum)
        return mean, variance


def calibrate(network: nn.Module, blocks: Iterable[Contexts]) -> None:
    """Recompute the running averages of a network on a whole list.

    Running averages lag behind the weights during training; this function recomputes them with the
    current weights. With one block, they are the statistics of all characters. With several blocks,
    they are the weighted means of the blocks' statistics, as in `torch.nn.BatchNorm1d` with a
    momentum of None.

    Args:
        network: a network whose input is contexts; without `BatchNorm` it does not change.
        blocks: the contexts of the list.

    Example:
        >>> from makemore.corpus.lines import Lines
        >>> from makemore.corpus.vocabulary import Vocabulary
        >>> from makemore.models.deep_mlp import DeepMLP
        >>> from makemore.options.families import DeepMLPOptions
        >>> lines = Lines.from_strings(["anna", "hannah"])
        >>> network = DeepMLP(DeepMLPOptions(), 4, 0).initialise(torch.Generator())
        >>> calibrate(network, [Contexts.of(lines, Vocabulary.of(lines), window=3)])
        >>> bool(network.norms[0].mean.abs().sum() > 0)
        True
    """
    norms = [module for module in network.modules() if isinstance(module, BatchNorm)]
    if not norms:
        return
    momenta, total = [norm.momentum for norm in norms], 0.0
    network.train()
    with torch.no_grad():
        for block in blocks:
            total += block.total
            for norm in norms:
                norm.momentum = block.total / total
            network(block)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.eval()
