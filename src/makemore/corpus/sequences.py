"""Sequences that callers pass, such as lists, pandas Series, Arrow arrays or generators, as lists.

Values are taken by position only: a pandas Series would look up `values[i]` by index label.
"""

from collections.abc import Iterable, Mapping, Set
from typing import TypeVar

import numpy as np

from makemore.errors import DataError, Location

T = TypeVar("T")


def to_list(values: Iterable[T], noun: str, item: str) -> list[T]:
    """Return the values of a one-dimensional sequence or iterator in their order.

    Args:
        values: a list, tuple, iterator, NumPy array, pandas or Polars Series, Arrow array, ...
        noun: what the values are, for error messages, such as `labels`.
        item: what one value is, such as `label`.

    Raises:
        DataError: the argument is one string, a mapping or a table, or cannot be iterated over.

    Example:
        >>> to_list(iter(("F", "M")), "labels", "label")
        ['F', 'M']
    """
    if isinstance(values, str | bytes | bytearray):
        kind = "string" if isinstance(values, str) else "bytes object"
        raise DataError(f"got one {kind}, but a list of {noun} is needed: pass [{item}, ...]")
    shape = getattr(values, "shape", None)
    if isinstance(shape, tuple) and len(shape) != 1:
        raise DataError(
            f"the {noun} have {len(shape)} dimensions: give one column, with one {item} for each "
            "line"
        )
    if isinstance(values, Mapping) or not isinstance(values, Iterable):
        raise DataError(
            f"got a {type(values).__name__}, but a list of {noun} is needed: pass [{item}, ...]"
        )
    to_pylist = getattr(values, "to_pylist", None)  # Arrow's items are scalars of its own
    return list(values if to_pylist is None else to_pylist())


def to_aligned_list(values: Iterable[T], noun: str, item: str, expected: int) -> list[T]:
    """Return one value for each line, in the order of the lines.

    Args:
        values: see `to_list`; not a set, which has no order.
        noun: what the values are.
        item: what one value is.
        expected: number of lines.

    Raises:
        DataError: as for `to_list`, or the values are a set, or not as many as the lines.
    """
    if isinstance(values, Set):
        raise DataError(f"the {noun} are a set, which has no order: give a list")
    items = to_list(values, noun, item)
    if len(items) != expected:
        raise DataError(f"got {len(items)} {noun} for {expected} lines: give one for each line")
    return items


def is_missing(value: T) -> bool:
    """Return whether a value is None, NaN, NaT, `pandas.NA` or masked.

    Example:
        >>> [is_missing(value) for value in (None, float("nan"), "nan", 0)]
        [True, True, False, False]
    """
    if value is None or value is np.ma.masked:
        return True
    try:
        return bool(value != value)  # true for NaN and NaT
    except (TypeError, ValueError):  # pandas.NA is neither equal nor unequal to itself
        return True


def missing_error(item: str, value: T, location: Location) -> DataError:
    """Return the error for a missing line, label or weight."""
    return DataError(f"the {item} is missing ({value!r}): fill it in, or drop the line", location)
