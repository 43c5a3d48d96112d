"""Plots of batch normalisation: running averages, and the effect of the rest of the batch."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from makemore.arrays import Float64s
from makemore.plots.style import (
    SERIES,
    SOFT,
    add_legend,
    create_figure,
    line_styles,
    set_log_scale,
    styled,
)
from makemore.probe.norms import Norm


@styled
def running_against_calibrated(norms: Sequence[Norm]) -> Figure:
    """Plot each unit's running mean and variance against those computed on the examined lines."""
    figure, (left, right) = create_figure(1, 2, height=2.8 + 0.1 * len(norms))
    pairs = zip(norms, line_styles(len(norms)), strict=True)
    for norm, style in pairs:
        left.plot(norm.calibrated_mean, norm.mean, ".", color=style.color, label=norm.name)
        right.plot(norm.calibrated_variance, norm.variance, ".", color=style.color)
    for axes, statistic in ((left, "mean"), (right, "variance")):
        low, high = axes.get_xlim()
        axes.axline((low, low), (high, high), color=SOFT, linewidth=1)
        axes.set(xlabel=f"calibrated {statistic}", ylabel=f"running {statistic}")
    set_log_scale(right, "x", "y")
    add_legend(left, columns=3)
    return figure


@styled
def batch_mates(losses: Float64s) -> Figure:
    """Plot the training-mode loss of one line in several batches, each with other lines.

    Args:
        losses: (batches,) float64 losses of the line, in nats per character.
    """
    figure, (axes,) = create_figure(height=1.6)
    axes.plot(losses, np.zeros(len(losses)), "|", color=SERIES[0], markersize=22)
    axes.axvline(losses.mean(), color=SOFT, linestyle=":")
    axes.set(yticks=[], xlabel="loss of one line, nats per character")
    axes.spines["left"].set_visible(False)
    return figure
