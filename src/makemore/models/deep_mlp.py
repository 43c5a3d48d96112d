"""A deep multi-layer perceptron with batch normalisation: layers of Linear - BatchNorm - tanh.

    h_0 = [C(c_1) ... C(c_K)]
    h_l = tanh(BN_l(h_(l-1) W_l))        logits = h_(L-1) W_L + b_L

The weights' initial standard deviation is the gain of tanh, 5/3, over the root of their fan-in. The
shift of BN_l replaces a bias.

Source: Ioffe and Szegedy (2015), arXiv 1502.03167, and He, Zhang, Ren and Sun (2015), arXiv
1502.01852, combined as in the makemore lectures. Differs: no normalisation of the logits.
"""

from itertools import pairwise
from typing import Self

import torch
from torch import Tensor, nn

from makemore.contexts.table import Contexts
from makemore.layers.batch_norm import BatchNorm
from makemore.layers.network import WindowNetwork, look_up, weight_of
from makemore.layers.vocabulary_axes import EMBEDDING, LOGIT_BIAS, LOGIT_WEIGHTS
from makemore.options.families import DeepMLPOptions


class DeepMLP(WindowNetwork):
    """L linear layers; the last one computes the logits.

    Example:
        >>> model = DeepMLP(DeepMLPOptions(layers=2, hidden=200), 27, 0)
        >>> sum(p.numel() for p in model.parameters())
        12097
    """

    def __init__(self, options: DeepMLPOptions, vocabulary_size: int, label_count: int) -> None:
        """Create a network with uninitialised weights."""
        super().__init__()
        E, H, L = options.embedding, options.hidden, options.layers
        self.window, self.dropout = options.window, options.dropout
        self.vocabulary_size, self.label_count = vocabulary_size, label_count
        columns = options.window + (1 if label_count else 0)
        sizes = [columns * E, *[H] * (L - 1), vocabulary_size]
        self.C = nn.Parameter(torch.empty(vocabulary_size + label_count, E))
        self.W = nn.ParameterList([torch.empty(a, b) for a, b in pairwise(sizes)])
        self.norms = nn.ModuleList([BatchNorm(H) for _ in range(L - 1)])
        self.b = nn.Parameter(torch.empty(vocabulary_size))
        self.h = nn.ModuleList([nn.Tanh() for _ in range(L - 1)])
        self.vocabulary_axes = {"C": EMBEDDING, f"W.{L - 1}": LOGIT_WEIGHTS, "b": LOGIT_BIAS}

    def initialise(self, rng: torch.Generator) -> Self:
        """Draw weights as in the module docstring; the last layer's are near zero."""
        nn.init.normal_(self.C, generator=rng)
        for W in self.W[:-1]:
            nn.init.normal_(W, std=(5 / 3) / W.shape[0] ** 0.5, generator=rng)
        nn.init.normal_(self.W[-1], std=0.01, generator=rng)
        nn.init.zeros_(self.b)
        return self

    def hidden_matrices(self) -> list[nn.Parameter]:
        """Return the weight matrices of all layers but the last."""
        return list(self.W[:-1])

    def forward(self, c: Contexts) -> Tensor:
        """Compute (N, V) logits."""
        weight = weight_of(c, self.C.device)
        h = look_up(self.C, c.lookback(self.window)).flatten(1)  # (N, K E)
        for W, norm, tanh in zip(self.W[:-1], self.norms, self.h, strict=True):
            h = tanh(norm(h @ W, weight))  # (N, H)
        return torch.addmm(self.b, self.drop(h), self.W[-1])
