"""Read lists block by block: text, a table or JSON lines; packed or not; a file or a pipe."""

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from makemore.corpus.lines import Lines
from makemore.corpus.reading.decoding import LONGEST, Text, whole_lines
from makemore.corpus.reading.opening import name_of, pieces
from makemore.errors import NOWHERE, DataError, Location

if TYPE_CHECKING:
    from makemore.corpus.reading.rows import Columns

BLOCK = 2**20  # characters: tens of thousands of lines, some 50 MB while they are cleaned
_HEAD = 4096  # bytes that say what a file is
_TABLES = (".csv", ".tsv")
_JSON_LINES = (".jsonl", ".ndjson")
_PACKED = (".gz", ".bz2", ".xz", ".zst")


def read_lines(
    path: str | os.PathLike[str], columns: "Columns | None" = None, encoding: str = "utf-8"
) -> Lines:
    """Read and clean a list.

    A file is unpacked if it starts like gzip, bzip2, xz or zstd. One named .jsonl or .ndjson holds
    a string or an object of JSON in each row; so does one with no such ending, as standard input
    has none, that starts with a brace, if columns are given. One named .csv or .tsv, or of which
    columns are given, is a table; all else is text, one line for each thing.

    Args:
        path: a file, or `-` for standard input.
        columns: which columns of a table, or keys of JSON lines, to take; None for none.
        encoding: of the text; a byte order mark is passed over.

    Raises:
        DataError: the file is missing, a directory, binary, damaged, in another encoding, without
            that column, with a weight that is no number or a line of more than 1,048,576
            characters, or has no usable line. Its location has the file, and the line or row.

    Example:
        >>> read_lines("no such list.txt")
        Traceback (most recent call last):
        makemore.errors.DataError: no such list.txt: there is no such file; give the path of a list
    """
    return Lines.concatenated(read_blocks(path, columns, encoding))


def read_blocks(
    path: str | os.PathLike[str],
    columns: "Columns | None" = None,
    encoding: str = "utf-8",
    characters: int = BLOCK,
) -> Iterator[Lines]:
    """Read and clean a list as `read_lines` does, with one block in memory at a time.

    Args:
        path: a file, or `-` for standard input.
        columns: which columns of a table, or keys of JSON lines, to take; None for none.
        encoding: of the text; a byte order mark is passed over.
        characters: about so many characters of text in each block, from 4,096 to 1,048,576.

    Yields:
        the list's lines in their order; a block has none if its lines were all blank.

    Raises:
        DataError: as `read_lines`, when the reader comes to the line or row in question.

    Example:
        >>> next(read_blocks("no such list.txt"))
        Traceback (most recent call last):
        makemore.errors.DataError: no such list.txt: there is no such file; give the path of a list
    """
    path = os.fspath(path)
    size = min(max(characters, _HEAD), LONGEST)
    name, read, blank, kept = name_of(path), 0, 0, 0
    texts = whole_lines(pieces(path, size), name, encoding)
    try:
        for block in _blocks(texts, _suffix(path), columns, size):
            read, blank, kept = read + block.read, blank + block.blank, kept + len(block)
            yield block
    except DataError as error:
        if error.location == NOWHERE:  # about an argument, as an unknown encoding is
            raise
        raise error.at(replace(error.location, file=name)) from None
    if not kept:
        kinds = [("blank", blank), ("of weight 0", read - blank)]
        found = " or ".join(kind for kind, count in kinds if count)
        why = f"all {read:,} of its lines are {found}" if found else "it is empty"
        problem = f"the list has no usable line: {why}. Give a list, one line for each thing"
        raise DataError(problem, Location(name))


def _blocks(
    texts: Iterator[Text], suffix: str, columns: "Columns | None", size: int
) -> Iterator[Lines]:
    """The blocks of a list, whatever its format."""
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
                from makemore.corpus.reading.tables import which_column

                raise which_column(text, suffix == ".tsv", number)
            yield Lines.from_text(text, number)


def _suffix(path: str) -> str:
    """The ending of a file's name, in lower case, without that of a packed file."""
    bare = Path(path)
    return (Path(bare.stem) if bare.suffix.lower() in _PACKED else bare).suffix.lower()
