"""A residual network over the last K characters.

    h_0 = relu(BN([C(c_1) ... C(c_K)] W_0))
    h_l = relu(h_(l-1) + BN(relu(BN(h_(l-1) A_l)) B_l))        logits = h_L V + d

Each block computes a term that is added to its input, so gradients reach the first layer at any
depth.

Source: He, Zhang, Ren and Sun (2016), "Deep residual learning for image recognition", arXiv
1512.03385, equation 1 and the block of figure 2. Differs: matrix products instead of
convolutions.
"""

from typing import Self

import torch
from torch import Tensor, nn

from makemore.contexts.table import Contexts
from makemore.layers.batch_norm import BatchNorm
from makemore.layers.network import WindowNetwork, look_up, weight_of
from makemore.layers.vocabulary_axes import EMBEDDING, LOGIT_BIAS, LOGIT_WEIGHTS
from makemore.options.families import ResNetOptions


class Block(nn.Module):
    """A residual block, relu(h + BN(relu(BN(h A)) B)): 2 H H + 4 H parameters."""

    def __init__(self, hidden: int) -> None:
        """Create a block with uninitialised weights."""
        super().__init__()
        self.A, self.B = (nn.Parameter(torch.empty(hidden, hidden)) for _ in range(2))
        self.first, self.second = BatchNorm(hidden), BatchNorm(hidden)
        self.inside, self.out = nn.ReLU(), nn.ReLU()

    def forward(self, h: Tensor, weight: Tensor) -> Tensor:
        """Compute the block's (N, H) output from its (N, H) input."""
        inside = self.inside(self.first(h @ self.A, weight))
        out: Tensor = self.out(h + self.second(inside @ self.B, weight))
        return out


class ResNet(WindowNetwork):
    """(V + labels) E + K E H + 2 H + L (2 H H + 4 H) + (H + 1) V parameters, for L blocks.

    With labels, K + 1 instead of K.

    Example:
        >>> sum(p.numel() for p in ResNet(ResNetOptions(hidden=100, blocks=1), 27, 0).parameters())
        26597
    """

    blocks: list[Block]

    def __init__(self, options: ResNetOptions, vocabulary_size: int, label_count: int) -> None:
        """Create a network with uninitialised weights."""
        super().__init__()
        E, H = options.embedding, options.hidden
        self.window, self.dropout = options.window, options.dropout
        self.vocabulary_size, self.label_count = vocabulary_size, label_count
        columns = options.window + (1 if label_count else 0)
        self.C = nn.Parameter(torch.empty(vocabulary_size + label_count, E))
        self.W = nn.Parameter(torch.empty(columns * E, H))
        self.norm = BatchNorm(H)
        self.blocks = nn.ModuleList(  # type: ignore[assignment]
            Block(H) for _ in range(options.blocks)
        )
        self.V = nn.Parameter(torch.empty(H, vocabulary_size))
        self.d = nn.Parameter(torch.empty(vocabulary_size))
        self.h = nn.ReLU()
        self.vocabulary_axes = {"C": EMBEDDING, "V": LOGIT_WEIGHTS, "d": LOGIT_BIAS}

    def initialise(self, rng: torch.Generator) -> Self:
        """Draw weights with the gain of relu; the logits start near zero."""
        nn.init.normal_(self.C, generator=rng)
        for M in self.hidden_matrices():
            nn.init.normal_(M, std=(2 / M.shape[0]) ** 0.5, generator=rng)
        nn.init.normal_(self.V, std=0.01, generator=rng)
        nn.init.zeros_(self.d)
        return self

    def hidden_matrices(self) -> list[nn.Parameter]:
        """Return W_0 and the matrices of every block."""
        return [self.W, *(M for block in self.blocks for M in (block.A, block.B))]

    def forward(self, c: Contexts) -> Tensor:
        """Compute (N, V) logits."""
        weight = weight_of(c, self.C.device)
        x = look_up(self.C, c.lookback(self.window)).flatten(1)  # (N, K E)
        h = self.h(self.norm(x @ self.W, weight))  # (N, H)
        for block in self.blocks:
            h = block(h, weight)
        return self.drop(h) @ self.V + self.d
