"""Rows of a table or of JSON lines, cleaned in blocks to lines with weights and labels."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from makemore.corpus.lines import Lines
from makemore.errors import DataError, Location


@dataclass(frozen=True)
class Columns:
    """Where the lines, their weights and their labels stand in a table.

    A column is a name in the table's first row, or a number from 1; when every column is given by
    its number, the first row is a line like the others. In JSON lines a column is a key.

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

    @property
    def named(self) -> list[str]:
        """Those that are given: of the line, the weight, the label."""
        return [name for name in (self.line, self.weight, self.label) if name is not None]


class Row(NamedTuple):
    """The values of a row that were asked for.

    Attributes:
        number: of the row, from 1.
        line: its line, still to be cleaned.
        weight: its weight, still to be checked; None where no column of weights was named.
        label: its label; None where no column of labels was named.
    """

    number: int
    line: str
    weight: float | str | None = None
    label: str | None = None


def blocks_of(
    rows: Iterable[Row], columns: Columns | None, characters: int, hint: str = ""
) -> Iterator[Lines]:
    """Clean rows, some at a time.

    Args:
        rows: the rows, all with a weight or none, all with a label or none.
        columns: the columns that their values are from, for errors; None where rows have none.
        characters: about so many in each block.
        hint: what to say beside an error about a weight.

    Raises:
        DataError: a value cannot be used. Its location has the row, and the column of a weight or
            label.
    """
    block: list[Row] = []
    size = 0
    for row in rows:
        block.append(row)
        size += len(row.line) + 1
        if size >= characters:
            yield _cleaned(block, columns, hint)
            block, size = [], 0
    if block:
        yield _cleaned(block, columns, hint)


def _cleaned(block: list[Row], columns: Columns | None, hint: str) -> Lines:
    """The lines of some rows."""
    labels = [row.label for row in block if row.label is not None]
    weights = [row.weight for row in block if row.weight is not None]
    try:
        return Lines.from_strings([row.line for row in block], labels or None, weights or None)
    except DataError as error:
        location = _in_table(error.location, block, columns)
        if error.location.column == "weight":
            raise DataError(error.problem + hint, location) from None
        raise error.at(location) from None


def _in_table(location: Location, block: list[Row], columns: Columns | None) -> Location:
    """The row and column of the table for a line of a block, and for what stands beside it."""
    assert location.line is not None, "a block has as many weights and labels as lines"
    row = block[location.line - 1].number
    if columns is None:
        return Location(row=row)
    beside = {"weight": columns.weight, "label": columns.label}
    return Location(row=row, column=beside.get(location.column or "", columns.line))
