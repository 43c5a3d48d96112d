"""Layout of the help of verbs: reflowed paragraphs, and only what a reader can use.

`cli.main` imports this module only when help is printed, as Rich loads slowly.
"""

import re
from typing import Any

from cyclopts.help import DefaultFormatter, HelpEntry, HelpPanel, InlineText
from rich.console import Console, ConsoleOptions
from rich.text import Text

_NO_DEFAULT = ("False", '""', "()")  # the value of an option that is not given


class HelpFormatter(DefaultFormatter):
    """The formatter of cyclopts, with reflowed text and simplified entries."""

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        """Print a panel of commands or parameters."""
        entries = [_simplify(entry) for entry in panel.entries]
        super().__call__(console, options, panel.copy(entries=entries))

    def render_description(
        self, console: Console, options: ConsoleOptions, description: Any
    ) -> None:
        """Print the description of the command, one paragraph after the other."""
        for paragraph in re.split(r"\n\s*\n", str(description.primary_renderable).strip()):
            if paragraph:
                console.print(reflow(paragraph) + "\n", markup=False, highlight=False)


def reflow(paragraph: str) -> str:
    """Return a paragraph on one line, for the terminal to wrap."""
    return " ".join(paragraph.split())


def _simplify(entry: HelpEntry) -> HelpEntry:
    """Return an entry without defaults and names that nobody needs.

    These are the default of an option that is not given, the flag that restores it, and the
    option name of a positional parameter.
    """
    is_off = entry.default in _NO_DEFAULT
    text = reflow(str(entry.description.primary_renderable))
    return entry.copy(
        description=InlineText(Text(text[:1].upper() + text[1:])),
        default=None if is_off else entry.default,
        negative_names=() if is_off else entry.negative_names,
        positive_names=() if entry.positional_label else entry.positive_names,
    )
