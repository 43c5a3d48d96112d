"""Readers of lists: text, a table or JSON, compressed or not, from files, folders or a pipe."""

import os
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from makemore.corpus.lines import Lines
from makemore.corpus.reading.decoding import MAX_LINE_LENGTH, decode_chunks, whole_lines
from makemore.corpus.reading.opening import STANDARD_INPUT, name_of, read_chunks
from makemore.errors import UNKNOWN_LOCATION, DataError, Location

if TYPE_CHECKING:
    from makemore.corpus.reading.rows import Columns

BLOCK = 2**20  # characters: tens of thousands of lines, about 50 MB during cleaning
_MIN_CHUNK = 4096  # bytes that are enough to detect the file type
_TABLES = (".csv", ".tsv")
_JSON = (".json", ".jsonl", ".ndjson")
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")


AnyPath = str | os.PathLike[str]


def read_lines(
    path: AnyPath | Sequence[AnyPath], columns: "Columns | None" = None, encoding: str = "utf-8"
) -> Lines:
    """Read and clean a list from one or more files.

    A file is decompressed if its first bytes are those of gzip, bzip2, xz or zstd. Its format is
    the first of these that applies:

    - a JSON array of strings or objects, if the text starts with a bracket and then a quote or a
      brace, unless the file is named .csv or .tsv, or with a bracket if it is named .json;
    - JSON lines, a string or an object in each row, if the file is named .json, .jsonl or .ndjson,
      or if columns are given, the name has no suffix (as for standard input) and the text starts
      with a brace;
    - a table, if columns are given;
    - text, with one item per line. Without columns, a non-blank .csv or .tsv file is an error.

    Args:
        path: a file, `-` for standard input, a folder, or several of these. A folder stands for
            all files in it and in its folders, sorted by path; those that start with a dot are
            skipped.
        columns: columns of a table, or keys of JSON objects, to read; None for text or for JSON
            strings.
        encoding: encoding of the text; a byte order mark is skipped, and if it is that of UTF-16 or
            UTF-32, the text is decoded as such instead of as UTF-8.

    Raises:
        DataError: a file is missing, binary, damaged or in another encoding, lacks the column, has
            a weight that is not a number or a line of more than 1,048,576 characters; or there is
            no file, or no usable line. The error's location has the file, and the line or row.

    Example:
        >>> read_lines("no such list.txt")
        Traceback (most recent call last):
        makemore.errors.DataError: no such list.txt: there is no such file; give the path of a list
    """
    return Lines.concatenate(read_blocks(path, columns, encoding))


def read_blocks(
    path: AnyPath | Sequence[AnyPath],
    columns: "Columns | None" = None,
    encoding: str = "utf-8",
    characters: int = BLOCK,
    may_be_empty: bool = False,
) -> "BlockReader":
    """Read and clean a list as `read_lines` does, with one block in memory at a time.

    Args:
        path: a file, `-` for standard input, a folder, or several of these; see `read_lines`.
        columns: columns of a table, or keys of JSON objects, to read; None for text or for JSON
            strings.
        encoding: encoding of the text; see `read_lines`.
        characters: approximate block size in characters, clipped to [4,096, 1,048,576].
        may_be_empty: whether to accept a list without a usable line.

    Returns:
        An iterator over the lines of the list, in order. A block is empty if all its lines were
        dropped.

    Raises:
        DataError: as for `read_lines`, when the reader reaches the line or row in question.

    Example:
        >>> next(read_blocks("no such list.txt"))
        Traceback (most recent call last):
        makemore.errors.DataError: no such list.txt: there is no such file; give the path of a list
    """
    size = min(max(characters, _MIN_CHUNK), MAX_LINE_LENGTH)
    paths = [path] if isinstance(path, str | os.PathLike) else list(path)
    return BlockReader(paths, lambda: _read_blocks(paths, columns, encoding, size, may_be_empty))


