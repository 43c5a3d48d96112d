"""Reading lists: text, or a column of CSV or TSV; gzipped or not; a file or standard input."""

import csv
import gzip
import io
import os
import re
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from makemore.corpus.lines import Lines
from makemore.errors import DataError

STANDARD_INPUT = "-"
_TABLES = (".csv", ".tsv")  # what such a file holds is a table
_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True)
class Columns:
    """Where the lines, their weights and their labels stand in a table.

    A column is a name in the table's first row, or a number from 1; when every column is given by
    its number, the first row is a line like the others.

    Attributes:
        line: the column of the lines.
        weight: the column of their counts, or None.
        label: the column of their labels, or None.

    Example:
        >>> Columns("name", weight="births")
        Columns(line='name', weight='births', label=None)
    """

    line: str
    weight: str | None = None
    label: str | None = None


def read_lines(
    path: str | os.PathLike[str], columns: Columns | None = None, encoding: str = "utf-8"
) -> Lines:
    """Reads and cleans a list.

    Args:
        path: a file, gzipped or not, or `-` for standard input.
        columns: which columns of a CSV or TSV table to take, or None for one line of text each.
        encoding: of the text; a byte order mark is passed over.

    Raises:
        DataError: the file is missing, a directory, binary, in another encoding, without that
            column, with a weight that is no number, or has no usable line.

    Example:
        >>> read_lines("no such list.txt")
        Traceback (most recent call last):
        makemore.errors.DataError: no such list.txt: there is no such file; give the path of a list
    """
    path = os.fspath(path)
    name = "standard input" if path == STANDARD_INPUT else path
    text = _decoded(_bytes(path, name), name, encoding)
    try:
        if columns is None and text.strip() and _suffix(path) in _TABLES:
            raise _which_column(text, _delimiter(path, text))
        if columns is None:
            lines = Lines.from_text(text)
        else:
            lines = _table(text, columns, _delimiter(path, text))
    except DataError as error:
        raise DataError(f"{name}, {error}") from None
    if not len(lines):
        kinds = [("blank", lines.blank), ("of weight 0", lines.read - lines.blank)]
        found = " or ".join(kind for kind, count in kinds if count)
        why = f"all {lines.read:,} of its lines are {found}" if found else "it is empty"
        raise DataError(f"{name} has no usable line: {why}. Give a list, one line for each thing")
    return lines


def _bytes(path: str, name: str) -> bytes:
    """The whole input, unzipped."""
    if not path:
        raise DataError("the name of the list is empty; give the path of a file")
    try:
        raw = sys.stdin.buffer.read() if path == STANDARD_INPUT else Path(path).read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file; give the path of a list") from None
    except IsADirectoryError:
        raise DataError(f"{path} is a directory; give a file in it") from None
    except OSError as error:
        if Path(path).is_dir():  # Windows says that permission is denied
            raise DataError(f"{path} is a directory; give a file in it") from None
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise DataError(f"{path!r} is no name a file can have; give the path of a list") from None
    if not raw.startswith(_GZIP_MAGIC):
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error):
        raise DataError(f"{name} starts like a gzip file, but is damaged or cut short") from None


def _decoded(raw: bytes, name: str, encoding: str) -> str:
    """The text, its byte order mark dropped."""
    mark = _BYTE_ORDER_MARKS.get(raw[:2])
    if mark and encoding == "utf-8":
        raise DataError(f"{name} is {mark.upper()}, not UTF-8: give --encoding {mark}")
    if raw[8:9] == b"{" and b'"__metadata__"' in raw[:4096]:
        raise DataError(f"{name} is a model, not a list: see makemore sample and makemore info")
    if b"\0" in raw and not re.sub("[-_ ]", "", encoding.lower()).startswith(("utf16", "utf32")):
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise DataError(
            f"{name}, line {line} holds a NUL: this is a binary file, or text in UTF-16 (then give "
            "--encoding utf-16); give a list of text"
        )
    try:
        text = raw.decode(encoding).removeprefix("\ufeff")
        return text.replace("\r\n", "\n").replace("\r", "\n")
    except (LookupError, ValueError) as error:
        if isinstance(error, UnicodeError):
            raise _undecodable(raw, name, encoding, error) from None
        raise DataError(f"encoding {encoding!r} is unknown: try utf-8, latin-1 or cp1252") from None


def _undecodable(raw: bytes, name: str, encoding: str, error: UnicodeError) -> DataError:
    """The error for text that is not in the encoding it is read in."""
    start = getattr(error, "start", 0)
    line = raw.count(b"\n", 0, start) + 1
    return DataError(
        f"{name}, line {line}: byte 0x{raw[start : start + 1].hex().upper() or '00'} is not "
        f"{encoding.upper()}: give the list's encoding, for instance --encoding cp1252"
    )


def _suffix(path: str) -> str:
    """What a file's name says it is, gzipped or not."""
    return Path(path.removesuffix(".gz")).suffix.lower()


def _which_column(text: str, delimiter: str) -> DataError:
    """The question which column of a table holds the lines."""
    first = next(filter(None, _rows(text, delimiter)), [])
    count = f"{len(first)} column" + ("s" if len(first) != 1 else "")
    return DataError(
        f"line 1: the table has {count} ({', '.join(first[:6])}): say which holds the lines with "
        "--column NAME, or --column NUMBER where the first row is no header"
    )


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """The rows of a table, blank ones as empty lists."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from reader
    except csv.Error as error:
        raise DataError(f"line {reader.line_num}: not a readable table: {error}") from None


def _delimiter(path: str, text: str) -> str:
    """A tab in a TSV file or where the first row has one, else the commoner of comma, semicolon."""
    first = text.split("\n", 1)[0]
    if _suffix(path) == ".tsv" or "\t" in first:
        return "\t"
    return ";" if first.count(";") > first.count(",") else ","


def _table(text: str, columns: Columns, delimiter: str) -> Lines:
    """The lines of a table, with their weights and labels."""
    wanted = [columns.line, columns.weight, columns.label]
    has_header = any(not column.isdecimal() for column in wanted if column is not None)
    body = [(number, row) for number, row in enumerate(_rows(text, delimiter), 1) if row]
    header = body.pop(0)[1] if has_header and body else []
    line, weight, label = (_values(body, _place(column, header), column) for column in wanted)
    assert line is not None
    try:
        return Lines.from_strings(line, label, weight)
    except DataError as error:
        hint = ""
        if weight is not None and not has_header and "weight" in str(error):
            hint = "; if the first row holds the columns' names, give a name instead of a number"
        # Lines were counted from the first one of the column: say the row of the table instead.
        where = re.sub(r"^line (\d+)", lambda m: f"row {body[int(m[1]) - 1][0]}", str(error))
        raise DataError(where + hint) from None


def _place(column: str | None, header: list[str]) -> int | None:
    """The index of a column given by name or number."""
    if column is None:
        return None
    names = [name.strip() for name in header]
    if column in names:
        return names.index(column)
    if column.isdecimal() and int(column) >= 1:
        return int(column) - 1
    if column.isdecimal():
        raise DataError(f"line 1: there is no column {column!r}: columns count from 1")
    known = ", ".join(names) or "no columns"
    raise DataError(f"line 1: there is no column {column!r}; the first row has {known}")


def _values(
    body: list[tuple[int, list[str]]], place: int | None, column: str | None
) -> list[str] | None:
    """One column of the rows."""
    if place is None:
        return None
    for number, row in body:
        if place >= len(row):
            raise DataError(
                f"row {number}: there is no column {column}: the row has {len(row)} (if the "
                "text has no columns, leave --column out)"
            )
    return [row[place] for _, row in body]
