"""The neural bigram, generalised to K characters: one-hot contexts times a weight matrix.

    logits = [one_hot(c_1) ... one_hot(c_K)] W                   loss + l2 * mean(W^2)

A one-hot vector times W is a row of W, so `forward` looks up rows and adds them. With K = 1, the
optimal W is the logarithm of the counts. W = 0 gives the uniform distribution. The penalty pulls W
towards 0, which smooths like adding a constant to every count.

Source: the makemore lectures, "the neural bigram" and its trigram exercise.
"""

from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from makemore.contexts.table import Contexts
from makemore.layers.network import WindowNetwork, look_up
from makemore.layers.vocabulary_axes import LOGIT_WEIGHTS, Entries, VocabularyAxis
from makemore.options.families import LinearOptions


class Linear(WindowNetwork):
    """(K V) x V weights, no bias.

    With labels, a one-hot label comes first, and each one-hot vector has V + labels entries.

    Example:
        >>> sum(p.numel() for p in Linear(LinearOptions(window=1), 27, 0).parameters())
        729
    """

    def __init__(self, options: LinearOptions, vocabulary_size: int, label_count: int) -> None:
        """Create a network with zero weights."""
        super().__init__()
        self.window, self.l2 = options.window, options.l2
        self.vocabulary_size, self.label_count = vocabulary_size, label_count
        columns = options.window + (1 if label_count else 0)
        self.ids = vocabulary_size + label_count
        self.W = nn.Parameter(torch.zeros(columns * self.ids, vocabulary_size))
        one_hots = VocabularyAxis(0, Entries.IDS, blocks=columns)
        self.vocabulary_axes = {"W": (one_hots, *LOGIT_WEIGHTS)}

    def initialise(self, rng: torch.Generator) -> Self:
        """Set all weights to zero, the uniform distribution; the loss is convex in W."""
        nn.init.zeros_(self.W)
        return self

    def forward(self, c: Contexts) -> Tensor:
        """Compute (N, V) logits."""
        x = c.lookback(self.window)  # (N, K)
        rows = x + np.arange(x.shape[1], dtype=np.int32) * np.int32(self.ids)
        return look_up(self.W, rows).sum(dim=1)  # (N, K, V) to (N, V)

    def penalty(self) -> Tensor | None:
        """Return the L2 penalty l2 * mean(W^2); None if l2 is zero."""
        return self.l2 * self.W.square().mean() if self.l2 else None