class BlockReader(Iterator[Lines]):
    """Iterator over the blocks of a list, which can be read again if it is in regular files."""

    def __init__(
        self, paths: Sequence[AnyPath], read: Callable[[], Generator[Lines, None, None]]
    ) -> None:
        """Hold the paths, and the function that reads them."""
        self._paths, self._read = paths, read
        self._blocks = read()

    def __next__(self) -> Lines:
        """Return the next block."""
        return next(self._blocks)

    def close(self) -> None:
        """Close the file that is being read."""
        self._blocks.close()

    def again(self) -> Iterator[Lines] | None:
        """Return a new iterator over the list; None if it comes from a pipe or standard input."""
        are_files = all(os.path.isfile(each) for each in find_files(self._paths))
        return self._read() if are_files else None


def _read_blocks(
    given: Sequence[AnyPath],
    columns: "Columns | None",
    encoding: str,
    size: int,
    may_be_empty: bool,
) -> Generator[Lines, None, None]:
    """Yield the blocks of a list; see `read_blocks`."""
    paths = list(find_files(given))
    read, blank, kept = 0, 0, 0
    for each in paths:
        name = name_of(each)
        try:
            for block in _blocks(each, name, columns, encoding, size):
                read, blank, kept = read + block.read, blank + block.blank, kept + len(block)
                yield block
        except DataError as error:
            if error.location == UNKNOWN_LOCATION:  # about an argument, such as the encoding
                raise
            raise error.at(replace(error.location, file=name)) from None
    if not kept and not may_be_empty:
        kinds = [("blank", blank), ("of weight 0", read - blank)]
        reasons = " or ".join(kind for kind, count in kinds if count)
        reason = f"all {read:,} of its lines are {reasons}" if reasons else "it is empty"
        problem = f"the list has no usable line: {reason}. Give a list with one item per line"
        raise DataError(problem, Location(", ".join(map(name_of, paths))))


def find_files(paths: Iterable[AnyPath]) -> Iterator[str]:
    """Yield the paths of files, with the files of a folder, sorted, in place of the folder.

    Raises:
        DataError: a folder has no file, or there is no path.
    """
    count = 0
    for each in paths:
        path = os.fspath(each)
        files = _files_in(path) if path != STANDARD_INPUT and os.path.isdir(path) else [path]
        count += len(files)
        yield from files
    if not count:
        raise DataError("there is no file: give the path of a list")


def _files_in(folder: str) -> list[str]:
    """Return the files in a folder and in its folders, sorted, except those that start with a dot.

    Raises:
        DataError: there is no file.
    """
    files = [
        str(path)
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file() and not any(part[0] == "." for part in path.relative_to(folder).parts)
    ]
    if not files:
        raise DataError("this folder has no file: give the path of a list", Location(folder))
    return files


def _blocks(
    path: str, name: str, columns: "Columns | None", encoding: str, size: int
) -> Iterator[Lines]:
    """Yield the blocks of a file in any of the formats."""
    suffix = _suffix(path)
    chunks = decode_chunks(read_chunks(path, size), name, encoding)
    first = next(chunks, (1, "", True))
    chunks, start = chain([first], chunks), first[1].lstrip()
    array_start = r"\[" if suffix == ".json" else r"\[\s*[\"{]"
    if suffix not in _TABLES and re.match(array_start, start):
        from makemore.corpus.reading.json_array import array_blocks

        yield from array_blocks((text for _, text, _ in chunks), columns, size)
        return
    texts = whole_lines(chunks, name)
    if suffix in _JSON or (not suffix and columns is not None and start.startswith("{")):
        from makemore.corpus.reading.json_lines import json_blocks

        yield from json_blocks(texts, columns, size)
    elif columns is not None:
        from makemore.corpus.reading.tables import table_blocks

        yield from table_blocks((text for _, text in texts), columns, suffix, size)
    else:
        for number, text in texts:
            if suffix in _TABLES and text.strip():
                from makemore.corpus.reading.tables import column_needed_error

                raise column_needed_error(text, suffix, number)
            yield Lines.from_text(text, number)


def _suffix(path: str) -> str:
    """Return the suffix of a file name in lower case, without that of a compression format."""
    stem, suffix = os.path.splitext(path)
    if suffix.lower() in _COMPRESSED:
        suffix = os.path.splitext(stem)[1]
    return suffix.lower()
