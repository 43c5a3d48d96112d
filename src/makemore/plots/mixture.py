"""Plots of a mixture's members: their weights, and their contribution by position."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from makemore.plots.style import SERIES, add_legend, create_figure, line_styles, styled
from makemore.probe.members import Member


@styled
def member_weights(members: Sequence[Member]) -> Figure:
    """Plot for each member its weight, its share of characters, and the loss without it.

    The share of characters counts those to which the member gives the highest probability of all
    members. The lower plot shows the increase of the loss when the member is removed.
    """
    figure, (upper, lower) = create_figure(2, 1, height=1.6 + 0.5 * len(members), share_y=True)
    positions = np.arange(len(members))
    for offset, label, shares in (
        (-0.2, "weight", [each.weight for each in members]),
        (0.2, "share of characters it predicts best", [each.best for each in members]),
    ):
        upper.barh(positions + offset, shares, 0.36, color=SERIES[offset > 0], label=label)
    upper.set_yticks(positions, [f"{i}: {each.name}" for i, each in enumerate(members)])
    upper.invert_yaxis()
    rises = [each.without if np.isfinite(each.without) else 0.0 for each in members]
    lower.barh(positions, rises, 0.5, color=SERIES[2])
    for position, each in enumerate(members):
        if not np.isfinite(each.without):
            lower.text(0, position, " infinite", va="center")
    lower.set_xlabel("rise of the loss without it, nats per character")
    for axes in (upper, lower):
        axes.xaxis.set_major_locator(MaxNLocator(5))
    add_legend(upper)
    return figure


@styled
def member_places(members: Sequence[Member]) -> Figure:
    """Plot each member's share of the mixture's probability by position in the line."""
    figure, (axes,) = create_figure(height=2.8 + 0.18 * len(members))
    for (number, each), style in zip(enumerate(members), line_styles(len(members)), strict=True):
        positions = range(1, 1 + len(each.by_place))
        axes.plot(
            positions,
            each.by_place,
            linewidth=1.8,
            label=f"{number}: {each.name}",
            color=style.color,
            linestyle=style.dashes,
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="position in the line", ylabel="mean share of the probability", ylim=(0, None))
    add_legend(axes)
    return figure
