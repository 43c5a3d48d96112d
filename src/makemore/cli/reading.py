"""Reading the list that a verb was given."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from makemore.errors import OptionError
from makemore.options.verbs import InputOptions

if TYPE_CHECKING:
    from makemore.corpus.lines import Lines


def read(file: str, source: InputOptions, labels: bool = True, weights: bool = True) -> "Lines":
    """Read a whole list; see `read_blocks`."""
    from makemore.corpus.lines import Lines

    return Lines.concatenated(read_blocks(file, source, labels, weights))


def read_blocks(
    file: str, source: InputOptions, labels: bool = True, weights: bool = True
) -> "Iterator[Lines]":
    """Read a list block by block.

    Args:
        file: where it is.
        source: how it is read.
        labels: whether the verb looks at labels.
        weights: whether it looks at weights.

    Raises:
        DataError: it cannot be read.
        OptionError: a column was named that would not be looked at.
    """
    from makemore.corpus.reading import lists

    if source.label_column is not None and not labels:
        raise OptionError("--label-column would not be looked at here: leave it out")
    if source.weight_column is not None and not weights:
        raise OptionError("--weight-column would not be looked at here: leave it out")
    if source.column is None:
        if source.weight_column is not None or source.label_column is not None:
            raise OptionError(
                "--weight-column and --label-column need --column for the lines themselves"
            )
        return lists.read_blocks(file, None, source.encoding)
    from makemore.corpus.reading.rows import Columns

    columns = Columns(source.column, source.weight_column, source.label_column)
    return lists.read_blocks(file, columns, source.encoding)
