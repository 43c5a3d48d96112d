"""A hierarchy that fuses characters into pairs, pairs into fours, fours into eights, and so on.

    x_0 = C(c)        x_l[j] = tanh(BN_l(x_(l-1)[2 j] A_l + x_(l-1)[2 j + 1] B_l))
    logits = x_L V + d

The same chunk, a pair or a group of four, occurs in many windows. Each distinct chunk is fused once
and weighted in BN_l by its frequency. Its products with A_l and B_l are computed once, so the lower
layers cost next to nothing.

Source: van den Oord et al. (2016), arXiv 1609.03499, section 2.1, figure 3 (dilated causal
convolutions), as the tree of the makemore lectures. Differs: tanh with batch normalisation
instead of gated units, no residual or skip connections. The label's vector is added before the
last batch normalisation.
"""

from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from makemore.arrays import Float32s, Float64s, sum_by_index, unique_inverse
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import BOUNDARY
from makemore.layers.batch_norm import BatchNorm
from makemore.layers.network import WindowNetwork, look_up, to_device
from makemore.layers.vocabulary_axes import LOGIT_BIAS, LOGIT_WEIGHTS, Entries, VocabularyAxis
from makemore.options.families import WaveNetOptions


class Fusion(NamedTuple):
    """The distinct chunks of one level of the hierarchy.

    Attributes:
        left: (n,) int32, index of each chunk's first half among the chunks of the level below.
        right: (n,) int32, index of its second half.
        weight: (n,) float32, how often the chunk occurs in the windows.
    """

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    weight: Float32s


def level_count(window: int) -> int:
    """Return the number of levels, L, that fuse a window into one chunk."""
    return max(1, (window - 1).bit_length())


def fuse_windows(back: NDArray[np.int32], weight: Float64s, size: int) -> list[Fusion]:
    """Compute the distinct chunks of 2, 4, ... characters; the last level has a row per window.

    Args:
        back: (N, K) int32 ids below `size`; windows are padded in front to a power of two.
        weight: (N,) how often each window occurs.
        size: number of ids.

    Example:
        >>> back = np.array([[0, 1, 2, 1], [2, 1, 2, 1]], np.int32)
        >>> two = fuse_windows(back, np.array([1.0, 3.0]), 3)
        >>> [level.left.tolist() for level in two], two[0].weight.tolist()
        ([[0, 2], [0, 1]], [1.0, 7.0])
    """
    levels = level_count(back.shape[1])
    padding = 2**levels - back.shape[1]
    chunk = np.pad(back, ((0, 0), (padding, 0)), constant_values=BOUNDARY)
    fused_levels = []
    for _ in range(levels - 1):
        key = chunk[:, ::2].astype(np.int64) * size + chunk[:, 1::2]
        distinct, inverse = unique_inverse(key.ravel(), size * size)
        chunk_weight = sum_by_index(inverse, np.repeat(weight, key.shape[1]), len(distinct))
        left, right = np.divmod(distinct, size)
        fused_levels.append(
            Fusion(left.astype(np.int32), right.astype(np.int32), chunk_weight.astype(np.float32))
        )
        chunk, size = inverse.reshape(key.shape), len(distinct)
    fused_levels.append(Fusion(chunk[:, 0].copy(), chunk[:, 1].copy(), weight.astype(np.float32)))
    return fused_levels


class WaveNet(WindowNetwork):
    """V E + labels H + 2 E H + (L - 1) 2 H H + 2 L H + (H + 1) V parameters, L = log2 K rounded up.

    Example:
        >>> sum(p.numel() for p in WaveNet(WaveNetOptions(), 27, 0).parameters())
        76579
    """

    def __init__(self, options: WaveNetOptions, vocabulary_size: int, label_count: int) -> None:
        """Create a network with uninitialised weights."""
        super().__init__()
        E, H, K = options.embedding, options.hidden, options.window
        self.window, self.dropout = K, options.dropout
        self.vocabulary_size, self.label_count = vocabulary_size, label_count
        sizes = [E, *[H] * (level_count(K) - 1)]
        self.C = nn.Parameter(torch.empty(vocabulary_size, E))
        self.A = nn.ParameterList([torch.empty(size, H) for size in sizes])
        self.B = nn.ParameterList([torch.empty(size, H) for size in sizes])
        self.norms = nn.ModuleList([BatchNorm(H) for _ in sizes])
        self.labels = nn.Parameter(torch.empty(label_count, H))
        self.V = nn.Parameter(torch.empty(H, vocabulary_size))
        self.d = nn.Parameter(torch.empty(vocabulary_size))
        self.x = nn.ModuleList([nn.Tanh() for _ in sizes])
        self.vocabulary_axes = {
            "C": (VocabularyAxis(0, Entries.CHARACTERS),),
            "labels": (VocabularyAxis(0, Entries.LABELS),),
            "V": LOGIT_WEIGHTS,
            "d": LOGIT_BIAS,
        }

    def initialise(self, rng: torch.Generator) -> Self:
        """Draw weights with the gain of tanh, 5/3, over the root of their fan-in."""
        nn.init.normal_(self.C, generator=rng)
        for M in self.hidden_matrices():
            nn.init.normal_(M, std=(5 / 3) / (2 * M.shape[0]) ** 0.5, generator=rng)
        nn.init.normal_(self.labels, generator=rng)
        nn.init.normal_(self.V, std=0.01, generator=rng)
        nn.init.zeros_(self.d)
        return self

    def hidden_matrices(self) -> list[nn.Parameter]:
        """Return A_l and B_l of every level."""
        return [*self.A, *self.B]

    def forward(self, c: Contexts) -> Tensor:
        """Compute (N, V) logits."""
        back = c.lookback(self.window)  # (N, K), with labels (N, 1 + K)
        windows = back[:, 1:] if self.label_count else back
        x: Tensor = self.C
        levels = fuse_windows(windows, c.weight / c.mean_line_weight, self.vocabulary_size)
        layers = zip(levels, self.A, self.B, self.norms, self.x, strict=True)
        for level, A, B, norm, tanh in layers:
            fused = look_up(x @ A, level.left) + look_up(x @ B, level.right)  # (n, H)
            if self.label_count and level is levels[-1]:
                fused = fused + look_up(self.labels, back[:, 0] - np.int32(self.vocabulary_size))
            x = tanh(norm(fused, to_device(level.weight, fused.device)))
        return self.drop(x) @ self.V + self.d
