"""What all pictures share: their colours, which the colour-blind can tell apart, and their type.

Series begin with blue, vermillion and green of Okabe and Ito (2008), "Color universal design"; the
others are those furthest from them, and from each other, for every kind of colour-blindness, among
colours that thin lines on white can have. From the seventh on lines differ in their dashes.
"""

import io
from collections.abc import Callable, Sequence
from functools import wraps
from itertools import cycle, islice, product
from typing import TYPE_CHECKING, NamedTuple, ParamSpec

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from makemore.arrays import Float32s, Float64s

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

INK, SOFT, FAINT = "#1b1f24", "#57606a", "#d0d7de"
SERIES = ("#0072b2", "#d55e00", "#009e73", "#9800e5", "#4c0000", "#000066")
_DASHES = ("-", "--", ":")

# Heat grows out of whatever the picture stands on, light or dark.
STRONG = "#1764ab"
HEAT = LinearSegmentedColormap.from_list("heat", [to_rgba(STRONG, 0.0), to_rgba(STRONG, 1.0)])

WIDE, HIGH = 5.0, 3.2  # inches, of a picture with one plot
FULL = 5.8  # inches, of one that needs all that half a page has
PAGE = 12.0  # inches, of one that needs the whole width of a page

# How many times an axis rises, from which on fewer ticks are enough, and what they are then.
_RISES = ((1000.0, (1.0,)), (50.0, (1.0, 3.0)), (0.0, (1.0, 2.0, 3.0, 5.0)))
_LITTLE = 3.0  # up to which an axis hardly rises: its ticks are evenly apart
_LONG = 2  # characters of a name, from which on it is turned

_STYLE: "dict[RcKeyType, str | float]" = {
    "font.size": 10,
    "text.color": INK,
    "text.parse_math": False,  # characters of lists are no formulas
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.facecolor": "white",
    "axes.facecolor": "none",
}


class Drawing(Figure):
    """A figure that notebooks show by itself, without pyplot."""

    def _repr_png_(self) -> bytes:
        """The figure as a picture."""
        written = io.BytesIO()
        self.savefig(written, format="png", dpi=100)
        return written.getvalue()


Given = ParamSpec("Given")
Reals = Float32s | Float64s  # numbers to draw


def picture(draw: Callable[Given, Figure]) -> Callable[Given, Figure]:
    """Makes a function draw in the style of the house, whatever the program's own settings."""

    @wraps(draw)
    def in_style(*args: Given.args, **options: Given.kwargs) -> Figure:
        with matplotlib.rc_context(_STYLE):
            return draw(*args, **options)

    return in_style


def canvas(
    rows: int = 1,
    columns: int = 1,
    width: float = WIDE,
    height: float = HIGH,
    share_y: bool = False,
) -> tuple[Figure, list[Axes]]:
    """A figure with plots, row after row; sizes in inches are those of the whole."""
    figure = Drawing(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharey=share_y).ravel().tolist()
    for each in axes:
        each.tick_params(labelsize=9, color=SOFT, labelcolor=SOFT)
    return figure, axes


class LineStyle(NamedTuple):
    """How a line is drawn: its colour, and its dashes."""

    color: str
    dashes: str


def line_styles(count: int) -> list[LineStyle]:
    """Return styles for so many lines, no two alike as long as they last."""
    styles = (LineStyle(color, dashes) for dashes, color in product(_DASHES, SERIES))
    return list(islice(cycle(styles), count))


def explain(axes: Axes, columns: int = 2) -> None:
    """Says below a plot what its lines are."""
    handles, labels = axes.get_legend_handles_labels()
    if labels:
        figure = axes.get_figure()
        assert isinstance(figure, Figure), "a plot stands in a figure"
        figure.legend(handles, labels, loc="outside lower left", ncols=columns)


def logarithmic(axes: Axes, *names: str) -> None:
    """Makes axes of a plot, `x` or `y`, logarithmic, with plain numbers at their ticks.

    Draw the data first.
    """
    for name in names:
        axes.set(**{f"{name}scale": "log"})
        axis = axes.xaxis if name == "x" else axes.yaxis
        low, high = axis.get_view_interval()
        rise = (high / low) ** (1.5 if name == "x" else 1.0)  # side by side there is less room
        steps = next(steps for least, steps in _RISES if rise > least)
        axis.set_major_locator(LogLocator(subs=steps) if rise > _LITTLE else MaxNLocator(4))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_locator(NullLocator())


def heat(axes: Axes, values: Reals, most: float | None = None) -> None:
    """Fills a plot with a matrix, row 0 on top; the largest value is the strongest."""
    axes.imshow(values, cmap=HEAT, vmin=0, vmax=most, interpolation="none", aspect="auto")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def name_axes(axes: Axes, across: Sequence[str], down: Sequence[str]) -> None:
    """Names the columns and rows of a matrix."""
    axes.set_xticks(range(len(across)), across)
    axes.set_yticks(range(len(down)), down)
    turn_long_names(axes)


def turn_long_names(axes: Axes) -> None:
    """Turns names below or above a plot that have no room beside each other, such as 200d."""
    for label in axes.get_xticklabels():
        if len(label.get_text()) > _LONG:
            label.set_rotation(90)
