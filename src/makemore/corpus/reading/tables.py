"""CSV and TSV tables, read row by row."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain

from makemore.corpus.reading.decoding import LONGEST
from makemore.corpus.reading.rows import Columns, Row
from makemore.errors import DataError

Numbered = tuple[int, list[str]]  # a row's number, from 1, and its fields

HEADER_HINT = "; if the first row holds the columns' names, give a name instead of a number"


def has_header(columns: Columns) -> bool:
    """Whether the first row holds the columns' names: one of them is given by its name."""
    return any(not column.isdecimal() for column in columns.named)


def table_rows(texts: Iterable[str], columns: Columns, is_tabbed: bool) -> Iterator[Row]:
    """Takes columns of a table; blank rows are passed over.

    Args:
        texts: the text, in pieces of whole lines.
        columns: what to take.
        is_tabbed: whether tabs separate its fields, whatever its first row looks like.

    Raises:
        DataError: it cannot be read, or has no such column.
    """
    texts = iter(texts)
    first = next(texts, "")
    found = ((i, row) for i, row in _fields(chain([first], texts), first, is_tabbed) if row)
    header = next(found, (0, []))[1] if has_header(columns) else []
    wanted = [(_place(column, header), column) for column in columns.named]
    for number, row in found:
        for place, column in wanted:
            if place >= len(row):
                raise DataError(
                    f"row {number}: there is no column {column}: the row has {len(row)} (if the "
                    "text has no columns, leave --column out)"
                )
        yield Row(number, [row[place] for place, _ in wanted])


def which_column(text: str, is_tabbed: bool) -> DataError:
    """The question which column of a table holds the lines."""
    rows = (row for _, row in _fields([text], text, is_tabbed))
    first = next(filter(None, rows), [])
    count = f"{len(first)} column" + ("s" if len(first) != 1 else "")
    return DataError(
        f"line 1: the table has {count} ({', '.join(first[:6])}): say which holds the lines with "
        "--column NAME, or --column NUMBER where the first row is no header"
    )


def _fields(texts: Iterable[str], first: str, is_tabbed: bool) -> Iterator[Numbered]:
    """The rows of a table with their numbers, blank ones as empty lists."""
    fed = 0  # characters of the row, in all its lines

    def lines() -> Iterator[str]:
        nonlocal fed
        for line in chain.from_iterable(io.StringIO(text, newline="") for text in texts):
            fed += len(line)
            if fed > LONGEST:
                raise DataError(
                    f"line {reader.line_num}: a row has more than {LONGEST:,} characters"
                )
            yield line

    reader = csv.reader(lines(), delimiter=_delimiter(first, is_tabbed))
    try:
        for number, row in enumerate(reader, 1):
            fed = 0
            yield number, row
    except csv.Error as error:
        raise DataError(f"line {reader.line_num}: not a readable table: {error}") from None


def _delimiter(text: str, is_tabbed: bool) -> str:
    """A tab in a TSV file or where the first row has one, else the commoner of comma, semicolon."""
    first = text.split("\n", 1)[0]
    if is_tabbed or "\t" in first:
        return "\t"
    return ";" if first.count(";") > first.count(",") else ","


def _place(column: str, header: list[str]) -> int:
    """The index of a column given by name or number."""
    names = [name.strip() for name in header]
    if names.count(column) > 1:
        raise DataError(f"line 1: the column {column!r} stands there more than once: rename one")
    if column in names:
        return names.index(column)
    if column.isdecimal() and int(column) >= 1:
        return int(column) - 1
    if column.isdecimal():
        raise DataError(f"line 1: there is no column {column!r}: columns count from 1")
    known = ", ".join(names) or "no columns"
    raise DataError(f"line 1: there is no column {column!r}; the first row has {known}")
