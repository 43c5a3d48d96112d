"""Rotary position embeddings: vectors rotated by angles proportional to the position.

    rotary(x, t)[2 i] + j rotary(x, t)[2 i + 1] = (x[2 i] + j x[2 i + 1]) exp(j t w_i)
    w_i = 10000^(-2 i / D)

The dot product of two rotated vectors depends on their positions only through the difference.

Source: Su et al. (2021), arXiv 2104.09864, section 3.2.2, equations 14 and 15.
"""

import torch
from torch import Tensor


def rotations(position: Tensor, size: int) -> Tensor:
    """Compute the rotations of vectors at some positions, as complex numbers of modulus 1.

    Args:
        position: (n,) int64, from 0.
        size: D, the dimension of a vector, even.

    Returns:
        (n, 1, D / 2) complex64, the same for every head.
    """
    half = size // 2
    frequency = 10_000.0 ** -(torch.arange(half, device=position.device) / half)
    angle = position[:, None, None] * frequency
    return torch.polar(torch.ones_like(angle), angle)


def rotary(x: Tensor, rotation: Tensor) -> Tensor:
    """Rotate each pair of neighbouring components in its plane.

    Args:
        x: (n, heads, D) float32.
        rotation: (n, 1, D / 2) complex64, from `rotations`.

    Returns:
        (n, heads, D) float32.

    Example:
        >>> x = torch.tensor([[[1.0, 0.0]]])
        >>> rotary(x, rotations(torch.tensor([1]), 2)).round(decimals=3).tolist()  # cos 1, sin 1
        [[[0.5400000214576721, 0.8410000205039978]]]
    """
    pairs = torch.view_as_complex(x.view(*x.shape[:2], -1, 2))
    return torch.view_as_real(pairs * rotation).flatten(2)
