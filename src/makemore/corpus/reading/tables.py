"""Readers of CSV and TSV tables, row by row."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain

from makemore.corpus.lines import Lines
from makemore.corpus.reading.decoding import MAX_LINE_LENGTH
from makemore.corpus.reading.rows import Columns, Row, clean_blocks
from makemore.errors import DataError, Location

NumberedRow = tuple[int, list[str]]  # a row's number, from 1, and its fields

HEADER_HINT = "; if the first row is a header, give the name of a column instead of a number"


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
    return clean_blocks(table_rows(texts, columns, is_tabbed), columns, size, hint)


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
    rows = ((i, row) for i, row in _fields(chain([first], texts), first, is_tabbed) if row)
    header = next(rows, (1, [])) if has_header(columns) else (1, [])
    line = _column_index(columns.line, header)
    weight = None if columns.weight is None else _column_index(columns.weight, header)
    label = None if columns.label is None else _column_index(columns.label, header)
    indices = [index for index in (line, weight, label) if index is not None]
    max_index = max(indices)
    for number, row in rows:
        if max_index >= len(row):
            raise _missing_column_error(row, number, dict(zip(columns.named, indices, strict=True)))
        yield Row(
            number,
            row[line],
            None if weight is None else row[weight],
            None if label is None else row[label],
        )


def column_needed_error(text: str, is_tabbed: bool, number: int) -> DataError:
    """Return the error that asks which column of a table holds the lines.

    Args:
        text: whole lines, including the first row.
        is_tabbed: use the tab as delimiter without inspecting the first row.
        number: line number of the first line of the text.
    """
    rows = _fields([text], text, is_tabbed, preceding=number - 1)
    number, first = next((numbered for numbered in rows if numbered[1]), (number, []))
    count = f"{len(first)} column" + ("s" if len(first) != 1 else "")
    return DataError(
        f"the table has {count} ({', '.join(first[:6])}): give the column of the lines with "
        "--column NAME, or with --column NUMBER if the first row is not a header",
        Location(line=number),
    )


def _missing_column_error(row: list[str], number: int, indices: dict[str, int]) -> DataError:
    """Return the error for a row that lacks one of the selected columns."""
    column = next(column for column, index in indices.items() if index >= len(row))
    return DataError(
        f"there is no column {column}: the row has {len(row)} (if the text has no columns, omit "
        "--column)",
        Location(row=number, column=column),
    )


def _fields(
    texts: Iterable[str], first: str, is_tabbed: bool, preceding: int = 0
) -> Iterator[NumberedRow]:
    """Yield numbered rows, blank ones as empty lists; `preceding` lines precede the texts."""
    row_length = 0  # in characters, over all lines of the current row

    def lines() -> Iterator[str]:
        nonlocal row_length
        for line in chain.from_iterable(io.StringIO(text, newline="") for text in texts):
            row_length += len(line)
            if row_length > MAX_LINE_LENGTH:
                location = Location(line=preceding + reader.line_num)
                raise DataError(f"a row has more than {MAX_LINE_LENGTH:,} characters", location)
            yield line

    reader = csv.reader(lines(), delimiter=_delimiter(first, is_tabbed))
    try:
        for number, row in enumerate(reader, preceding + 1):
            row_length = 0
            yield number, row
    except csv.Error as error:
        location = Location(line=preceding + reader.line_num)
        raise DataError(f"the table cannot be read: {error}", location) from None


def _delimiter(text: str, is_tabbed: bool) -> str:
    """Return a tab if `is_tabbed` or the first row has one, else the commoner of , and ;."""
    first = text.split("\n", 1)[0]
    if is_tabbed or "\t" in first:
        return "\t"
    return ";" if first.count(";") > first.count(",") else ","


def _column_index(column: str, header: NumberedRow) -> int:
    """Return the index of a column given by name or number."""
    number, fields = header
    names = [name.strip() for name in fields]
    location = Location(line=number, column=column)
    if names.count(column) > 1:
        problem = f"there is more than one column {column!r}: rename all but one"
        raise DataError(problem, location)
    if column in names:
        return names.index(column)
    if column.isdecimal() and int(column) >= 1:
        return int(column) - 1
    if column.isdecimal():
        raise DataError(f"there is no column {column!r}: columns count from 1", location)
    known = ", ".join(names) or "no columns"
    raise DataError(f"there is no column {column!r}; the first row has {known}", location)
