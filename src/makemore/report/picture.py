"""Pictures as a page has them: in its own colours and type, with words, gathered in sections."""

import io
import re
import warnings
from dataclasses import dataclass, field
from enum import StrEnum

import matplotlib
from markupsafe import Markup
from matplotlib.figure import Figure

from makemore.plots.style import FAINT, FULL, INK, SERIES, SOFT
from makemore.probe.tables import Rows

# The page gives these another value for dark screens.
COLORS = {"ink": INK, "soft": SOFT, "faint": FAINT} | {
    f"series-{number}": color for number, color in enumerate(SERIES)
}
_SHRINKS = 0.62  # how small a picture may become before a small screen scrolls it


class Needs(StrEnum):
    """What a picture is drawn from."""

    FILE = "the model file"
    LINES = "the file and lines"
    RECORDING = "a recording of its training"


@dataclass(frozen=True)
class Picture:
    """A picture with its words.

    Attributes:
        figure: the drawing.
        title: what it shows.
        caption: how to read it.
        needs: what it is drawn from.
        is_whole: whether it is never made smaller: its letters could not be read, so a small screen
            scrolls.
    """

    figure: Figure
    title: str
    caption: str
    needs: Needs
    is_whole: bool = False

    @property
    def is_wide(self) -> bool:
        """Whether it needs the width of the page."""
        return self.figure.get_figwidth() > FULL


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        title: what it is about.
        pictures: what it shows.
        tables: rows of text, the first of each its heads.
    """

    title: str
    pictures: list[Picture] = field(default_factory=list)
    tables: list[Rows] = field(default_factory=list)


def as_svg(figure: Figure, name: str) -> Markup:
    """A figure as SVG to stand within a page.

    Colours of the house become variables of the page, text takes the page's type, and ids are the
    figure's own.

    Args:
        figure: any.
        name: what makes its ids differ from those of other figures.
    """
    written = io.StringIO()
    settings = {"svg.fonttype": "none", "svg.hashsalt": name}
    with matplotlib.rc_context(settings), warnings.catch_warnings():  # type: ignore[arg-type]
        # matplotlib's own font lacks a character: the reader's browser will have another.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    svg = written.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<(?:g|image)\b[^>]*?) id="[^"]*"', r"\1", svg)
    svg = re.sub(r"font-family: [^;\"]*;?", "", svg)
    svg = re.sub(
        r'(<svg[^>]*?) width="([\d.]+pt)" height="[\d.]+pt"',
        rf'\1 style="width: \2; min-width: calc({_SHRINKS} * \2)"',
        svg,
    )
    for variable, color in COLORS.items():
        svg = svg.replace(color, f"var(--{variable})")
    return Markup(svg)
