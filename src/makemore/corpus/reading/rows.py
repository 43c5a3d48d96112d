"""Rows of a table, whatever its format, as blocks of lines with weights and labels."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from makemore.corpus.lines import Lines
from makemore.errors import DataError


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
    """What is taken of a row.

    Attributes:
        number: of the row, from 1.
        values: its line, then its weight and its label where there are columns of them.
    """

    number: int
    values: list[Any]


def blocks_of(
    rows: Iterable[Row], columns: Columns | None, characters: int, hint: str = ""
) -> Iterator[Lines]:
    """Cleans rows, some at a time.

    Args:
        rows: the rows.
        columns: what their values are; lines alone if None.
        characters: about so many in each block.
        hint: what to say beside an error about a weight.

    Raises:
        DataError: a value cannot be used.
    """
    block: list[Row] = []
    size = 0
    for row in rows:
        block.append(row)
        size += len(row.values[0]) + 1
        if size >= characters:
            yield _cleaned(block, columns, hint)
            block, size = [], 0
    if block:
        yield _cleaned(block, columns, hint)


def _cleaned(block: list[Row], columns: Columns | None, hint: str) -> Lines:
    """The lines of some rows."""
    line, *more = (list(values) for values in zip(*(row.values for row in block), strict=True))
    weights = more.pop(0) if columns and columns.weight is not None else None
    labels = more.pop(0) if more else None
    try:
        return Lines.from_strings(line, labels, weights)
    except DataError as error:
        # Lines are counted from the first one of the block: say the row of the table instead.
        where = re.sub(r"^line (\d+)", lambda m: f"row {block[int(m[1]) - 1].number}", str(error))
        raise DataError(where + (hint if " weight " in where else "")) from None
