"""Console output of all verbs: results to standard output, messages to standard error."""

import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING

from makemore.corpus.control_characters import escape_controls, escape_json
from makemore.errors import OptionError

if TYPE_CHECKING:
    from makemore.corpus.lines import Lines
    from makemore.estimator.makemore import MakeMore

TYPED: ContextVar[Sequence[str]] = ContextVar("TYPED", default=())  # command-line arguments
_BATCH = 8192  # lines per write

Json = bool | int | float | str | None | Sequence["Json"] | Mapping[str, "Json"]


def say(sentence: str) -> None:
    """Print a message to standard error, with control characters escaped."""
    print(_harmless(sentence), file=sys.stderr)


def say_unknown(maker: "MakeMore", lines: "Lines", so: str) -> None:
    """Report how many lines have an unknown character or label.

    Args:
        maker: the fitted model.
        lines: the lines.
        so: the consequence for these lines, for the end of the message.
    """
    unknown = int((~maker.learned_.vocabulary.is_encodable(lines)).sum())
    if unknown:
        what = "a character or a label" if lines.labels is not None else "a character"
        say(f"{unknown:,} of {len(lines):,} lines have {what} that was nowhere in the list: {so}")


def write_lines(lines: Iterable[str]) -> int:
    """Print lines in batches as they arrive and return their number."""
    shown: Callable[[str], str] = _harmless if sys.stdout.isatty() else str
    written, batch = 0, []
    for line in lines:
        batch.append(shown(line))
        if len(batch) == _BATCH:
            sys.stdout.write("\n".join(batch) + "\n")
            written, batch = written + len(batch), []
    if batch:
        sys.stdout.write("\n".join(batch) + "\n")
    return written + len(batch)


def write_json(value: Json) -> None:
    """Print a value as one line of JSON."""
    print(escape_json(json.dumps(_finite(value), ensure_ascii=False)))


def _harmless(text: str) -> str:
    """Return the text with control characters escaped, except tabs, which separate columns."""
    return text if text.isprintable() else "\t".join(map(escape_controls, text.split("\t")))


def _finite(value: Json) -> Json:
    """Return the value with infinities and NaN replaced by None."""
    if isinstance(value, Mapping):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return rows of text as aligned columns, with control characters escaped.

    Example:
        >>> table([("a", "1"), ("bcd", "2")])
        ['a    1', 'bcd  2']
    """
    from rich.cells import cell_len  # counts two columns for wide characters, none for marks

    rows = [tuple(map(escape_controls, row)) for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def key_values(pairs: Iterable[str]) -> dict[str, str]:
    """Split `name=value` pairs; hyphens in names become underscores.

    Raises:
        OptionError: a pair has no equals sign.
    """
    found = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise OptionError(f"-O takes NAME=VALUE, such as -O window=4; {pair!r} has no =")
        found[name.strip().replace("-", "_")] = value.strip()
    return found
