"""Pictures and sections of the report page, and conversion of figures to inline SVG."""

import io
import re
import warnings
from dataclasses import dataclass, field
from enum import StrEnum

import matplotlib
from markupsafe import Markup
from matplotlib.figure import Figure

from makemore.plots.style import FAINT, HALF_PAGE_WIDTH, INK, SERIES, SOFT
from makemore.probe.tables import Rows

# CSS variables of the page, which have other values in dark mode.
COLORS = {"ink": INK, "soft": SOFT, "faint": FAINT} | {
    f"series-{number}": color for number, color in enumerate(SERIES)
}
_MIN_SCALE = 0.62  # minimum scale of a picture; on narrower screens it scrolls


class DataSource(StrEnum):
    """Data that a picture is drawn from."""

    FILE = "the model file"
    LINES = "the model file and the lines"
    RECORDING = "the recording of the training"


@dataclass(frozen=True)
class Picture:
    """Figure with title and caption.

    Attributes:
        figure: the matplotlib figure.
        title: title of the picture.
        caption: explanation of how to read it.
        source: data that the picture is drawn from.
        is_fixed_size: whether the picture is never scaled down, because its text would be
            unreadable. It scrolls on a small screen.
    """

    figure: Figure
    title: str
    caption: str
    source: DataSource
    is_fixed_size: bool = False

    @property
    def is_wide(self) -> bool:
        """Whether the picture needs the full width of the page."""
        return self.figure.get_figwidth() > HALF_PAGE_WIDTH


@dataclass(frozen=True)
class Section:
    """Section of the page.

    Attributes:
        title: heading of the section.
        pictures: pictures of the section.
        tables: tables as rows of text; the first row of each is its header.
    """

    title: str
    pictures: list[Picture] = field(default_factory=list)
    tables: list[Rows] = field(default_factory=list)


def as_svg(figure: Figure, name: str) -> Markup:
    """Return a figure as inline SVG for the page.

    The colours of `COLORS` become CSS variables, text takes the font of the page, and ids are
    unique to the figure.

    Args:
        figure: the figure.
        name: salt of the ids, different for each figure of a page.
    """
    buffer = io.StringIO()
    settings = {"svg.fonttype": "none", "svg.hashsalt": name}
    with matplotlib.rc_context(settings), warnings.catch_warnings():  # type: ignore[arg-type]
        # If matplotlib's font lacks a glyph, the browser uses one of its own fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<(?:g|image)\b[^>]*?) id="[^"]*"', r"\1", svg)
    svg = re.sub(r"font-family: [^;\"]*;?", "", svg)
    svg = re.sub(
        r'(<svg[^>]*?) width="([\d.]+pt)" height="[\d.]+pt"',
        rf'\1 style="width: \2; min-width: calc({_MIN_SCALE} * \2)"',
        svg,
    )
    for variable, color in COLORS.items():
        svg = svg.replace(color, f"var(--{variable})")
    return Markup(svg)
