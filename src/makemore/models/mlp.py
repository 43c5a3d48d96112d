"""A multi-layer perceptron over the last K characters.

    x = [C(c_1) ... C(c_K)]        h = tanh(x W1 + b1)        logits = h W2 + b2

The initial standard deviation of W1 is the gain of tanh, 5/3, over the root of its fan-in, so that
no neuron is saturated at first. W2 is near zero at first, so that the initial loss is that of the
uniform distribution.

Source: Bengio, Ducharme, Vincent and Jauvin (2003), "A neural probabilistic language model",
equation 1; a gain over the root of the fan-in as in He, Zhang, Ren and Sun (2015), arXiv
1502.01852, with PyTorch's gain for tanh, as in the makemore lectures. Differs: characters instead
of words, no direct connections from x to the logits.
"""

from typing import Self

import torch
from torch import Tensor, nn

from makemore.contexts.table import Contexts
from makemore.layers.network import WindowNetwork, look_up
from makemore.layers.vocabulary_axes import EMBEDDING, LOGIT_BIAS, LOGIT_WEIGHTS
from makemore.options.families import MLPOptions


class MLP(WindowNetwork):
    """(V + labels) E + (K E + 1) H + (H + 1) V parameters; with labels, K + 1 instead of K.

    Example:
        >>> sum(p.numel() for p in MLP(MLPOptions(), 27, 0).parameters())
        11897
    """

    def __init__(self, options: MLPOptions, vocabulary_size: int, label_count: int) -> None:
        """Create a network with uninitialised weights."""
        super().__init__()
        K, E, H = options.window, options.embedding, options.hidden
        self.window, self.vocabulary_size, self.label_count = K, vocabulary_size, label_count
        columns = K + (1 if label_count else 0)
        self.C = nn.Parameter(torch.empty(vocabulary_size + label_count, E))
        self.W1 = nn.Parameter(torch.empty(columns * E, H))
        self.b1 = nn.Parameter(torch.empty(H))
        self.W2 = nn.Parameter(torch.empty(H, vocabulary_size))
        self.b2 = nn.Parameter(torch.empty(vocabulary_size))
        self.h = nn.Tanh()
        self.vocabulary_axes = {"C": EMBEDDING, "W2": LOGIT_WEIGHTS, "b2": LOGIT_BIAS}

    def initialise(self, rng: torch.Generator) -> Self:
        """Draw the embedding from N(0, 1), and W1 and W2 as in the module docstring."""
        nn.init.normal_(self.C, generator=rng)
        nn.init.normal_(self.W1, std=(5 / 3) / self.W1.shape[0] ** 0.5, generator=rng)
        nn.init.normal_(self.b1, std=0.01, generator=rng)
        nn.init.normal_(self.W2, std=0.01, generator=rng)
        nn.init.zeros_(self.b2)
        return self

    def forward(self, c: Contexts) -> Tensor:
        """Compute (N, V) logits."""
        x = look_up(self.C, c.lookback(self.window)).flatten(1)  # (N, K E)
        h: Tensor = self.h(x @ self.W1 + self.b1)  # (N, H)
        return h @ self.W2 + self.b2
