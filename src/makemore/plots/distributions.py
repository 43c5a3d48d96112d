"""Distributions of line lengths and of characters in sampled lines and in given lines."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from makemore.arrays import Float64s
from makemore.plots.style import (
    FULL,
    SERIES,
    SOFT,
    WIDE,
    canvas,
    explain,
    picture,
    turn_long_names,
)

_BARS = 60  # maximum number of bars; more lengths are binned
_MOST = 40  # maximum number of characters; the most frequent are shown
_FEW = 22  # maximum number of characters for the narrow figure with large labels


@picture
def lengths(made: Float64s, learned: Float64s | None) -> Figure:
    """Plot the distribution of line lengths of sampled lines and of given lines.

    Args:
        made: (longest + 1,) shares of the sampled lines with 0, 1 and so on characters.
        learned: (longest + 1,) the same shares of the given lines, or None.
    """
    figure, (axes,) = canvas()
    longest = max(len(made), 0 if learned is None else len(learned))
    width = -(-longest // _BARS)
    axes.bar(*_together(made, width), 0.8 * width, color=SERIES[0], alpha=0.6, label="made")
    if learned is not None:
        axes.plot(*_together(learned, width), "o-", color=SERIES[1], markersize=4, label="given")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    more = f" ({width} lengths to a bar)" if width > 1 else ""
    axes.set(xlabel=f"characters in a line{more}", ylabel="share of lines")
    explain(axes)
    return figure


@picture
def characters(made: Float64s, learned: Float64s | None, names: Sequence[str]) -> Figure:
    """Plot the frequency of each character in sampled lines and in given lines.

    Args:
        made: (V,) frequencies in the sampled lines, as shares of all characters.
        learned: (V,) the same frequencies in the given lines, or None.
        names: (V,) names of the ids; the boundary, id 0, is omitted.
    """
    first = made if learned is None else learned
    order = np.lexsort((-made[1:], -first[1:]))[:_MOST] + 1
    is_full = len(order) > _FEW
    figure, (axes,) = canvas(width=FULL if is_full else WIDE)
    places = np.arange(len(order))
    axes.bar(places, made[order], color=SERIES[0], alpha=0.6, label="made")
    if learned is not None:
        axes.plot(places, learned[order], "o", color=SERIES[1], markersize=4, label="given")
    axes.set_xticks(places, [names[i] for i in order])
    turn_long_names(axes)
    more = f" (the {_MOST} commonest of {len(names) - 1:,})" if len(names) > _MOST + 1 else ""
    axes.set(xlabel=f"character{more}", ylabel="share of characters")
    axes.tick_params(axis="x", colors=SOFT, length=0, labelsize=8.5 if is_full else 9)
    explain(axes)
    return figure


def _together(shares: Float64s, width: int) -> tuple[Float64s, Float64s]:
    """Bin shares over `width` lengths; return the bin centres and the sums."""
    filled = np.pad(shares, (0, -len(shares) % width)).reshape(-1, width)
    middles = np.arange(len(filled), dtype=np.float64) * width + (width - 1) / 2
    return middles, filled.sum(axis=1)
