"""A causal bag of words: the unordered mean of all characters so far, plus the last character.

    x_t = C(c_t)        h = x_t + (x_0 + ... + x_t) / (t + 1)
    h' = h + tanh(h W1 + b1) W2 + b2        logits = h' V + d

Source: the bag of words of makemore by Andrej Karpathy (2022), which describes the mean as
attention with equal weights. Differs: no position embeddings, so a line may have any length.
"""

from typing import Self

import torch
from torch import Tensor, nn

from makemore.layers.recurrent import RecurrentNetwork
from makemore.layers.vocabulary_axes import EMBEDDING, LOGIT_BIAS, LOGIT_WEIGHTS
from makemore.options.families import BoWOptions


class BoW(RecurrentNetwork):
    """(V + labels) E + (E + 1) H + (H + 1) E + (E + 1) V parameters.

    The state is [x_t, x_0 + ... + x_t, t + 1].

    Example:
        >>> sum(p.numel() for p in BoW(BoWOptions(embedding=64, hidden=64), 27, 0).parameters())
        11803
    """

    def __init__(self, options: BoWOptions, vocabulary_size: int, label_count: int) -> None:
        """Create a network with uninitialised weights."""
        super().__init__()
        E, H = options.embedding, options.hidden
        self.vocabulary_size, self.label_count = vocabulary_size, label_count
        self.embedding, self.state_size, self.dropout = E, 2 * E + 1, options.dropout
        self.initial = None
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
        """Draw weights so that neither term of h' dominates."""
        nn.init.normal_(self.C, generator=rng)
        nn.init.normal_(self.W1, std=self.W1.shape[0] ** -0.5, generator=rng)
        nn.init.normal_(self.W2, std=self.W2.shape[0] ** -0.5, generator=rng)
        nn.init.normal_(self.V, std=0.01, generator=rng)
        for bias in (self.b1, self.b2, self.d):
            nn.init.zeros_(bias)
        return self

    def inputs(self) -> Tensor:
        """Return the embedding of every id, and a column of ones that counts characters."""
        return nn.functional.pad(self.C, (0, 1), value=1.0)

    def cell(self, x: Tensor, state: Tensor) -> Tensor:
        """Return the next x, sum and count, (n, 2 E + 1)."""
        return torch.cat([x[:, :-1], state[:, self.embedding :] + x], dim=1)

    def read_out(self, state: Tensor) -> Tensor:
        """Compute (n, V) logits."""
        x, total, count = torch.split(state, [self.embedding, self.embedding, 1], dim=1)
        h = self.drop(x + total / count)  # (n, E)
        h = h + self.drop(self.inside(h @ self.W1 + self.b1)) @ self.W2 + self.b2
        return h @ self.V + self.d
