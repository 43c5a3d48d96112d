"""Rows of a table or of JSON lines, and their cleaning in blocks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from makemore.corpus.lines import Lines
from makemore.errors import DataError, Location, OptionError
from makemore.options.verbs import InputOptions


@dataclass(frozen=True)
class Columns:
    """The columns of a table that hold the lines, their weights and their labels.

    A column is a name from the first row of the table, or a number, counted from 1. If all columns
    are given by number, the first row is data, not a header. In JSON lines a column is a key.

    Attributes:
        line: the column of the lines.
        weight: the column of the weights, or None.
        label: the column of the labels, or None.
        delimiter: the character between the fields of a table; None to detect it.

    Raises:
        OptionError: the delimiter is not one character, or is a quote or a line break.

    Example:
        >>> Columns("name", weight="births")
        Columns(line='name', weight='births', label=None, delimiter=None)
    """

    line: str
    weight: str | None = None
    label: str | None = None
    delimiter: str | None = None

    def __post_init__(self) -> None:
        """Check the delimiter; raise OptionError if it cannot separate fields."""
        is_usable = self.delimiter is None or (
            len(self.delimiter) == 1 and self.delimiter not in '"\r\n\0'
        )
        if not is_usable:
            raise OptionError(
                f"delimiter is {self.delimiter!r}: give one character that is neither a quote nor "
                "a line break"
            )

    @classmethod
    def of(cls, source: InputOptions) -> Self | None:
        """Return the columns of input options; None if they name no column of the lines."""
        if source.column is None:
            return None
        delimiter = "\t" if source.delimiter in ("\\t", "tab") else source.delimiter
        return cls(source.column, source.weight_column, source.label_column, delimiter)

    @property
    def named(self) -> list[str]:
        """The columns that are not None, in the order line, weight, label."""
        return [name for name in (self.line, self.weight, self.label) if name is not None]


class Row(NamedTuple):
    """The selected values of a row.

    Attributes:
        number: row number, from 1.
        line: the line, before cleaning.
        weight: the weight, before it is checked; None without a weight column.
        label: the label; None without a label column.
        line_breaks: number of line breaks within the fields of the row.
    """

    number: int
    line: str
    weight: float | str | None = None
    label: str | None = None
    line_breaks: int = 0


def clean_blocks(
    rows: Iterable[Row], columns: Columns | None, characters: int, hint: str = ""
) -> Iterator[Lines]:
    """Clean rows block by block.

    Args:
        rows: the rows; all or none have a weight, and all or none have a label.
        columns: the columns of the values, for error messages; None if rows have no columns.
        characters: approximate block size, in characters.
        hint: text to append to an error about a weight.

    Raises:
        DataError: a value cannot be used. The error's location has the row, and the column if
            `columns` is given.
    """
    block: list[Row] = []
    size = 0
    for row in rows:
        block.append(row)
        size += len(row.line) + 1
        if size >= characters:
            yield _clean_block(block, columns, hint)
            block, size = [], 0
    if block:
        yield _clean_block(block, columns, hint)


def _clean_block(block: list[Row], columns: Columns | None, hint: str) -> Lines:
    """Clean the lines, labels and weights of a block of rows."""
    labels = [row.label for row in block if row.label is not None]
    weights = [row.weight for row in block if row.weight is not None]
    try:
        lines = Lines.from_strings([row.line for row in block], labels or None, weights or None)
        return replace(lines, line_breaks=sum(row.line_breaks for row in block))
    except DataError as error:
        location = _locate_in_table(error.location, block, columns)
        if error.location.column == "weight":
            raise DataError(error.problem + hint, location) from None
        raise error.at(location) from None


def _locate_in_table(location: Location, block: list[Row], columns: Columns | None) -> Location:
    """Convert the location of an error in a block to a row and column of the table."""
    assert location.line is not None, "a block has as many weights and labels as lines"
    row = block[location.line - 1].number
    if columns is None:
        return Location(row=row)
    columns_by_kind = {"weight": columns.weight, "label": columns.label}
    return Location(row=row, column=columns_by_kind.get(location.column or "", columns.line))
