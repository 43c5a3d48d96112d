"""Reading of the input list of a verb."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from makemore.errors import OptionError
from makemore.options.verbs import InputOptions

if TYPE_CHECKING:
    from makemore.corpus.lines import Lines


def read(file: str, source: InputOptions, labels: bool = True, weights: bool = True) -> "Lines":
    """Read a whole list; see `read_blocks`."""
    from makemore.corpus.lines import Lines

    return Lines.concatenate(read_blocks(file, source, labels, weights))


def read_blocks(
    file: str, source: InputOptions, labels: bool = True, weights: bool = True
) -> "Iterator[Lines]":
    """Read a list block by block.

    Args:
        file: path of the list; - is standard input.
        source: input options, such as encoding and columns.
        labels: whether the verb uses labels.
        weights: whether the verb uses weights.

    Raises:
        DataError: the list cannot be read.
        OptionError: a column is given that the verb does not use, or a label or weight column
            without a column for the lines.
    """
    from makemore.corpus.reading import lists

    if source.label_column is not None and not labels:
        raise OptionError("this verb does not use labels: leave out --label-column")
    if source.weight_column is not None and not weights:
        raise OptionError("this verb does not use weights: leave out --weight-column")
    if source.column is None:
        if source.weight_column is not None or source.label_column is not None:
            raise OptionError(
                "--weight-column and --label-column need --column: give the column of the lines"
            )
        return lists.read_blocks(file, None, source.encoding)
    from makemore.corpus.reading.rows import Columns

    columns = Columns(source.column, source.weight_column, source.label_column)
    return lists.read_blocks(file, columns, source.encoding)
