"""The errors that a user can cause and fix.

    MakemoreError
    ├── OptionError       an option is unknown or has an invalid value
    ├── DataError         a list, a line or a file of lines cannot be used; its Location says where
    ├── NotFittedError    a model is used before it is fitted
    ├── CheckpointError   a model file cannot be read or written
    ├── ConstraintError   no line, or too few lines, satisfy the constraints
    └── DivergedError     the training loss is not a finite number

Each message states what was found, what is needed and what to do.
"""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Location:
    """The location of an error in an input. A part that is unknown or absent is None.

    Attributes:
        file: path of the file, or `standard input`.
        line: number of the line of a text, or of the string in a list, from 1.
        row: number of the row of a table or of JSON lines, from 1. Header and blank rows count.
        column: column of a table, or key of JSON lines, as the caller named it; `weight` or `label`
            if weights and labels were passed as separate arguments. It is not part of `str`,
            because the problem names the column itself.

    Example:
        >>> str(Location("names.csv", row=3, column="births"))
        'names.csv, row 3'
    """

    file: str | None = None
    line: int | None = None
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        """Return the file, line and row as readable text; an empty string if all are unknown."""
        numbers = (("line", self.line), ("row", self.row))
        parts = [f"{unit} {number}" for unit, number in numbers if number is not None]
        return ", ".join(parts if self.file is None else [self.file, *parts])


UNKNOWN_LOCATION = Location()


class MakemoreError(Exception):
    """Any error that a user can cause and fix."""


class OptionError(MakemoreError, ValueError):
    """An option is unknown, of the wrong type or out of its bounds."""


class DataError(MakemoreError, ValueError):
    """A list, a line or a file of lines cannot be used.

    `str(error)` is the location, if it is known, followed by the problem.

    Attributes:
        problem: what is wrong and what to do, without the location.
        location: the location in the input. All its parts are None if the error is not about one
            location.

    Example:
        >>> error = DataError("the label is blank", Location(row=3, column="sex"))
        >>> str(error.at(Location("names.csv", row=3, column="sex")))
        'names.csv, row 3: the label is blank'
    """

    def __init__(self, problem: str, location: Location = UNKNOWN_LOCATION) -> None:
        super().__init__(problem)  # copies and pickles have the attributes too
        self.problem = problem
        self.location = location

    def __str__(self) -> str:
        """Return the error message."""
        location = str(self.location)
        return f"{location}: {self.problem}" if location else self.problem

    def at(self, location: Location) -> Self:
        """Return the same error with another location, for a caller that can add to it."""
        return type(self)(self.problem, location)


class NotFittedError(MakemoreError, ValueError, AttributeError):
    """A method that needs a fitted model is called before the model is fitted."""


class CheckpointError(MakemoreError):
    """A model file is missing, damaged, of another format or version, or cannot be written."""


class ConstraintError(MakemoreError, ValueError):
    """No line, or fewer lines than requested, satisfy the constraints."""


class DivergedError(MakemoreError):
    """The training loss is not a finite number."""
