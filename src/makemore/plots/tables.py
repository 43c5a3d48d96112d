"""Heat maps of bigram counts and next-character probabilities."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from makemore.plots.style import INK, PAGE, SOFT, Reals, canvas, heat, name_axes, picture

MOST = 40  # maximum number of characters in a table; the most frequent are shown
_CELL, _SMALL = 0.34, 0.15  # inches, size of a cell with text and without text
_NAMES = 0.9  # inches, space for the labels beside the cells
_ROOM = 36  # font size, in points, at which one character fills the width of a cell
_DARK = 0.55  # share of the strongest colour above which text is white


@picture
def bigram_table(counts: Reals, names: Sequence[str]) -> Figure:
    """Plot bigram counts as a heat map, with each pair and its count in its cell.

    Args:
        counts: (V, V) counts; row: first character, column: the character that followed.
        names: (V,) names of the ids.

    Example:
        >>> figure = bigram_table(np.array([[0, 2], [2, 1]]), [".", "a"])
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['..', '0', '.a', '2', 'a.', '2', 'aa', '1']
    """
    counts, names, left = _commonest(counts, names)
    size = _NAMES + min(_CELL, (PAGE - _NAMES) / len(names)) * len(names)
    figure, (axes,) = canvas(width=size, height=size)
    strength = np.sqrt(counts / max(counts.max(), 1))  # square roots keep rare pairs visible
    heat(axes, strength, 1.0)
    for row, before in enumerate(names):
        for column, after in enumerate(names):
            count = counts[row, column]
            color = "white" if strength[row, column] > _DARK else INK if count else SOFT
            letters = min(6.0, _ROOM / len(before + after))
            pair = axes.text(column, row - 0.05, before + after, va="bottom")
            often = axes.text(column, row + 0.05, _short(count), va="top")
            for text in (pair, often):
                text.set(ha="center", color=color, fontsize=letters)
                text.set_in_layout(False)  # the texts fit; measuring all of them takes seconds
    axes.xaxis.tick_top()
    name_axes(axes, names, names)
    axes.set(ylabel="character", title=f"followed by{left}")
    return figure


@picture
def counted_and_learned(counts: Reals | None, learned: Reals, names: Sequence[str]) -> Figure:
    """Plot the relative bigram frequencies next to the model's next-character probabilities.

    Args:
        counts: (V, V) counts as for `bigram_table`; None to show the model's table only.
        learned: (V, V) probabilities of the model, rows sum to one.
        names: (V,) names of the ids.
    """
    order = _order(learned if counts is None else counts)
    panels = [(learned, "learned")]
    if counts is not None:
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-12)
        panels.insert(0, (shares, "counted"))
    cell = min(_SMALL, (PAGE / len(panels) - _NAMES) / len(order))
    size = _NAMES + cell * len(order)
    figure, each = canvas(1, len(panels), width=size * len(panels), height=size + 0.2)
    most = max(float(table.max()) for table, _ in panels)
    shown = [names[i] for i in order]
    for axes, (table, what) in zip(each, panels, strict=True):
        heat(axes, np.sqrt(table[np.ix_(order, order)]), most**0.5)
        axes.xaxis.tick_top()
        name_axes(axes, shown, shown)
        axes.tick_params(labelsize=7, pad=1)
        axes.set_title(what)
    each[0].set_ylabel("character")
    return figure


def _commonest(counts: Reals, names: Sequence[str]) -> tuple[Reals, list[str], str]:
    """Return the table of the most frequent characters, their names, and a note on omissions."""
    order = _order(counts)
    left = f" (the {len(order)} commonest of {len(names)} characters)"
    kept = counts[np.ix_(order, order)]
    return kept, [names[i] for i in order], left if len(order) < len(names) else ""


def _order(counts: Reals) -> list[int]:
    """Return the most frequent ids in ascending order, without those that never occur."""
    often = counts.sum(axis=1) + counts.sum(axis=0)
    most = min(MOST, np.count_nonzero(often)) or MOST
    order: list[int] = np.sort(np.argsort(-often, kind="stable")[:most]).tolist()
    return order


def _short(count: float) -> str:
    """Return a count as text of at most four characters.

    Example:
        >>> [_short(count) for count in (0.0, 6763.0, 12345.0, 2.5, 3456789.0)]
        ['0', '6763', '12k', '2.5', '3M']
    """
    if count >= 1e6:
        return f"{count / 1e6:.0f}M"
    if count >= 1e4:
        return f"{count / 1e3:.0f}k"
    return f"{count:.0f}" if count == int(count) or count >= 100 else f"{count:.1f}"
