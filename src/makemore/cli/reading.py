"""Reading of the input list of a verb."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from makemore.errors import DataError, OptionError
from makemore.options.verbs import InputOptions

if TYPE_CHECKING:
    from makemore.corpus.lines import Lines


def read(
    files: Sequence[str], source: InputOptions, labels: bool = True, weights: bool = True
) -> "Lines":
    """Read a whole list; see `read_blocks`."""
    from makemore.corpus.lines import Lines

    return Lines.concatenate(read_blocks(files, source, labels, weights))


def read_blocks(
    files: Sequence[str], source: InputOptions, labels: bool = True, weights: bool = True
) -> "Iterator[Lines]":
    """Read a list block by block.

    Args:
        files: paths of the files and folders of the list; - is standard input.
        source: input options, such as encoding and columns.
        labels: whether the verb uses labels.
        weights: whether the verb uses weights.

    Raises:
        DataError: the list cannot be read.
        OptionError: there is no file, a column is given that the verb does not use, or a label or
            weight column or a delimiter without a column for the lines.
    """
    from makemore.corpus.reading import lists

    if not files:
        raise OptionError("the list is missing: give a file, a folder, or - for standard input")
    if source.label_column is not None and not labels:
        raise OptionError("this command does not use labels: leave out --label-column")
    if source.weight_column is not None and not weights:
        raise OptionError("this command does not use weights: leave out --weight-column")
    if source.column is None:
        if (source.weight_column, source.label_column, source.delimiter) != (None, None, None):
            raise OptionError(
                "--weight-column, --label-column and --delimiter need --column: give the column of "
                "the lines"
            )
        return lists.read_blocks(files, None, source.encoding)
    from makemore.corpus.reading.rows import Columns

    return lists.read_blocks(files, Columns.of(source), source.encoding)


def read_plain_list(path: str, option: str) -> list[str]:
    """Read the list of `--exclude` or `--list`, which may be empty and which no option describes.

    Raises:
        DataError: the list cannot be read.
    """
    from makemore.corpus.reading import lists

    try:
        blocks = lists.read_blocks(path, may_be_empty=True)
        return [line for block in blocks for line in block.to_list()]
    except DataError as error:
        if "--" not in error.problem:
            raise
        problem = re.sub(r" \([^)]*--.*|(: give|, for example) [^:]*--.*", "", error.problem)
        remedy = f"give {option} a UTF-8 text with one line per item, or a JSON array of strings"
        raise type(error)(f"{problem}: {remedy}", error.location) from None
