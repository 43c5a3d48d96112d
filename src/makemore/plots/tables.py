"""Heat maps of bigram counts and next-character probabilities."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from makemore.plots.style import (
    INK,
    PAGE_WIDTH,
    SOFT,
    Reals,
    create_figure,
    draw_heat_map,
    label_axes,
    styled,
)

MAX_CHARACTERS = 40  # maximum number of characters in a table; the most frequent are shown
_CELL, _SMALL_CELL = 0.34, 0.15  # inches, size of a cell with text and without text
_LABEL_SPACE = 0.9  # inches, space for the labels beside the cells
_CELL_FONT_SIZE = 36  # font size, in points, at which one character fills the width of a cell
_WHITE_TEXT_ABOVE = 0.55  # share of the strongest colour above which text is white


@styled
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
    counts, names, note = _most_frequent(counts, names)
    size = _LABEL_SPACE + min(_CELL, (PAGE_WIDTH - _LABEL_SPACE) / len(names)) * len(names)
    figure, (axes,) = create_figure(width=size, height=size)
    strength = np.sqrt(counts / max(counts.max(), 1))  # square roots keep rare pairs visible
    draw_heat_map(axes, strength, 1.0)
    for row, before in enumerate(names):
        for column, after in enumerate(names):
            count = counts[row, column]
            color = "white" if strength[row, column] > _WHITE_TEXT_ABOVE else INK if count else SOFT
            font_size = min(6.0, _CELL_FONT_SIZE / len(before + after))
            pair = axes.text(column, row - 0.05, before + after, va="bottom")
            frequency = axes.text(column, row + 0.05, _abbreviate(count), va="top")
            for text in (pair, frequency):
                text.set(ha="center", color=color, fontsize=font_size)
                text.set_in_layout(False)  # the texts fit; measuring all of them takes seconds
    axes.xaxis.tick_top()
    label_axes(axes, names, names)
    axes.set(ylabel="character", title=f"followed by{note}")
    return figure


@styled
def counted_and_learned(counts: Reals | None, learned: Reals, names: Sequence[str]) -> Figure:
    """Plot the relative bigram frequencies next to the model's next-character probabilities.

    Args:
        counts: (V, V) counts as for `bigram_table`; None to show the model's table only.
        learned: (V, V) probabilities of the model, rows sum to one.
        names: (V,) names of the ids.
    """
    order = _frequent_ids(learned if counts is None else counts)
    panels = [(learned, "predicted probability")]
    if counts is not None:
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-12)
        panels.insert(0, (shares, "relative frequency"))
    cell = min(_SMALL_CELL, (PAGE_WIDTH / len(panels) - _LABEL_SPACE) / len(order))
    size = _LABEL_SPACE + cell * len(order)
    figure, each = create_figure(1, len(panels), width=size * len(panels), height=size + 0.2)
    maximum = max(float(table.max()) for table, _ in panels)
    shown = [names[i] for i in order]
    for axes, (table, what) in zip(each, panels, strict=True):
        draw_heat_map(axes, np.sqrt(table[np.ix_(order, order)]), maximum**0.5)
        axes.xaxis.tick_top()
        label_axes(axes, shown, shown)
        axes.tick_params(labelsize=7, pad=1)
        axes.set_title(what)
    each[0].set_ylabel("character")
    return figure


def _most_frequent(counts: Reals, names: Sequence[str]) -> tuple[Reals, list[str], str]:
    """Return the table of the most frequent characters, their names, and a note on omissions."""
    order = _frequent_ids(counts)
    note = f" ({len(order)} most frequent of {len(names)} characters)"
    selected = counts[np.ix_(order, order)]
    return selected, [names[i] for i in order], note if len(order) < len(names) else ""


def _frequent_ids(counts: Reals) -> list[int]:
    """Return the most frequent ids in ascending order, without those that never occur."""
    frequency = counts.sum(axis=1) + counts.sum(axis=0)
    limit = min(MAX_CHARACTERS, np.count_nonzero(frequency)) or MAX_CHARACTERS
    order: list[int] = np.sort(np.argsort(-frequency, kind="stable")[:limit]).tolist()
    return order


def _abbreviate(count: float) -> str:
    """Return a count as text of at most four characters.

    Example:
        >>> [_abbreviate(count) for count in (0.0, 6763.0, 12345.0, 2.5, 3456789.0)]
        ['0', '6763', '12k', '2.5', '3M']
    """
    if count >= 1e6:
        return f"{count / 1e6:.0f}M"
    if count >= 1e4:
        return f"{count / 1e3:.0f}k"
    return f"{count:.0f}" if count == int(count) or count >= 100 else f"{count:.1f}"
