"""The simple recurrent network of Elman.

    h_t = tanh(x_t W + h_(t-1) U + b)        logits = h_t V + d

Source: Mikolov, Karafiat, Burget, Cernocky and Khudanpur (2010), "Recurrent neural network based
language model", equations 1 to 3, after Elman (1990), "Finding structure in time". Differs: tanh
instead of the logistic function, biases.
"""

from typing import Self

import torch
from torch import Tensor, nn

from makemore.layers.recurrent import RecurrentNetwork
from makemore.layers.vocabulary_axes import EMBEDDING, LOGIT_BIAS, LOGIT_WEIGHTS
from makemore.options.families import RNNOptions


class RNN(RecurrentNetwork):
    """(V + labels) E + (E + H + 1) H + (H + 1) V parameters.

    Example:
        >>> sum(p.numel() for p in RNN(RNNOptions(embedding=64, hidden=64), 27, 0).parameters())
        11739
    """

    def __init__(self, options: RNNOptions, vocabulary_size: int, label_count: int) -> None:
        """Create a network with uninitialised weights."""
        super().__init__()
        E, H = options.embedding, options.hidden
        self.vocabulary_size, self.label_count = vocabulary_size, label_count
        self.state_size, self.dropout = H, options.dropout
        self.initial = self.new_initial(options.learned_state)
        self.C = nn.Parameter(torch.empty(vocabulary_size + label_count, E))
        self.W = nn.Parameter(torch.empty(E, H))
        self.U = nn.Parameter(torch.empty(H, H))
        self.b = nn.Parameter(torch.empty(H))
        self.V = nn.Parameter(torch.empty(H, vocabulary_size))
        self.d = nn.Parameter(torch.empty(vocabulary_size))
        self.h = nn.Tanh()
        self.vocabulary_axes = {"C": EMBEDDING, "V": LOGIT_WEIGHTS, "d": LOGIT_BIAS}

    def initialise(self, rng: torch.Generator) -> Self:
        """Draw weights: U orthogonal, so that h U has the norm of h at first."""
        nn.init.normal_(self.C, generator=rng)
        nn.init.normal_(self.W, std=0.5 / self.W.shape[0] ** 0.5, generator=rng)
        nn.init.orthogonal_(self.U, generator=rng)
        nn.init.normal_(self.V, std=0.01, generator=rng)
        nn.init.zeros_(self.b)
        nn.init.zeros_(self.d)
        return self

    def hidden_matrices(self) -> list[nn.Parameter]:
        """Return W and U."""
        return [self.W, self.U]

    def inputs(self) -> Tensor:
        """Compute x W + b for every id."""
        return self.C @ self.W + self.b

    def cell(self, x: Tensor, state: Tensor) -> Tensor:
        """Compute the next h, (n, H)."""
        h: Tensor = self.h(torch.addmm(x, state, self.U))
        return h

    def read_out(self, state: Tensor) -> Tensor:
        """Compute (n, V) logits."""
        return self.drop(state) @ self.V + self.d
