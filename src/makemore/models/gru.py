"""The gated recurrent unit.

    z = sigma(x W_z + h U_z + b_z)        r = sigma(x W_r + h U_r + b_r)
    h~ = tanh(x W_h + (r * h) U_h + b_h)
    h' = z * h + (1 - z) * h~             logits = h' V + d

Source: Cho, van Merrienboer, Gulcehre, Bahdanau, Bougares, Schwenk and Bengio (2014), arXiv
1406.1078, equations 5 to 8: r is applied before the product with U_h (`torch.nn.GRU` applies it
after). Differs: biases.
"""

from typing import Self

import torch
from torch import Tensor, nn

from makemore.layers.recurrent import RecurrentNetwork
from makemore.layers.vocabulary_axes import EMBEDDING, LOGIT_BIAS, LOGIT_WEIGHTS
from makemore.options.families import GRUOptions


class GRU(RecurrentNetwork):
    """(V + labels) E + 3 (E + H + 1) H + (H + 1) V parameters.

    Example:
        >>> sum(p.numel() for p in GRU(GRUOptions(embedding=64, hidden=64), 27, 0).parameters())
        28251
    """

    def __init__(self, options: GRUOptions, vocabulary_size: int, label_count: int) -> None:
        """Create a network with uninitialised weights."""
        super().__init__()
        E, H = options.embedding, options.hidden
        self.vocabulary_size, self.label_count = vocabulary_size, label_count
        self.state_size, self.dropout = H, options.dropout
        self.initial = self.new_initial(options.learned_state)
        self.C = nn.Parameter(torch.empty(vocabulary_size + label_count, E))
        self.W = nn.Parameter(torch.empty(E, 3 * H))  # z, r, h
        self.U = nn.Parameter(torch.empty(H, 2 * H))  # z, r
        self.U_h = nn.Parameter(torch.empty(H, H))
        self.b = nn.Parameter(torch.empty(3 * H))
        self.V = nn.Parameter(torch.empty(H, vocabulary_size))
        self.d = nn.Parameter(torch.empty(vocabulary_size))
        self.gates, self.candidate = nn.Sigmoid(), nn.Tanh()
        self.vocabulary_axes = {"C": EMBEDDING, "V": LOGIT_WEIGHTS, "d": LOGIT_BIAS}

    def initialise(self, rng: torch.Generator) -> Self:
        """Draw weights: U and U_h orthogonal, so that gradients keep their norm at first."""
        nn.init.normal_(self.C, generator=rng)
        nn.init.normal_(self.W, std=self.W.shape[0] ** -0.5, generator=rng)
        for square in (*self.U.chunk(2, dim=1), self.U_h):
            nn.init.orthogonal_(square, generator=rng)
        nn.init.normal_(self.V, std=0.01, generator=rng)
        nn.init.zeros_(self.b)
        nn.init.zeros_(self.d)
        return self

    def inputs(self) -> Tensor:
        """Compute x W + b for every id."""
        return self.C @ self.W + self.b

    def cell(self, x: Tensor, state: Tensor) -> Tensor:
        """Compute the next h, (n, H)."""
        H = self.state_size
        x_zr, x_h = torch.split(x, [2 * H, H], dim=1)
        z, r = self.gates(torch.addmm(x_zr, state, self.U)).chunk(2, dim=1)
        candidate = self.candidate(torch.addmm(x_h, r * state, self.U_h))
        return torch.lerp(candidate, state, z)

    def read_out(self, state: Tensor) -> Tensor:
        """Compute (n, V) logits."""
        return self.drop(state) @ self.V + self.d
