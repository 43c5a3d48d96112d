"""Training curves: losses, updates, gradients and saturation by step, and the range test."""

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
    add_legend,
    create_figure,
    line_styles,
    set_log_scale,
    styled,
)
from makemore.probe.recording import Curve, Points
from makemore.training.rate_range import RateRange

_MIN_LOSS = 1e-4  # nats; smaller losses would take too much of a logarithmic axis
_WIDE_RANGE = 3.0  # ratio of highest to lowest loss above which the axis is logarithmic


@styled
def learning_curves(curve: Curve, vocabulary_size: int) -> Figure:
    """Plot the train and dev losses by step, in nats per character.

    If the range is wide the axis is logarithmic, and train losses below 0.0001 are drawn at 0.0001.

    Args:
        curve: recorded curves of the training; at least one loss.
        vocabulary_size: V; the uniform distribution has the loss ln V.

    Example:
        >>> figure = learning_curves(Curve(loss=[(1, 3.3), (2, 3.0)], dev=[(2, 3.1)]), 27)
        >>> figure.axes[0].get_xlabel()
        'step'
    """
    figure, (axes,) = create_figure()
    steps, losses = _to_arrays(curve.loss)
    expected = math.log(vocabulary_size)
    is_wide = max(losses.max(), expected) > _WIDE_RANGE * losses.min()
    losses = np.maximum(losses, _MIN_LOSS if is_wide else -math.inf)
    axes.plot(
        steps,
        losses,
        color=FAINT,
        linewidth=1,
        label="train, each step",
        marker=_marker(curve.loss),
    )
    axes.plot(steps, smoothed(losses), color=SERIES[0], linewidth=1.8, label="train, smoothed")
    if curve.dev:
        dev_steps, dev = _to_arrays(curve.dev)
        best = int(dev.argmin())
        axes.plot(dev_steps, dev, color=SERIES[1], linewidth=1.8, linestyle="--", label="dev")
        axes.plot(
            dev_steps[best],
            dev[best],
            "o",
            color=SERIES[1],
            label=f"best: {dev[best]:.4f} at step {dev_steps[best]:,.0f}",
        )
    axes.axhline(expected, color=SOFT, linewidth=1, linestyle=":")
    uniform = f"uniform: ln {vocabulary_size} = {expected:.2f}"
    axes.text(1, expected, f"{uniform}; first loss {losses[0]:.2f}", ha="right", va="bottom",
              fontsize=9, color=SOFT, transform=axes.get_yaxis_transform())  # fmt: skip
    if is_wide:
        set_log_scale(axes, "y")
    axes.set(xlabel="step", ylabel="loss, nats per character")
    add_legend(axes)
    return figure


@styled
def ratios(points: dict[str, Points], numerator: str) -> Figure:
    """Plot the ratio of updates or gradients to the weights by step, with a reference line at -3.

    Args:
        points: for each matrix by name, pairs of a step and the base-10 logarithm of the ratio.
        numerator: the numerator of the ratio, for the axis label: `updates` or `gradients`.
    """
    figure, (axes,) = create_figure(height=4.0)
    _draw_curves(axes, points)
    axes.axhline(-3, color=INK, linewidth=1)
    transform = axes.get_yaxis_transform()
    axes.text(1.01, -3, "1/1000", va="center", fontsize=9, color=SOFT, transform=transform)
    axes.set(xlabel="step", ylabel=f"log10 of std({numerator}) / std(weights)")
    add_legend(axes, columns=3)
    return figure


@styled
def saturation_curves(curve: Curve) -> Figure:
    """Plot the share of each layer's activations that was saturated or inactive, by step."""
    figure, (axes,) = create_figure(height=4.0)
    named = {f"{name} ({curve.kinds[name]})": points for name, points in curve.flat.items()}
    _draw_curves(axes, named)
    axes.set(xlabel="step", ylabel="share saturated or inactive", ylim=(-0.02, 1.02))
    add_legend(axes)
    return figure


@styled
def rate_curve(result: RateRange) -> Figure:
    """Plot the loss by learning rate, with the suggested rate."""
    figure, (axes,) = create_figure()
    axes.plot(result.rates, result.losses, color=SERIES[0], linewidth=1.8)
    axes.axvline(result.suggestion, color=SERIES[1], linestyle="--", linewidth=1.5)
    axes.text(result.suggestion, 1, f" suggested: {result.suggestion:.2g}", va="top",
              color=SERIES[1], transform=axes.get_xaxis_transform())  # fmt: skip
    set_log_scale(axes, "x")
    axes.set(xlabel="learning rate", ylabel="loss, nats per character")
    return figure


def smoothed(losses: Float64s, share: float = 0.02) -> Float64s:
    """Return the centred moving average of losses.

    The window is truncated at both ends.

    Args:
        losses: (n,) float64 losses by step.
        share: width of the window, as a share of n.

    Returns:
        (n,) float64 means.

    Example:
        >>> smoothed(np.array([3.0, 1.0, 2.0]), share=0.7).tolist()
        [2.0, 2.0, 1.5]
    """
    half = max(0, round(len(losses) * share / 2))
    sums = np.concatenate([[0.0], np.cumsum(losses)])
    position = np.arange(len(losses))
    first, last = np.maximum(position - half, 0), np.minimum(position + half + 1, len(losses))
    means: Float64s = (sums[last] - sums[first]) / (last - first)
    return means


def _draw_curves(axes: Axes, points: dict[str, Points]) -> None:
    """Draw one line per name."""
    for (name, each), style in zip(points.items(), line_styles(len(points)), strict=True):
        axes.plot(
            *_to_arrays(each),
            linewidth=1.5,
            label=name,
            marker=_marker(each),
            color=style.color,
            linestyle=style.dashes,
        )


def _marker(points: Points) -> str | None:
    """Return a marker for a line of one point, which would be invisible without one, else None."""
    return "." if len(points) == 1 else None


def _to_arrays(points: Points) -> tuple[Float64s, Float64s]:
    """Return the steps and the values as two arrays."""
    steps, values = zip(*points, strict=True)
    return np.array(steps, float), np.array(values, float)
