"""Long short-term memory.

    i, f, o = sigma(x W + h U + b)        g = tanh(x W_g + h U_g + b_g)
    c' = f * c + i * g                    h' = o * tanh(c')        logits = h' V + d

Source: Hochreiter and Schmidhuber (1997), "Long short-term memory", with the forget gate of Gers,
Schmidhuber and Cummins (2000), "Learning to forget"; the letters are those of `torch.nn.LSTM`.
The forget gate's bias starts at one, as in Jozefowicz, Zaremba and Sutskever (2015), "An empirical
exploration of recurrent network architectures".
"""

from typing import Self

import torch
from torch import Tensor, nn

from makemore.layers.recurrent import RecurrentNetwork
from makemore.layers.vocabulary_axes import EMBEDDING, LOGIT_BIAS, LOGIT_WEIGHTS
from makemore.options.families import LSTMOptions


class LSTM(RecurrentNetwork):
    """(V + labels) E + 4 (E + H + 1) H + (H + 1) V parameters; the state is [h, c].

    Example:
        >>> sum(p.numel() for p in LSTM(LSTMOptions(embedding=64, hidden=64), 27, 0).parameters())
        36507
    """

    def __init__(self, options: LSTMOptions, vocabulary_size: int, label_count: int) -> None:
        """Create a network with uninitialised weights."""
        super().__init__()
        E, H = options.embedding, options.hidden
        self.vocabulary_size, self.label_count = vocabulary_size, label_count
        self.hidden, self.state_size, self.dropout = H, 2 * H, options.dropout
        self.initial = self.new_initial(options.learned_state)
        self.C = nn.Parameter(torch.empty(vocabulary_size + label_count, E))
        self.W = nn.Parameter(torch.empty(E, 4 * H))  # i, f, o, g
        self.U = nn.Parameter(torch.empty(H, 4 * H))
        self.b = nn.Parameter(torch.empty(4 * H))
        self.V = nn.Parameter(torch.empty(H, vocabulary_size))
        self.d = nn.Parameter(torch.empty(vocabulary_size))
        self.gates, self.g, self.c = nn.Sigmoid(), nn.Tanh(), nn.Tanh()
        self.vocabulary_axes = {"C": EMBEDDING, "V": LOGIT_WEIGHTS, "d": LOGIT_BIAS}

    def initialise(self, rng: torch.Generator) -> Self:
        """Draw weights: each block of U orthogonal, the forget gate's bias one."""
        nn.init.normal_(self.C, generator=rng)
        nn.init.normal_(self.W, std=self.W.shape[0] ** -0.5, generator=rng)
        for square in self.U.chunk(4, dim=1):
            nn.init.orthogonal_(square, generator=rng)
        nn.init.normal_(self.V, std=0.01, generator=rng)
        nn.init.zeros_(self.b)
        nn.init.ones_(self.b[self.hidden : 2 * self.hidden])
        nn.init.zeros_(self.d)
        return self

    def inputs(self) -> Tensor:
        """Compute x W + b for every id."""
        return self.C @ self.W + self.b

    def cell(self, x: Tensor, state: Tensor) -> Tensor:
        """Compute the next h and c, (n, 2 H)."""
        H = self.hidden
        h, c = state.chunk(2, dim=1)
        gates, g = torch.split(torch.addmm(x, h, self.U), [3 * H, H], dim=1)
        i, f, o = self.gates(gates).chunk(3, dim=1)
        c = f * c + i * self.g(g)
        return torch.cat([o * self.c(c), c], dim=1)

    def read_out(self, state: Tensor) -> Tensor:
        """Compute (n, V) logits."""
        return self.drop(state[:, : self.hidden]) @ self.V + self.d

    def read_lines(self, ids: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Read whole lines in one call of torch's kernel, in half the time of a call of each cell.

        Args:
            ids: (T, n) int64, what n lines read.
            state: (n, 2 H) their states before it.

        Returns:
            (T, n, H), h after each id, and (n, 2 H), the states after the last.
        """
        h, c = state.unsqueeze(0).chunk(2, dim=2)
        bias = _in_order_of_torch(self.b)
        weights = [_in_order_of_torch(self.W).T, _in_order_of_torch(self.U).T]
        weights = [*(each.contiguous() for each in weights), bias, torch.zeros_like(bias)]
        x = nn.functional.embedding(ids, self.C)
        hidden, h, c = torch.lstm(
            x, (h.contiguous(), c.contiguous()), weights, True, 1, 0.0, False, False, False
        )
        return hidden, torch.cat([h, c], dim=2).squeeze(0)


def _in_order_of_torch(weights: Tensor) -> Tensor:
    """Return the blocks i, f, o, g of the last axis in the order i, f, g, o."""
    i, f, o, g = weights.chunk(4, dim=-1)
    return torch.cat([i, f, g, o], dim=-1)
