"""The errors that a user can cause and fix.

    MakemoreError
    ├── OptionError       an option has a value it cannot have
    ├── DataError         a list, a line or a file of lines cannot be used; its Location says where
    ├── NotFittedError    a model is asked before it has learned
    ├── CheckpointError   a model file cannot be read or written
    ├── ConstraintError   no line, or too few, can be what was asked for
    └── DivergedError     training ran into a loss that is not a number

Each message says what was found, what is needed and what to do.
"""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Location:
    """The place in an input that an error is about. A part that is unknown or absent is None.

    Attributes:
        file: path of the file, or `standard input`.
        line: number of the line of a text, or of the string in a list, from 1.
        row: number of the row of a table or of JSON lines, from 1. Header and blank rows count.
        column: column of a table, or key of JSON lines, as the caller named it. Where weights and
            labels were passed beside the lines, `weight` or `label`. Not part of the sentence: the
            problem names the column itself.

    Example:
        >>> str(Location("names.csv", row=3, column="births"))
        'names.csv, row 3'
    """

    file: str | None = None
    line: int | None = None
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        """Return the file, line and row as a sentence names them; nothing if all are unknown."""
        numbers = (("line", self.line), ("row", self.row))
        named = [f"{kind} {number}" for kind, number in numbers if number is not None]
        return ", ".join(named if self.file is None else [self.file, *named])


NOWHERE = Location()


class MakemoreError(Exception):
    """Any error that a user can cause and fix."""


class OptionError(MakemoreError, ValueError):
    """An option is unknown, of the wrong type or out of its bounds."""


class DataError(MakemoreError, ValueError):
    """A list, a line or a file of lines cannot be used.

    `str(error)` is the location, where one is known, and the problem.

    Attributes:
        problem: what is wrong and what to do, without the location.
        location: the place in the input, a `Location`. All its parts are None if the error is not
            about one place.

    Example:
        >>> error = DataError("the label is blank", Location(row=3, column="sex"))
        >>> str(error.at(Location("names.csv", row=3, column="sex")))
        'names.csv, row 3: the label is blank'
    """

    def __init__(self, problem: str, location: Location = NOWHERE) -> None:
        super().__init__(problem)  # copies and pickles carry the attributes too
        self.problem = problem
        self.location = location

    def __str__(self) -> str:
        """Return the sentence for the user."""
        where = str(self.location)
        return f"{where}: {self.problem}" if where else self.problem

    def at(self, location: Location) -> Self:
        """Return the same error with another location, from a caller that knows more of it."""
        return type(self)(self.problem, location)


class NotFittedError(MakemoreError, ValueError, AttributeError):
    """A model is asked for something it can only answer once it has learned a list."""


class CheckpointError(MakemoreError):
    """A model file is missing, damaged, foreign, from the future, or cannot be written."""


class ConstraintError(MakemoreError, ValueError):
    """No line, or fewer than asked, can be what was asked for."""


class DivergedError(MakemoreError):
    """Training met a loss that is not a finite number."""
