"""Distributions of line lengths and of characters in sampled lines and in given lines."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from makemore.arrays import Float64s
from makemore.plots.style import (
    DEFAULT_WIDTH,
    HALF_PAGE_WIDTH,
    SERIES,
    SOFT,
    add_legend,
    create_figure,
    rotate_long_labels,
    styled,
)

_MAX_BARS = 60  # maximum number of bars; more lengths are binned
_MAX_CHARACTERS = 40  # maximum number of characters; the most frequent are shown
_MAX_NARROW = 22  # maximum number of characters for the narrow figure with large labels


@styled
def lengths(sampled: Float64s, given: Float64s | None) -> Figure:
    """Plot the distribution of line lengths of sampled lines and of given lines.

    Args:
        sampled: (longest + 1,) shares of the sampled lines with 0, 1 and so on characters.
        given: (longest + 1,) the same shares of the given lines, or None.
    """
    figure, (axes,) = create_figure()
    longest = max(len(sampled), 0 if given is None else len(given))
    width = -(-longest // _MAX_BARS)
    axes.bar(*_bin_shares(sampled, width), 0.8 * width, color=SERIES[0], alpha=0.6, label="sampled")
    if given is not None:
        axes.plot(*_bin_shares(given, width), "o-", color=SERIES[1], markersize=4, label="given")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    note = f" ({width} lengths per bar)" if width > 1 else ""
    axes.set(xlabel=f"characters in a line{note}", ylabel="share of lines")
    add_legend(axes)
    return figure


@styled
def characters(sampled: Float64s, given: Float64s | None, names: Sequence[str]) -> Figure:
    """Plot the frequency of each character in sampled lines and in given lines.

    Args:
        sampled: (V,) frequencies in the sampled lines, as shares of all characters.
        given: (V,) the same frequencies in the given lines, or None.
        names: (V,) names of the ids; the boundary, id 0, is omitted.
    """
    reference = sampled if given is None else given
    order = np.lexsort((-sampled[1:], -reference[1:]))[:_MAX_CHARACTERS] + 1
    is_full = len(order) > _MAX_NARROW
    figure, (axes,) = create_figure(width=HALF_PAGE_WIDTH if is_full else DEFAULT_WIDTH)
    positions = np.arange(len(order))
    axes.bar(positions, sampled[order], color=SERIES[0], alpha=0.6, label="sampled")
    if given is not None:
        axes.plot(positions, given[order], "o", color=SERIES[1], markersize=4, label="given")
    axes.set_xticks(positions, [names[i] for i in order])
    rotate_long_labels(axes)
    note = (
        f" ({_MAX_CHARACTERS} most frequent of {len(names) - 1:,})"
        if len(names) > _MAX_CHARACTERS + 1
        else ""
    )
    axes.set(xlabel=f"character{note}", ylabel="share of characters")
    axes.tick_params(axis="x", colors=SOFT, length=0, labelsize=8.5 if is_full else 9)
    add_legend(axes)
    return figure


def _bin_shares(shares: Float64s, width: int) -> tuple[Float64s, Float64s]:
    """Bin shares over `width` lengths; return the bin centres and the sums."""
    padded = np.pad(shares, (0, -len(shares) % width)).reshape(-1, width)
    centres = np.arange(len(padded), dtype=np.float64) * width + (width - 1) / 2
    return centres, padded.sum(axis=1)
