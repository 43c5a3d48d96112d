"""Batch normalisation over distinct contexts, each as heavy as it is frequent."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from makemore.contexts.table import Contexts


class BatchNorm(nn.Module):
    """Gives each neuron mean zero and variance one over a batch, then a scale and a shift.

        mu = sum w x / sum w        var = sum w (x - mu)^2 / sum w
        y = gamma (x - mu) / sqrt(var + eps) + beta

    With w the number of characters that stand behind a row, this is what `torch.nn.BatchNorm1d`
    does to the plain characters, its running averages included.

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
        """Starts with gamma one, beta zero, and the running averages of a unit normal."""
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(size)), nn.Parameter(torch.zeros(size))
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("variance", torch.ones(size))
        self.momentum, self.epsilon = momentum, epsilon

    def forward(self, x: Tensor, weight: Tensor) -> Tensor:
        """Normalises by the batch while training, by the running averages otherwise.

        Args:
            x: (N, H).
            weight: (N,) float32, how often each row occurs.

        Returns:
            (N, H).
        """
        mean, variance = self._measure(x, weight) if self.training else (self.mean, self.variance)
        scale = self.gamma * (variance + self.epsilon).rsqrt()
        return torch.addcmul(self.beta - mean * scale, x, scale)

    def _measure(self, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The batch's mean and variance, (H,) each; they move the running averages."""
        total = weight.sum()
        share = weight / total
        mean = share @ x
        variance = share @ (x - mean).square()
        with torch.no_grad():
            unbiased = variance * (total / (total - 1).clamp(min=1.0))  # as torch keeps it
            self.mean.lerp_(mean, self.momentum)
            self.variance.lerp_(unbiased, self.momentum)
        return mean, variance


def calibrate(network: nn.Module, blocks: Iterable[Contexts]) -> None:
    """Sets the running averages of a network to what it finds on a whole list.

    Running averages trail behind the weights; this measures them anew with the weights as they are.
    In one block the averages are those of all characters; of several blocks they are the weighted
    means, as `torch.nn.BatchNorm1d` keeps them with a momentum of None.

    Args:
        network: takes contexts; one without `BatchNorm` is left as it is.
        blocks: the list's contexts.

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
    usual, seen = [norm.momentum for norm in norms], 0.0
    network.train()
    with torch.no_grad():
        for block in blocks:
            seen += block.total
            for norm in norms:
                norm.momentum = block.total / seen
            network(block)
    for norm, momentum in zip(norms, usual, strict=True):
        norm.momentum = momentum
    network.eval()
