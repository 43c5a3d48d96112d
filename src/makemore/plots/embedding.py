"""Characters as a network sees them: near each other where they are used alike."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from makemore.plots.style import FAINT, FULL, INK, SERIES, WIDE, canvas, picture
from makemore.probe.projection import Plane

MOST = 120  # characters that can still be read
_FEW = 40  # characters that have room for large letters


@picture
def embedding(plane: Plane, names: Sequence[str], marked: Sequence[int] = ()) -> Figure:
    """Vectors of characters in a plane, the characters as their labels.

    Args:
        plane: the vectors; the first 120 are shown.
        names: what each is called.
        marked: which are shown in a colour of their own, such as vowels.
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
