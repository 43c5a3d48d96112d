"""Annotations for parameters that verbs share."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any

from cyclopts import Group, Parameter
from cyclopts.validators import Number

from makemore.options.verbs import ConstraintOptions, FitOptions, InputOptions, SampleOptions


def _parse_integer(type_: type, tokens: Sequence[Any]) -> int:
    """Convert a token to an integer; reject fractions instead of rounding them."""
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError("give a whole number") from None


def _reject_option(type_: type, value: str | None) -> None:
    """Reject a value that looks like an option where a file is expected; - is standard input."""
    if value is not None and value.startswith("-") and value != "-":
        raise ValueError(f"unknown option {value}; if it is a file name, write ./{value}")


_NON_NEGATIVE = {"converter": _parse_integer, "validator": Number(gte=0, lte=sys.maxsize)}

File = Annotated[str, Parameter(allow_leading_hyphen=True, validator=_reject_option)]
Count = Annotated[int, Parameter(alias="-n", **_NON_NEGATIVE)]
Positive = Annotated[
    int, Parameter(converter=_parse_integer, validator=Number(gte=1, lte=sys.maxsize))
]
Natural = Annotated[int, Parameter(**_NON_NEGATIVE)]
Output = Annotated[str, Parameter(alias="-o", allow_leading_hyphen=True)]
From = Annotated[str, Parameter(name="--from")]
Pairs = Annotated[tuple[str, ...], Parameter(alias="-O", negative="", show_default=False)]
Flag = Annotated[bool, Parameter(negative="")]
Source = Annotated[InputOptions, Parameter(name="*", group=Group("Input", sort_key=1))]
Fitting = Annotated[FitOptions, Parameter(name="*", group=Group("Training", sort_key=2))]
Sampling = Annotated[
    SampleOptions,
    Parameter(name="*", group=Group("Sampling", sort_key=3), allow_leading_hyphen=True),
]
Constraining = Annotated[
    ConstraintOptions,
    Parameter(name="*", group=Group("Constraints", sort_key=3), allow_leading_hyphen=True),
]
