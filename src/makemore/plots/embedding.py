"""Character embedding of a network, in two dimensions."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from makemore.plots.style import (
    DEFAULT_WIDTH,
    FAINT,
    HALF_PAGE_WIDTH,
    INK,
    SERIES,
    create_figure,
    styled,
)
from makemore.probe.projection import Plane

MAX_CHARACTERS = 120  # maximum number of characters for a readable plot
_MAX_SMALL = 40  # maximum number of characters for the small figure with large letters


@styled
def embedding(plane: Plane, names: Sequence[str], marked: Sequence[int] = ()) -> Figure:
    """Plot the embedding vectors of characters in a plane, each labelled with its character.

    Args:
        plane: the vectors projected to two dimensions; the first 120 are shown.
        names: name of each vector.
        marked: indices to highlight in a different colour, such as vowels.
    """
    points = plane.points[:MAX_CHARACTERS]
    size, font_size = (DEFAULT_WIDTH, 11) if len(points) <= _MAX_SMALL else (HALF_PAGE_WIDTH, 9)
    figure, (axes,) = create_figure(width=size, height=size)
    axes.plot(points[:, 0], points[:, 1], "o", markersize=1.4 * font_size, color=FAINT, alpha=0.5)
    for index, ((x, y), name) in enumerate(zip(points, names, strict=False)):
        is_marked = index in marked
        axes.text(x, y, name, ha="center", va="center", fontsize=font_size,
                  color=SERIES[1] if is_marked else INK,
                  fontweight="bold" if is_marked else "normal")  # fmt: skip
    if plane.shares is None:
        axes.set(xlabel="first dimension", ylabel="second dimension")
    else:
        first, second = (f"{share:.0%} of the variance" for share in plane.shares)
        axes.set(xlabel=f"first component, {first}", ylabel=f"second component, {second}")
    axes.margins(0.08)
    return figure
