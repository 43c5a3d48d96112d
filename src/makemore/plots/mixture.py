"""Plots of a mixture's members: their weights, and their contribution by position."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from makemore.plots.style import SERIES, canvas, explain, line_styles, picture
from makemore.probe.members import Member


@picture
def member_weights(members: Sequence[Member]) -> Figure:
    """Plot for each member its weight, its share of characters, and the loss without it.

    The share of characters counts those to which the member gives the highest probability of all
    members. The lower plot shows the increase of the loss when the member is removed.
    """
    figure, (above, below) = canvas(2, 1, height=1.6 + 0.5 * len(members), share_y=True)
    places = np.arange(len(members))
    for shift, what, shares in (
        (-0.2, "weight", [each.weight for each in members]),
        (0.2, "share of characters it tells best", [each.best for each in members]),
    ):
        above.barh(places + shift, shares, 0.36, color=SERIES[shift > 0], label=what)
    above.set_yticks(places, [f"{i}: {each.name}" for i, each in enumerate(members)])
    above.invert_yaxis()
    rises = [each.without if np.isfinite(each.without) else 0.0 for each in members]
    below.barh(places, rises, 0.5, color=SERIES[2])
    for place, each in enumerate(members):
        if not np.isfinite(each.without):
            below.text(0, place, " infinite", va="center")
    below.set_xlabel("rise of the loss without it, nats")
    for axes in (above, below):
        axes.xaxis.set_major_locator(MaxNLocator(5))
    explain(above)
    return figure


@picture
def member_places(members: Sequence[Member]) -> Figure:
    """Plot each member's share of the mixture's probability by position in the line."""
    figure, (axes,) = canvas(height=2.8 + 0.18 * len(members))
    for (number, each), style in zip(enumerate(members), line_styles(len(members)), strict=True):
        places = range(1, 1 + len(each.by_place))
        axes.plot(
            places,
            each.by_place,
            linewidth=1.8,
            label=f"{number}: {each.name}",
            color=style.color,
            linestyle=style.dashes,
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="place in the line", ylabel="share of the probability", ylim=(0, None))
    explain(axes)
    return figure
