"""Readers of lists: text, a table or JSON lines, compressed or not, from a file or a pipe."""

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from makemore.corpus.lines import Lines
from makemore.corpus.reading.decoding import MAX_LINE_LENGTH, Text, whole_lines
from makemore.corpus.reading.opening import name_of, read_chunks
from makemore.errors import UNKNOWN_LOCATION, DataError, Location

if TYPE_CHECKING:
    from makemore.corpus.reading.rows import Columns

BLOCK = 2**20  # characters: tens of thousands of lines, about 50 MB during cleaning
_MIN_CHUNK = 4096  # bytes that are enough to detect the file type
_TABLES = (".csv", ".tsv")
_JSON_LINES = (".jsonl", ".ndjson")
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")


def read_lines(
    path: str | os.PathLike[str], columns: "Columns | None" = None, encoding: str = "utf-8"
) -> Lines:
    """Read and clean a list.

    A file is decompressed if its first bytes are those of gzip, bzip2, xz or zstd. The format is
    the first of these that applies:

    - JSON lines, a string or an object in each row, if the file is named .jsonl or .ndjson, or if
      columns are given, the name has no suffix (as for standard input) and the text starts with a
      brace;
    - a table, if columns are given;
    - text, with one item per line. Without columns, a non-blank .csv or .tsv file is an error.

    Args:
        path: a file, or `-` for standard input.
        columns: columns of a table, or keys of JSON lines, to read; None for text or for JSON
            lines that are strings.
        encoding: encoding of the text; a byte order mark is skipped.

    Raises:
        DataError: the file is missing, a directory, binary, damaged or in another encoding, lacks
            the column, has a weight that is not a number or a line of more than 1,048,576
            characters, or has no usable line. The error's location has the file, and the line or
            row.

    Example:
        >>> read_lines("no such list.txt")
        Traceback (most recent call last):
        makemore.errors.DataError: no such list.txt: there is no such file; give the path of a list
    """
    return Lines.concatenate(read_blocks(path, columns, encoding))


def read_blocks(
    path: str | os.PathLike[str],
    columns: "Columns | None" = None,
    encoding: str = "utf-8",
    characters: int = BLOCK,
) -> Iterator[Lines]:
    """Read and clean a list as `read_lines` does, with one block in memory at a time.

    Args:
        path: a file, or `-` for standard input.
        columns: columns of a table, or keys of JSON lines, to read; None for text or for JSON
            lines that are strings.
        encoding: encoding of the text; a byte order mark is skipped.
        characters: approximate block size in characters, clipped to [4,096, 1,048,576].

    Yields:
        The lines of the list, in order. A block is empty if all its lines were dropped.

    Raises:
        DataError: as for `read_lines`, when the reader reaches the line or row in question.

    Example:
        >>> next(read_blocks("no such list.txt"))
        Traceback (most recent call last):
        makemore.errors.DataError: no such list.txt: there is no such file; give the path of a list
    """
    path = os.fspath(path)
    size = min(max(characters, _MIN_CHUNK), MAX_LINE_LENGTH)
    name, read, blank, kept = name_of(path), 0, 0, 0
    texts = whole_lines(read_chunks(path, size), name, encoding)
    try:
        for block in _blocks(texts, _suffix(path), columns, size):
            read, blank, kept = read + block.read, blank + block.blank, kept + len(block)
            yield block
    except DataError as error:
        if error.location == UNKNOWN_LOCATION:  # about an argument, such as the encoding
            raise
        raise error.at(replace(error.location, file=name)) from None
    if not kept:
        kinds = [("blank", blank), ("of weight 0", read - blank)]
        reasons = " or ".join(kind for kind, count in kinds if count)
        reason = f"all {read:,} of its lines are {reasons}" if reasons else "it is empty"
        problem = f"the list has no usable line: {reason}. Give a list with one item per line"
        raise DataError(problem, Location(name))


def _blocks(
    texts: Iterator[Text], suffix: str, columns: "Columns | None", size: int
) -> Iterator[Lines]:
    """Yield the blocks of a list in any of the formats."""
    first = next(texts, (1, ""))
    texts = chain([first], texts)
    is_braced = not suffix and columns is not None and first[1].lstrip().startswith("{")
    if suffix in _JSON_LINES or is_braced:
        from makemore.corpus.reading.json_lines import json_blocks

        yield from json_blocks(texts, columns, size)
    elif columns is not None:
        from makemore.corpus.reading.tables import table_blocks

        yield from table_blocks((text for _, text in texts), columns, suffix == ".tsv", size)
    else:
        for number, text in texts:
            if suffix in _TABLES and text.strip():
                from makemore.corpus.reading.tables import column_needed_error

                raise column_needed_error(text, suffix == ".tsv", number)
            yield Lines.from_text(text, number)


def _suffix(path: str) -> str:
    """Return the suffix of a file name in lower case, without that of a compression format."""
    bare = Path(path)
    return (Path(bare.stem) if bare.suffix.lower() in _COMPRESSED else bare).suffix.lower()
