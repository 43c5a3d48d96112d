"""Trainings over time."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from makemore.arrays import Float64s
from makemore.plots.style import (
    FAINT,
    INK,
    SERIES,
    SOFT,
    canvas,
    explain,
    line_styles,
    logarithmic,
    picture,
)
from makemore.probe.recording import Curve, Points
from makemore.training.rate_range import RateRange

_LEAST = 1e-4  # nats; logarithms of less would leave no room for the rest
_WIDE_RANGE = 3.0  # times the lowest loss, from which on losses are shown as logarithms


@picture
def learning_curves(curve: Curve, vocabulary_size: int) -> Figure:
    """The losses of a training, nats per character; of logarithms all below 0.0001 are alike.

    Args:
        curve: the training.
        vocabulary_size: V; a network that knows nothing has the loss ln V.

    Example:
        >>> figure = learning_curves(Curve(loss=[(1, 3.3), (2, 3.0)], dev=[(2, 3.1)]), 27)
        >>> figure.axes[0].get_xlabel()
        'step'
    """
    figure, (axes,) = canvas()
    steps, losses = _columns(curve.loss)
    expected = math.log(vocabulary_size)
    is_wide = max(losses.max(), expected) > _WIDE_RANGE * losses.min()
    losses = np.maximum(losses, _LEAST if is_wide else -math.inf)
    axes.plot(
        steps, losses, color=FAINT, linewidth=1, label="each step", marker=_marker(curve.loss)
    )
    axes.plot(steps, smoothed(losses), color=SERIES[0], linewidth=1.8, label="train, smoothed")
    if curve.dev:
        looks, dev = _columns(curve.dev)
        best = int(dev.argmin())
        axes.plot(looks, dev, color=SERIES[1], linewidth=1.8, linestyle="--", label="dev")
        axes.plot(
            looks[best],
            dev[best],
            "o",
            color=SERIES[1],
            label=f"best: {dev[best]:.4f} at step {looks[best]:,.0f}",
        )
    axes.axhline(expected, color=SOFT, linewidth=1, linestyle=":")
    said = f"knowing nothing: ln {vocabulary_size} = {expected:.2f}"
    axes.text(1, expected, f"{said}; first loss {losses[0]:.2f}", ha="right", va="bottom",
              fontsize=9, color=SOFT, transform=axes.get_yaxis_transform())  # fmt: skip
    if is_wide:
        logarithmic(axes, "y")
    axes.set(xlabel="step", ylabel="loss, nats per character")
    explain(axes)
    return figure


@picture
def ratios(points: dict[str, Points], what: str) -> Figure:
    """How large updates or gradients were beside the weights, with the line at -3.

    Args:
        points: by name, the steps looked into and a logarithm to base 10.
        what: what is beside the weights: `updates` or `gradients`.
    """
    figure, (axes,) = canvas(height=4.0)
    _over_time(axes, points)
    axes.axhline(-3, color=INK, linewidth=1)
    at = axes.get_yaxis_transform()
    axes.text(1.01, -3, "1/1000", va="center", fontsize=9, color=SOFT, transform=at)
    axes.set(xlabel="step", ylabel=f"log10 of {what} to weights")
    explain(axes, columns=3)
    return figure


@picture
def flat_over_time(curve: Curve) -> Figure:
    """The share of each layer that was saturated or off while it was trained."""
    figure, (axes,) = canvas(height=4.0)
    named = {f"{name} ({curve.kinds[name]})": points for name, points in curve.flat.items()}
    _over_time(axes, named)
    axes.set(xlabel="step", ylabel="share saturated or off", ylim=(-0.02, 1.02))
    explain(axes)
    return figure


@picture
def rate_curve(found: RateRange) -> Figure:
    """The loss as the learning rate rises, and the rate that is suggested."""
    figure, (axes,) = canvas()
    axes.plot(found.rates, found.losses, color=SERIES[0], linewidth=1.8)
    axes.axvline(found.suggestion, color=SERIES[1], linestyle="--", linewidth=1.5)
    axes.text(found.suggestion, 1, f" suggested: {found.suggestion:.2g}", va="top",
              color=SERIES[1], transform=axes.get_xaxis_transform())  # fmt: skip
    logarithmic(axes, "x")
    axes.set(xlabel="learning rate", ylabel="loss, nats per character")
    return figure


def smoothed(losses: Float64s, share: float = 0.02) -> Float64s:
    """The mean of each loss and those around it, a fiftieth of all; fewer at the ends.

    Example:
        >>> smoothed(np.array([3.0, 1.0, 2.0]), share=0.7).tolist()
        [2.0, 2.0, 1.5]
    """
    half = max(0, round(len(losses) * share / 2))
    sums = np.concatenate([[0.0], np.cumsum(losses)])
    place = np.arange(len(losses))
    first, last = np.maximum(place - half, 0), np.minimum(place + half + 1, len(losses))
    means: Float64s = (sums[last] - sums[first]) / (last - first)
    return means


def _over_time(axes: Axes, points: dict[str, Points]) -> None:
    """A line for each name."""
    for (name, each), style in zip(points.items(), line_styles(len(points)), strict=True):
        axes.plot(
            *_columns(each),
            linewidth=1.5,
            label=name,
            marker=_marker(each),
            color=style.color,
            linestyle=style.dashes,
        )


def _marker(points: Points) -> str | None:
    """Return a marker for a line of one point, which could not be seen; else the default."""
    return "." if len(points) == 1 else None


def _columns(points: Points) -> tuple[Float64s, Float64s]:
    """Steps and what was found at each."""
    steps, found = zip(*points, strict=True)
    return np.array(steps, float), np.array(found, float)
