"""Readers of CSV and TSV tables, row by row.

Fields separated by commas, semicolons, bars or another character are read as RFC 4180 has them: a
quoted field may contain delimiters, line breaks and doubled quotes. Such a table is refused if a
quote is never closed, or if text follows a closing quote. In a table with tabs, a row never spans
lines: a field that is quoted at both ends is unquoted, and any other quote is text.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from makemore.corpus.cleaning import normalise_name
from makemore.corpus.lines import Lines
from makemore.corpus.reading.decoding import MAX_LINE_LENGTH
from makemore.corpus.reading.rows import Columns, Row, clean_blocks
from makemore.errors import DataError, Location

HEADER_HINT = "; if the first row is a header, give the name of a column instead of a number"
_DELIMITERS = ",;|"  # those that are detected, besides the tab; the first wins a tie
_DECLARATION = re.compile(r"\"?sep=(.)\"?\n?", re.IGNORECASE)  # a first row that Excel reads so


class NumberedRow(NamedTuple):
    """A row of a table.

    Attributes:
        number: its number, from 1; blank rows count.
        fields: its fields; none if the row is blank.
        line_breaks: number of line breaks within its fields.
    """

    number: int
    fields: list[str]
    line_breaks: int = 0


def has_header(columns: Columns) -> bool:
    """Return whether the first row is a header: at least one column is given by name."""
    return any(not column.isdecimal() for column in columns.named)


def table_blocks(texts: Iterable[str], columns: Columns, suffix: str, size: int) -> Iterator[Lines]:
    """Read the lines of a table in blocks; see `table_rows`.

    Args:
        texts: the text, in chunks of whole lines.
        columns: the columns to read.
        suffix: suffix of the file name.
        size: approximate block size, in characters.

    Raises:
        DataError: the table cannot be read, lacks a column, or has a value that cannot be used.
    """
    hint = "" if has_header(columns) else HEADER_HINT
    return clean_blocks(table_rows(texts, columns, suffix), columns, size, hint)


def table_rows(texts: Iterable[str], columns: Columns, suffix: str) -> Iterator[Row]:
    """Yield the selected columns of each row of a table; blank rows are skipped.

    Args:
        texts: the text, in chunks of whole lines.
        columns: the columns to read.
        suffix: suffix of the file name.

    Raises:
        DataError: the table cannot be read or lacks a column, a row has more fields than the
            header, or, in a table without a header, not as many fields as the first row.
    """
    rows = (row for row in _rows(texts, columns.delimiter, suffix) if row.fields)
    first = next(rows, NumberedRow(1, []))
    header = first if has_header(columns) else NumberedRow(1, [])
    line = _column_index(columns.line, header)
    weight = None if columns.weight is None else _column_index(columns.weight, header)
    label = None if columns.label is None else _column_index(columns.label, header)
    indices = [index for index in (line, weight, label) if index is not None]
    max_index, width = max(indices), len(first.fields)
    for row in rows if has_header(columns) else chain([first] if first.fields else [], rows):
        count = len(row.fields)
        if max_index >= count:
            raise _missing_column_error(row, dict(zip(columns.named, indices, strict=True)))
        if count > width or (count < width and not has_header(columns)):
            raise _width_error(row, width, has_header(columns))
        yield Row(
            row.number,
            row.fields[line],
            None if weight is None else row.fields[weight],
            None if label is None else row.fields[label],
            row.line_breaks,
        )


def column_needed_error(text: str, suffix: str, number: int) -> DataError:
    """Return the error that asks which column of a table holds the lines.

    Args:
        text: whole lines, including the first row.
        suffix: suffix of the file name.
        number: line number of the first line of the text.
    """
    rows = _rows([text], None, suffix, preceding=number - 1)
    first = next((row for row in rows if row.fields), NumberedRow(number, []))
    count = f"{len(first.fields)} column" + ("s" if len(first.fields) != 1 else "")
    return DataError(
        f"the table has {count} ({', '.join(first.fields[:6])}): give the column of the lines with "
        "--column NAME, or with --column NUMBER if the first row is not a header",
        Location(line=first.number),
    )


def _width_error(row: NumberedRow, width: int, has_header: bool) -> DataError:
    """Return the error for a row whose number of fields differs from that of the first row."""
    count = f"{len(row.fields)} field" + ("s" if len(row.fields) != 1 else "")
    return DataError(
        f"the row has {count}, the {'header' if has_header else 'first row'} {width}: put fields "
        "that contain the delimiter in quotes, or give the delimiter with --delimiter",
        Location(row=row.number),
    )


def _missing_column_error(row: NumberedRow, indices: dict[str, int]) -> DataError:
    """Return the error for a row that lacks one of the selected columns."""
    count = len(row.fields)
    column = next(column for column, index in indices.items() if index >= count)
    return DataError(
        f"there is no column {column}: the row has {count} (if the text has no columns, omit "
        "--column)",
        Location(row=row.number, column=column),
    )


def _rows(
    texts: Iterable[str], delimiter: str | None, suffix: str, preceding: int = 0
) -> Iterator[NumberedRow]:
    """Yield all rows; a first row `sep=;` declares the delimiter and is skipped.

    Args:
        texts: the text, in chunks of whole lines.
        delimiter: the delimiter, or None to detect it.
        suffix: suffix of the file name; fields of a .tsv file are separated by tabs.
        preceding: number of lines before the text.
    """
    lines = chain.from_iterable(io.StringIO(text, newline="") for text in texts)
    first = next(lines, "")
    declaration = _DECLARATION.fullmatch(first)
    if declaration:
        first, preceding = next(lines, ""), preceding + 1
        delimiter = delimiter or declaration[1]
    delimiter = delimiter or _detect_delimiter(first, suffix)
    rows = _tabbed_rows if delimiter == "\t" else _quoted_rows
    return rows(chain([first] if first else [], lines), preceding, delimiter)


def _detect_delimiter(line: str, suffix: str) -> str:
    """Return a tab for a .tsv file or if the first line has one, else the commonest of , ; and |.

    Delimiters within quotes do not count.
    """
    unquoted = re.sub(r'"[^"]*"', "", line)
    if suffix == ".tsv" or "\t" in unquoted:
        return "\t"
    return max(_DELIMITERS, key=unquoted.count)


def _tabbed_rows(lines: Iterable[str], preceding: int, delimiter: str) -> Iterator[NumberedRow]:
    """Yield the rows of a table with tabs."""
    for number, line in enumerate(lines, preceding + 1):
        fields = line.rstrip("\n").split(delimiter) if line != "\n" else []
        yield NumberedRow(number, [_unquote(field) for field in fields])


def _unquote(field: str) -> str:
    """Return a field without the quotes around it, if it has quotes at both ends."""
    is_quoted = len(field) > 1 and field[0] == field[-1] == '"'
    return field[1:-1].replace('""', '"') if is_quoted else field


def _quoted_rows(lines: Iterable[str], preceding: int, delimiter: str) -> Iterator[NumberedRow]:
    """Yield the rows of a table as in RFC 4180; a row may span several lines."""
    row_length = 0  # in characters, over all lines of the current row

    def limited() -> Iterator[str]:
        nonlocal row_length
        for line in lines:
            row_length += len(line)
            if row_length > MAX_LINE_LENGTH:
                problem = f"the row has more than {MAX_LINE_LENGTH:,} characters: is there a quote "
                raise DataError(problem + "that is never closed?", Location(row=number + 1))
            yield line

    # The limit is that of the whole process. Lines may be longer than its default.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE_LENGTH))
    reader = csv.reader(limited(), delimiter=delimiter, strict=True)
    number, line_number = preceding, 0
    try:
        for number, fields in enumerate(reader, preceding + 1):
            yield NumberedRow(number, fields, reader.line_num - line_number - 1)
            row_length, line_number = 0, reader.line_num
    except csv.Error as error:
        reason = {
            "unexpected end of data": "a quote is never closed",
            f"'{delimiter}' expected after '\"'": "there is text after a closing quote",
        }.get(str(error), str(error))
        problem = (
            f"{reason}: close it, and double each quote within quotes, or give the delimiter with "
            "--delimiter"
        )
        raise DataError(problem, Location(row=number + 1)) from None


def _column_index(column: str, header: NumberedRow) -> int:
    """Return the index of a column given by name or number; see `normalise_name`."""
    names = [normalise_name(name) for name in header.fields]
    name, location = normalise_name(column), Location(line=header.number, column=column)
    if names.count(name) > 1:
        problem = f"there is more than one column {column!r}: rename all but one"
        raise DataError(problem, location)
    if name in names:
        return names.index(name)
    if name.isdecimal() and int(name) >= 1:
        return int(name) - 1
    if name.isdecimal():
        raise DataError(f"there is no column {column!r}: columns count from 1", location)
    known = ", ".join(names) or "no columns"
    raise DataError(f"there is no column {column!r}; the first row has {known}", location)
