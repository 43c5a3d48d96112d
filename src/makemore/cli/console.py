"""Console output of all verbs: results to standard output, messages to standard error."""

import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING

from makemore.cli.streams import write_message
from makemore.corpus.control_characters import escape_controls, escape_json
from makemore.errors import OptionError

if TYPE_CHECKING:
    from makemore.corpus.lines import Lines
    from makemore.estimator.makemore import MakeMore

ARGUMENTS: ContextVar[Sequence[str]] = ContextVar("ARGUMENTS", default=())  # command-line arguments
_BATCH_SIZE = 8192  # lines per write

Json = bool | int | float | str | None | Sequence["Json"] | Mapping[str, "Json"]


def print_message(message: str) -> None:
    """Print a message to standard error, with control characters escaped; it may be lost."""
    write_message(_escape_controls(message))


def warn_about_unknown(maker: "MakeMore", lines: "Lines", consequence: str) -> None:
    """Print how many lines have an unknown character or label, if any.

    Args:
        maker: the fitted model.
        lines: the lines.
        consequence: what follows for these lines, for the end of the message.
    """
    unknown_count = int((~maker.learned_.vocabulary.is_encodable(lines)).sum())
    if unknown_count:
        labels = " or a label" if lines.labels is not None else ""
        print_message(
            f"{unknown_count:,} of {len(lines):,} lines have a character{labels} that was not in "
            f"the fitted list: {consequence}"
        )


def warn_if_diverged(maker: "MakeMore", remedy: str) -> None:
    """Print that a network has learned nothing, if that is so.

    Args:
        maker: the fitted model.
        remedy: what to do, for the end of the message.
    """
    fitted = maker.learned_
    if fitted.has_diverged:
        print_message(
            f"the training diverged: the loss of {fitted.report.train_loss:.4g} is above that of "
            f"random characters, {fitted.chance_loss:.4g}; {remedy}"
        )


def write_lines(lines: Iterable[str]) -> int:
    """Print lines in batches as they arrive and return their number."""
    to_text: Callable[[str], str] = _escape_controls if sys.stdout.isatty() else str
    count, batch = 0, []
    for line in lines:
        batch.append(to_text(line))
        if len(batch) == _BATCH_SIZE:
            sys.stdout.write("\n".join(batch) + "\n")
            count, batch = count + len(batch), []
    if batch:
        sys.stdout.write("\n".join(batch) + "\n")
    return count + len(batch)


def write_json(value: Json) -> None:
    """Print a value as one line of JSON."""
    print(escape_json(json.dumps(_replace_non_finite(value), ensure_ascii=False)))


def _escape_controls(text: str) -> str:
    """Return the text with control characters escaped, except tabs, which separate columns."""
    return text if text.isprintable() else "\t".join(map(escape_controls, text.split("\t")))


def _replace_non_finite(value: Json) -> Json:
    """Return the value with infinities and NaN replaced by None."""
    if isinstance(value, Mapping):
        return {name: _replace_non_finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_replace_non_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def format_table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return rows of text as aligned columns, with control characters escaped.

    Example:
        >>> format_table([("a", "1"), ("bcd", "2")])
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


def parse_pairs(pairs: Iterable[str]) -> dict[str, str]:
    """Split `name=value` pairs; hyphens in names become underscores.

    Raises:
        OptionError: a pair has no equals sign.
    """
    values = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise OptionError(f"-O takes NAME=VALUE, such as -O window=4; {pair!r} has no =")
        values[name.strip().replace("-", "_")] = value.strip()
    return values
