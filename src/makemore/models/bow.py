"""A causal bag of words: the mean of all characters so far, in no order, beside the last one.

    x_t = C(c_t)        h = x_t + (x_0 + ... + x_t) / (t + 1)
    h' = h + tanh(h W1 + b1) W2 + b2        logits = h' V + d

Source: the bag of words of makemore by Andrej Karpathy (2022), which calls the mean an attention
that looks at all alike. Differs: no positions, so a line may be of any length.
"""

from typing import Self

import torch
from torch import Tensor, nn

from makemore.layers.recurrent import RecurrentNetwork
from makemore.layers.vocabulary_axes import EMBEDDING, LOGIT_BIAS, LOGIT_WEIGHTS
from makemore.options.families import BoWOptions


class BoW(RecurrentNetwork):
    """(V + labels) E + (E + 1) H + (H + 1) E + (E + 1) V parameters.

    A state is x, the sum so far, and how many were summed.

    Example:
        >>> sum(p.numel() for p in BoW(BoWOptions(embedding=64, hidden=64), 27, 0).parameters())
        11803
    """

    def __init__(self, options: BoWOptions, vocabulary_size: int, label_count: int) -> None:
        """Makes a network whose weights are not drawn yet."""
        super().__init__()
        E, H = options.embedding, options.hidden
        self.vocabulary_size, self.label_count = vocabulary_size, label_count
        self.embedding, self.state_size, self.dropout = E, 2 * E + 1, options.dropout
        self.C = nn.Parameter(torch.empty(vocabulary_size + label_count, E))
        self.W1 = nn.Parameter(torch.empty(E, H))
        self.b1 = nn.Parameter(torch.empty(H))
        self.W2 = nn.Parameter(torch.empty(H, E))
        self.b2 = nn.Parameter(torch.empty(E))
        self.V = nn.Parameter(torch.empty(E, vocabulary_size))
        self.d = nn.Parameter(torch.empty(vocabulary_size))
        self.inside = nn.Tanh()
        self.vocabulary_axes = {"C": EMBEDDING, "V": LOGIT_WEIGHTS, "d": LOGIT_BIAS}

    def initialise(self, rng: torch.Generator) -> Self:
        """Draws weights so that neither sum outweighs the other."""
        nn.init.normal_(self.C, generator=rng)
        nn.init.normal_(self.W1, std=self.W1.shape[0] ** -0.5, generator=rng)
        nn.init.normal_(self.W2, std=self.W2.shape[0] ** -0.5, generator=rng)
        nn.init.normal_(self.V, std=0.01, generator=rng)
        for bias in (self.b1, self.b2, self.d):
            nn.init.zeros_(bias)
        return self

    def inputs(self) -> Tensor:
        """The embedding of every id, and a one to count with."""
        return nn.functional.pad(self.C, (0, 1), value=1.0)

    def cell(self, x: Tensor, state: Tensor) -> Tensor:
        """(n, 2 E + 1) x, the sum and the count."""
        return torch.cat([x[:, :-1], state[:, self.embedding :] + x], dim=1)

    def read_out(self, state: Tensor) -> Tensor:
        """(n, V) logits."""
        x, total, count = torch.split(state, [self.embedding, self.embedding, 1], dim=1)
        h = self.drop(x + total / count)  # (n, E)
        h = h + self.drop(self.inside(h @ self.W1 + self.b1)) @ self.W2 + self.b2
        return h @ self.V + self.d
