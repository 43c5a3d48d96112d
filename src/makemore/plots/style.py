"""Common style of all plots: colours that are distinguishable with colour blindness, and fonts.

The first three colours of a series are blue, vermillion and green of Okabe and Ito (2008), "Color
universal design". The other three are the colours furthest from these and from each other, under
every kind of colour blindness, among colours that are visible as thin lines on white. From the
seventh line on, colours repeat with other dashes.
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

# The colour map starts transparent, so that it fits a light or a dark background.
HEAT_COLOR = "#1764ab"
HEAT = LinearSegmentedColormap.from_list(
    "heat", [to_rgba(HEAT_COLOR, 0.0), to_rgba(HEAT_COLOR, 1.0)]
)

DEFAULT_WIDTH, DEFAULT_HEIGHT = 5.0, 3.2  # inches, default size of a figure
HALF_PAGE_WIDTH = 5.8  # inches, maximum width of a figure that fits half a page
PAGE_WIDTH = 12.0  # inches, width of a figure that needs the full page width

# Ticks per decade of a logarithmic axis, by the ratio of its ends: fewer ticks for longer axes.
_TICK_STEPS = ((1000.0, (1.0,)), (50.0, (1.0, 3.0)), (0.0, (1.0, 2.0, 3.0, 5.0)))
_NARROW_RANGE = 3.0  # ratio of an axis's ends up to which its ticks are linear
_MAX_LABEL_LENGTH = 2  # maximum characters of a tick label that is not rotated

_STYLE: "dict[RcKeyType, str | float]" = {
    "font.size": 10,
    "text.color": INK,
    "text.parse_math": False,  # a $ in a list does not start a formula
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


class InlineFigure(Figure):
    """Figure that notebooks display without pyplot."""

    def _repr_png_(self) -> bytes:
        """Return the figure as PNG bytes."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=100)
        return buffer.getvalue()


Params = ParamSpec("Params")
Reals = Float32s | Float64s  # numbers to draw


def styled(plot: Callable[Params, Figure]) -> Callable[Params, Figure]:
    """Decorate a plot function to use this module's style instead of the global rcParams."""

    @wraps(plot)
    def wrapper(*args: Params.args, **options: Params.kwargs) -> Figure:
        with matplotlib.rc_context(_STYLE):
            return plot(*args, **options)

    return wrapper


def create_figure(
    rows: int = 1,
    columns: int = 1,
    width: float = DEFAULT_WIDTH,
    height: float = DEFAULT_HEIGHT,
    share_y: bool = False,
) -> tuple[Figure, list[Axes]]:
    """Return a figure and its axes, row by row; `width` and `height` of the figure in inches."""
    figure = InlineFigure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharey=share_y).ravel().tolist()
    for each in axes:
        each.tick_params(labelsize=9, color=SOFT, labelcolor=SOFT)
    return figure, axes


class LineStyle(NamedTuple):
    """Style of a line: colour and dashes."""

    color: str
    dashes: str


def line_styles(count: int) -> list[LineStyle]:
    """Return `count` line styles; the first 18 are distinct."""
    styles = (LineStyle(color, dashes) for dashes, color in product(_DASHES, SERIES))
    return list(islice(cycle(styles), count))


def add_legend(axes: Axes, columns: int = 2) -> None:
    """Add a legend below the plot, if it has labelled lines."""
    handles, labels = axes.get_legend_handles_labels()
    if labels:
        figure = axes.get_figure()
        assert isinstance(figure, Figure), "a plot stands in a figure"
        figure.legend(handles, labels, loc="outside lower left", ncols=columns)


def set_log_scale(axes: Axes, *names: str) -> None:
    """Make axes logarithmic, with plain numbers as tick labels; call this after drawing the data.

    Args:
        axes: the plot.
        names: axes to change, `x` or `y`.
    """
    for name in names:
        axes.set(**{f"{name}scale": "log"})
        axis = axes.xaxis if name == "x" else axes.yaxis
        low, high = axis.get_view_interval()
        range_ratio = (high / low) ** (1.5 if name == "x" else 1.0)  # x tick labels need more room
        steps = next(steps for minimum, steps in _TICK_STEPS if range_ratio > minimum)
        axis.set_major_locator(
            LogLocator(subs=steps) if range_ratio > _NARROW_RANGE else MaxNLocator(4)
        )
        axis.set_major_formatter("{x:g}")
        axis.set_minor_locator(NullLocator())


def draw_heat_map(axes: Axes, values: Reals, maximum: float | None = None) -> None:
    """Draw a matrix as a heat map, row 0 at the top.

    Args:
        axes: the plot to draw in.
        values: matrix to draw.
        maximum: value of the strongest colour; None for the maximum of the matrix.
    """
    axes.imshow(values, cmap=HEAT, vmin=0, vmax=maximum, interpolation="none", aspect="auto")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def label_axes(axes: Axes, across: Sequence[str], down: Sequence[str]) -> None:
    """Label the columns and rows of a matrix."""
    axes.set_xticks(range(len(across)), across)
    axes.set_yticks(range(len(down)), down)
    rotate_long_labels(axes)


def rotate_long_labels(axes: Axes) -> None:
    """Rotate x tick labels that are too long to fit next to each other, such as 200d."""
    for label in axes.get_xticklabels():
        if len(label.get_text()) > _MAX_LABEL_LENGTH:
            label.set_rotation(90)
