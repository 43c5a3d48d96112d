"""Layout of the help of verbs: reflowed paragraphs, and only what a reader can use."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cyclopts.help import HelpEntry, HelpPanel
    from rich.console import Console, ConsoleOptions

_NO_DEFAULT = ("False", '""', "()")  # the value of an option that is not given


class HelpFormatter:
    """Help formatter for `cyclopts.App`; what it does not change is laid out as by default.

    Its methods are those of `cyclopts.help.protocols.HelpFormatter`. They import cyclopts' own
    formatter, and with it Rich, only when help is printed.
    """

    def __call__(self, console: "Console", options: "ConsoleOptions", panel: "HelpPanel") -> None:
        """Print a panel of commands or parameters."""
        from cyclopts.help import DefaultFormatter

        entries = [_simplified(entry) for entry in panel.entries]
        DefaultFormatter()(console, options, panel.copy(entries=entries))

    def render_usage(self, console: "Console", options: "ConsoleOptions", usage: Any) -> None:
        """Print the usage line."""
        from cyclopts.help import DefaultFormatter

        DefaultFormatter().render_usage(console, options, usage)

    def render_description(self, console: "Console", options: "ConsoleOptions", text: Any) -> None:
        """Print the description of the command, one paragraph after the other."""
        paragraphs = re.split(r"\n\s*\n", str(text.primary_renderable).strip())
        for paragraph in filter(None, paragraphs):
            console.print(reflowed(paragraph) + "\n", markup=False, highlight=False)


def reflowed(paragraph: str) -> str:
    """Return a paragraph on one line, for the terminal to wrap."""
    return " ".join(paragraph.split())


def _simplified(entry: "HelpEntry") -> "HelpEntry":
    """Return an entry without defaults and names that nobody needs.

    These are the default of an option that is not given, the flag that restores it, and the
    option name of a positional parameter.
    """
    from cyclopts.help import InlineText
    from rich.text import Text

    is_off = entry.default in _NO_DEFAULT
    text = reflowed(str(entry.description.primary_renderable))
    return entry.copy(
        description=InlineText(Text(text[:1].upper() + text[1:])),
        default=None if is_off else entry.default,
        negative_names=() if is_off else entry.negative_names,
        positive_names=() if entry.positional_label else entry.positive_names,
    )
