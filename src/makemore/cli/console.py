"""What every verb shares: results to standard output, everything else to standard error."""

import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING

from makemore.corpus.control_characters import escaped, visible
from makemore.errors import OptionError

if TYPE_CHECKING:
    from makemore.corpus.lines import Lines
    from makemore.estimator.makemore import MakeMore

TYPED: ContextVar[Sequence[str]] = ContextVar("TYPED", default=())  # the arguments, as typed
_BATCH = 8192  # lines written at once

Json = bool | int | float | str | None | Sequence["Json"] | Mapping[str, "Json"]


def say(sentence: str) -> None:
    """Tells the person something that is no result; whatever it names cannot steer a terminal."""
    print(_harmless(sentence), file=sys.stderr)


def say_unknown(maker: "MakeMore", lines: "Lines", so: str) -> None:
    """Says how many lines have what the list of a model had nowhere, and what that comes to."""
    unknown = int((~maker.learned_.vocabulary.knows(lines)).sum())
    if unknown:
        what = "a character or a label" if lines.labels is not None else "a character"
        say(f"{unknown:,} of {len(lines):,} lines have {what} that was nowhere in the list: {so}")


def write_lines(lines: Iterable[str]) -> int:
    """Prints lines as they come and says how many there were."""
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
    """Prints a value as one line of JSON."""
    print(escaped(json.dumps(_finite(value), ensure_ascii=False)))


def _harmless(text: str) -> str:
    """Text that cannot steer a terminal; tabs stay, as they part columns."""
    return text if text.isprintable() else "\t".join(map(visible, text.split("\t")))


def _finite(value: Json) -> Json:
    """The value with null for what JSON has no number for."""
    if isinstance(value, Mapping):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Lay rows of text out in columns; control characters are spelled out.

    Example:
        >>> table([("a", "1"), ("bcd", "2")])
        ['a    1', 'bcd  2']
    """
    from rich.cells import cell_len  # wide characters take two columns, combining marks none

    rows = [tuple(map(visible, row)) for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def key_values(pairs: Iterable[str]) -> dict[str, str]:
    """Splits `name=value` pairs.

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
