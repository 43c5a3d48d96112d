"""A decoder-only Transformer, as in GPT-2, over whole prefixes.

    x = C(c)
    x = x + W_o attention(norm(x) W_q, norm(x) W_k, norm(x) W_v)        for each of L layers
    x = x + gelu(norm(x) W_1 + b_1) W_2 + b_2
    logits = norm(x) V

    attention(q, k, v)_t = sum over u <= t of softmax_u(q_t . k_u / sqrt(D / heads)) v_u, per head

Queries and keys are rotated by their position (`makemore.layers.rotary`), so lines of any length
can be scored. Every projection is computed once for each distinct prefix
(`makemore.layers.prefix_attention`).

Source: Vaswani et al. (2017), arXiv 1706.03762, section 3.2; Radford et al. (2019), "Language
models are unsupervised multitask learners", section 2.3, for the position of the norms; Su et al.
(2021), arXiv 2104.09864, section 3.2.2, for the rotations. Differs from GPT-2: no biases around the
attention and no dropout within it, exact gelu, the embedding is not tied to the last layer.
"""

from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from makemore.arrays import Float32s
from makemore.contexts.table import Contexts
from makemore.layers.network import PrefixNetwork, look_up
from makemore.layers.prefix_attention import (
    KeyValueCache,
    PrefixLayout,
    cached_attention,
    causal_attention,
)
from makemore.layers.rotary import rotary, rotations
from makemore.layers.threads import torch_threads
from makemore.layers.vocabulary_axes import EMBEDDING, LOGIT_WEIGHTS
from makemore.options.families import TransformerOptions


class Layer(nn.Module):
    """Attention and a perceptron, each added to its input: 12 D D + 9 D parameters."""

    def __init__(self, D: int, heads: int) -> None:
        """Create a layer with uninitialised weights."""
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(D), nn.LayerNorm(D)
        self.W_qkv = nn.Parameter(torch.empty(D, 3 * D))
        self.W_o = nn.Parameter(torch.empty(D, D))
        self.W_1, self.b_1 = nn.Parameter(torch.empty(D, 4 * D)), nn.Parameter(torch.empty(4 * D))
        self.W_2, self.b_2 = nn.Parameter(torch.empty(4 * D, D)), nn.Parameter(torch.empty(D))
        self.inside = nn.GELU()

    def matrices(self) -> list[nn.Parameter]:
        """Return the four matrices of the layer."""
        return [self.W_qkv, self.W_o, self.W_1, self.W_2]

    def initialise(self, rng: torch.Generator, layers: int) -> None:
        """Draw weights so that the residual sum over all layers keeps its variance."""
        D = self.W_o.shape[0]
        for M in (self.W_qkv, self.W_1):
            nn.init.normal_(M, std=D**-0.5, generator=rng)
        nn.init.normal_(self.W_o, std=(2 * layers * D) ** -0.5, generator=rng)
        nn.init.normal_(self.W_2, std=(2 * layers * 4 * D) ** -0.5, generator=rng)
        nn.init.zeros_(self.b_1)
        nn.init.zeros_(self.b_2)

    def project(self, x: Tensor, rotation: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Compute rotated queries, rotated keys and values: (n, heads, D / heads) each."""
        q, k, v = (self.first(x) @ self.W_qkv).view(len(x), 3, self.heads, -1).unbind(1)
        return rotary(q, rotation), rotary(k, rotation), v

    def perceptron(self, x: Tensor) -> Tensor:
        """Compute the (n, D) term that is added after the attention."""
        h = torch.addmm(self.b_1, self.second(x), self.W_1)
        return torch.addmm(self.b_2, self.inside(h), self.W_2)


class Transformer(PrefixNetwork):
    """(V + labels) D + L (12 D D + 9 D) + 2 D + D V parameters.

    Example:
        >>> model = Transformer(TransformerOptions(layers=4, embedding=64, heads=4), 27, 0)
        >>> sum(p.numel() for p in model.parameters())
        202496
    """

    layers: list[Layer]

    def __init__(self, options: TransformerOptions, vocabulary_size: int, label_count: int) -> None:
        """Create a network with uninitialised weights."""
        super().__init__()
        D = options.embedding
        self.heads, self.dropout = options.heads, options.dropout
        self.vocabulary_size, self.label_count = vocabulary_size, label_count
        self.C = nn.Parameter(torch.empty(vocabulary_size + label_count, D))
        self.layers = nn.ModuleList(  # type: ignore[assignment]
            Layer(D, options.heads) for _ in range(options.layers)
        )
        self.norm = nn.LayerNorm(D)
        self.V = nn.Parameter(torch.empty(D, vocabulary_size))
        self.vocabulary_axes = {"C": EMBEDDING, "V": LOGIT_WEIGHTS}

    def initialise(self, rng: torch.Generator) -> Self:
        """Draw weights; the logits start near zero."""
        nn.init.normal_(self.C, generator=rng)
        for layer in self.layers:
            layer.initialise(rng, len(self.layers))
        nn.init.normal_(self.V, std=0.01, generator=rng)
        return self

    def hidden_matrices(self) -> list[nn.Parameter]:
        """Return the matrices of every layer."""
        return [M for layer in self.layers for M in layer.matrices()]

    def forward(self, c: Contexts) -> Tensor:
        """Compute (N, V) logits."""
        layout = PrefixLayout.of(c, self.device)
        rotation = self.rotations(layout.depth)
        x = self.drop(look_up(self.C, c.last))  # (N, D)
        for layer in self.layers:
            q, k, v = layer.project(x, rotation)  # (N, heads, D / heads)
            x = x + self.drop(causal_attention(q, k, v, layout) @ layer.W_o)
            x = x + self.drop(layer.perceptron(x))
        logits: Tensor = self.norm(x) @ self.V
        return logits

    def rotations(self, position: Tensor) -> Tensor:
        """Compute the rotations of queries and keys at (n,) positions: (n, 1, D / heads / 2)."""
        return rotations(position, self.C.shape[1] // self.heads)

    def empty_state(self, n: int) -> KeyValueCache:
        """Return the state of n lines that have read nothing."""
        return KeyValueCache.empty(n)

    def step(self, ids: NDArray[np.int32], state: KeyValueCache) -> tuple[Float32s, KeyValueCache]:
        """See `Model.step`; keys and values of earlier positions come from the cache."""
        n, T = state.rows.shape
        cache = state.extend()
        rows = cache.rows_on(self.device)
        with torch.inference_mode(), torch_threads(1):
            x = look_up(self.C, ids)  # (n, D)
            rotation = self.rotations(torch.full((n,), T, device=self.device))
            for number, layer in enumerate(self.layers):
                q, k, v = layer.project(x, rotation)  # (n, heads, D / heads)
                cache.keys_values[T].append((k, v))
                x = x + cached_attention(q, cache.of_layer(number), rows) @ layer.W_o
                x = x + layer.perceptron(x)
            log_probs: Float32s = (self.norm(x) @ self.V).log_softmax(dim=1).cpu().numpy()
        return log_probs, cache
