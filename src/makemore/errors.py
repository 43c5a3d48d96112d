"""Everything that can go wrong and be mended by the person who reads the sentence.

    MakemoreError
    ├── OptionError       an option has a value it cannot have
    ├── DataError         a list, a line or a file of lines cannot be used
    ├── NotFittedError    a model is asked before it has learned
    ├── CheckpointError   a model file cannot be read or written
    ├── ConstraintError   no line, or too few, can be what was asked for
    └── DivergedError     training ran into a loss that is not a number

Each message says what came, what is needed and what to do.
"""


class MakemoreError(Exception):
    """Any error that a user can cause and mend."""


class OptionError(MakemoreError, ValueError):
    """An option is unknown, of the wrong type or out of its bounds."""


class DataError(MakemoreError, ValueError):
    """A list, a line or a file of lines cannot be used."""


class NotFittedError(MakemoreError, ValueError, AttributeError):
    """A model is asked for something it can only answer once it has learned a list."""


class CheckpointError(MakemoreError):
    """A model file is missing, damaged, foreign, from the future, or cannot be written."""


class ConstraintError(MakemoreError, ValueError):
    """No line, or fewer than asked, can be what was asked for."""


class DivergedError(MakemoreError):
    """Training met a loss that is not a finite number."""
