"""Projection of vectors to two dimensions, for plots."""

from typing import NamedTuple

import numpy as np

from makemore.arrays import Float32s, Float64s
from makemore.moved import forward_names

_NOISE = 1e-6  # singular values below this share of the largest are noise


class Plane(NamedTuple):
    """Vectors in two dimensions.

    Attributes:
        points: (n, 2) float64.
        shares: share of the variance on each axis; None if the vectors were not projected.
    """

    points: Float64s
    shares: tuple[float, float] | None


def project_to_plane(vectors: Float32s) -> Plane:
    """Project vectors onto their first two principal components.

    Vectors of at most two dimensions are not projected. The sign of an axis is chosen so that its
    largest component by magnitude is positive, which makes plots reproducible.

    Source: Pearson (1901), "On lines and planes of closest fit to systems of points in space".

    Args:
        vectors: (n, E) with n and E at least 1.

    Example:
        >>> project_to_plane(np.array([[0.0, 0, 1], [0, 2, 1], [0, 4, 1]])).points.round(1).tolist()
        [[-2.0, 0.0], [0.0, 0.0], [2.0, 0.0]]
    """
    x = vectors.astype(np.float64)
    if x.shape[1] < 3:
        return Plane(np.pad(x, ((0, 0), (0, 2 - x.shape[1]))), None)
    x = x - x.mean(axis=0)
    _, s, axes = np.linalg.svd(x, full_matrices=False)
    s, axes = (np.pad(each, ((0, 2),) + ((0, 0),) * (each.ndim - 1)) for each in (s, axes))
    axes = axes[:2] * (s[:2, None] > _NOISE * s.max())  # or rounding errors fill the plot
    axes = axes * np.where(axes[[0, 1], np.abs(axes).argmax(axis=1)] < 0, -1.0, 1.0)[:, None]
    variance = np.square(s)
    shares = variance[:2] / variance.sum() if variance.any() else np.zeros(2)
    return Plane(x @ axes.T, (float(shares[0]), float(shares[1])))


__getattr__ = forward_names(__name__, __name__, {"in_plane": "project_to_plane"})
