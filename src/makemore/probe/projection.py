"""Vectors in two dimensions, for looking at."""

from typing import NamedTuple

import numpy as np

from makemore.arrays import Float32s, Float64s

_NOISE = 1e-6  # of the largest component


class Plane(NamedTuple):
    """Vectors in two dimensions.

    Attributes:
        points: (n, 2) float64.
        shares: of the variance, what each axis shows; None where the vectors are shown as they are.
    """

    points: Float64s
    shares: tuple[float, float] | None


def in_plane(vectors: Float32s) -> Plane:
    """Shows vectors of two numbers as they are, others along their two principal components.

    Source: Pearson (1901), "On lines and planes of closest fit to systems of points in space". An
    axis points to where its largest number is positive, so that the same vectors look the same.

    Args:
        vectors: (n, E) with n and E at least 1.

    Example:
        >>> in_plane(np.array([[0.0, 0, 1], [0, 2, 1], [0, 4, 1]])).points.round(1).tolist()
        [[-2.0, 0.0], [0.0, 0.0], [2.0, 0.0]]
    """
    x = vectors.astype(np.float64)
    if x.shape[1] < 3:
        return Plane(np.pad(x, ((0, 0), (0, 2 - x.shape[1]))), None)
    x = x - x.mean(axis=0)
    _, sizes, axes = np.linalg.svd(x, full_matrices=False)
    sizes, axes = (np.pad(each, ((0, 2),) + ((0, 0),) * (each.ndim - 1)) for each in (sizes, axes))
    axes = axes[:2] * (sizes[:2, None] > _NOISE * sizes.max())  # else roundings fill the picture
    axes = axes * np.where(axes[[0, 1], np.abs(axes).argmax(axis=1)] < 0, -1.0, 1.0)[:, None]
    variance = np.square(sizes)
    shares = variance[:2] / variance.sum() if variance.any() else np.zeros(2)
    return Plane(x @ axes.T, (float(shares[0]), float(shares[1])))
