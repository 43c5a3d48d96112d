"""Character embedding of a network, in two dimensions."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from makemore.plots.style import FAINT, FULL, INK, SERIES, WIDE, canvas, picture
from makemore.probe.projection import Plane

MOST = 120  # maximum number of characters for a readable plot
_FEW = 40  # maximum number of characters for the small figure with large letters


@picture
def embedding(plane: Plane, names: Sequence[str], marked: Sequence[int] = ()) -> Figure:
    """Plot the embedding vectors of characters in a plane, each labelled with its character.

    Args:
        plane: the vectors projected to two dimensions; the first 120 are shown.
        names: name of each vector.
        marked: indices to highlight in a different colour, such as vowels.
    """
    points = plane.points[:MOST]
    side, letters = (WIDE, 11) if len(points) <= _FEW else (FULL, 9)
    figure, (axes,) = canvas(width=side, height=side)
    axes.plot(points[:, 0], points[:, 1], "o", markersize=1.4 * letters, color=FAINT, alpha=0.5)
    for place, ((x, y), name) in enumerate(zip(points, names, strict=False)):
        is_marked = place in marked
        axes.text(x, y, name, ha="center", va="center", fontsize=letters,
                  color=SERIES[1] if is_marked else INK,
                  fontweight="bold" if is_marked else "normal")  # fmt: skip
    if plane.shares is None:
        axes.set(xlabel="first number", ylabel="second number")
    else:
        first, second = (f"{share:.0%} of the variance" for share in plane.shares)
        axes.set(xlabel=f"first component, {first}", ylabel=f"second component, {second}")
    axes.margins(0.08)
    return figure
