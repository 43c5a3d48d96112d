"""Readers of CSV and TSV tables, row by row."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain

from makemore.corpus.lines import Lines
from makemore.corpus.reading.decoding import LONGEST
from makemore.corpus.reading.rows import Columns, Row, blocks_of
from makemore.errors import DataError, Location

Numbered = tuple[int, list[str]]  # a row's number, from 1, and its fields

HEADER_HINT = "; if the first row holds the columns' names, give a name instead of a number"


def has_header(columns: Columns) -> bool:
    """Return whether the first row is a header: at least one column is given by name."""
    return any(not column.isdecimal() for column in columns.named)


def table_blocks(
    texts: Iterable[str], columns: Columns, is_tabbed: bool, size: int
) -> Iterator[Lines]:
    """Read the lines of a table in blocks; see `table_rows`.

    Args:
        texts: the text, in chunks of whole lines.
        columns: the columns to read.
        is_tabbed: use the tab as delimiter without inspecting the first row.
        size: approximate block size, in characters.

    Raises:
        DataError: the table cannot be read, lacks a column, or has a value that cannot be used.
    """
    hint = "" if has_header(columns) else HEADER_HINT
    return blocks_of(table_rows(texts, columns, is_tabbed), columns, size, hint)


def table_rows(texts: Iterable[str], columns: Columns, is_tabbed: bool) -> Iterator[Row]:
    """Yield the selected columns of each row of a table; blank rows are skipped.

    Args:
        texts: the text, in chunks of whole lines.
        columns: the columns to read.
        is_tabbed: use the tab as delimiter without inspecting the first row.

    Raises:
        DataError: the table cannot be read or lacks a column.
    """
    texts = iter(texts)
    first = next(texts, "")
    found = ((i, row) for i, row in _fields(chain([first], texts), first, is_tabbed) if row)
    header = next(found, (1, [])) if has_header(columns) else (1, [])
    line = _place(columns.line, header)
    weight = None if columns.weight is None else _place(columns.weight, header)
    label = None if columns.label is None else _place(columns.label, header)
    places = [place for place in (line, weight, label) if place is not None]
    last = max(places)
    for number, row in found:
        if last >= len(row):
            raise _short(row, number, dict(zip(columns.named, places, strict=True)))
        yield Row(
            number,
            row[line],
            None if weight is None else row[weight],
            None if label is None else row[label],
        )


def which_column(text: str, is_tabbed: bool, number: int) -> DataError:
    """Return the error that asks which column of a table holds the lines.

    Args:
        text: whole lines, including the first row.
        is_tabbed: use the tab as delimiter without inspecting the first row.
        number: line number of the first line of the text.
    """
    rows = _fields([text], text, is_tabbed, before=number - 1)
    number, first = next((found for found in rows if found[1]), (number, []))
    count = f"{len(first)} column" + ("s" if len(first) != 1 else "")
    return DataError(
        f"the table has {count} ({', '.join(first[:6])}): say which holds the lines with "
        "--column NAME, or --column NUMBER where the first row is no header",
        Location(line=number),
    )


def _short(row: list[str], number: int, places: dict[str, int]) -> DataError:
    """Return the error for a row that lacks one of the selected columns."""
    column = next(column for column, place in places.items() if place >= len(row))
    return DataError(
        f"there is no column {column}: the row has {len(row)} (if the text has no columns, leave "
        "--column out)",
        Location(row=number, column=column),
    )


def _fields(
    texts: Iterable[str], first: str, is_tabbed: bool, before: int = 0
) -> Iterator[Numbered]:
    """Yield numbered rows, blank ones as empty lists; `before` lines precede the texts."""
    fed = 0  # characters of the current row, over all its lines

    def lines() -> Iterator[str]:
        nonlocal fed
        for line in chain.from_iterable(io.StringIO(text, newline="") for text in texts):
            fed += len(line)
            if fed > LONGEST:
                location = Location(line=before + reader.line_num)
                raise DataError(f"a row has more than {LONGEST:,} characters", location)
            yield line

    reader = csv.reader(lines(), delimiter=_delimiter(first, is_tabbed))
    try:
        for number, row in enumerate(reader, before + 1):
            fed = 0
            yield number, row
    except csv.Error as error:
        location = Location(line=before + reader.line_num)
        raise DataError(f"not a readable table: {error}", location) from None


def _delimiter(text: str, is_tabbed: bool) -> str:
    """Return a tab if `is_tabbed` or the first row has one, else the commoner of , and ;."""
    first = text.split("\n", 1)[0]
    if is_tabbed or "\t" in first:
        return "\t"
    return ";" if first.count(";") > first.count(",") else ","


def _place(column: str, header: Numbered) -> int:
    """Return the index of a column given by name or number."""
    number, fields = header
    names = [name.strip() for name in fields]
    location = Location(line=number, column=column)
    if names.count(column) > 1:
        problem = f"the column {column!r} stands there more than once: rename one"
        raise DataError(problem, location)
    if column in names:
        return names.index(column)
    if column.isdecimal() and int(column) >= 1:
        return int(column) - 1
    if column.isdecimal():
        raise DataError(f"there is no column {column!r}: columns count from 1", location)
    known = ", ".join(names) or "no columns"
    raise DataError(f"there is no column {column!r}; the first row has {known}", location)
