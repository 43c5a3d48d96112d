"""Reader of JSON lines: each row is a string, or an object with the line under a key."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import NoReturn, TypeAlias

from makemore.corpus.cleaning import normalise_name
from makemore.corpus.lines import Lines
from makemore.corpus.reading.decoding import Text
from makemore.corpus.reading.rows import Columns, Row, clean_blocks
from makemore.errors import DataError, Location

JsonObject: TypeAlias = dict[str, "JsonValue"]
JsonValue: TypeAlias = JsonObject | list["JsonValue"] | str | int | float | bool | None


def json_blocks(texts: Iterable[Text], columns: Columns | None, size: int) -> Iterator[Lines]:
    """Read JSON lines in blocks; see `json_rows`.

    Args:
        texts: the text, in chunks of whole lines, with the number of each chunk's first line.
        columns: the keys to read from each object, or None if each row is a string.
        size: approximate block size, in characters.

    Raises:
        DataError: a row is not valid JSON, or not of the expected type.
    """
    return clean_blocks(json_rows(texts, columns), columns, size)


def json_rows(texts: Iterable[Text], columns: Columns | None) -> Iterator[Row]:
    """Yield the line, weight and label of each row; blank rows are skipped.

    Args:
        texts: the text, in chunks of whole lines, with the number of each chunk's first line.
        columns: the keys to read from each object, or None if each row is a string.

    Raises:
        DataError: a row is not valid JSON, or not of the expected type. The error's location has
            the row, and the key if the error is about one.
    """
    for start, text in texts:
        for number, line in enumerate(text.split("\n"), start):
            if line and not line.isspace():
                yield parse_row(number, partial(DECODER.decode, line), columns)


def parse_row(number: int, parse: Callable[[], JsonValue], columns: Columns | None) -> Row:
    """Parse a row and extract its line, weight and label.

    Args:
        number: number of the row.
        parse: returns the value of the row.
        columns: the keys to read, or None if the row is a string.

    Raises:
        DataError: the row is not valid JSON, or not of the expected type.
    """
    try:
        return _extract(number, _parse(parse), columns)
    except DataError as error:
        raise error.at(replace(error.location, row=number)) from None


def _parse(parse: Callable[[], JsonValue]) -> JsonValue:
    """Return the value of a row; raise DataError if it is not valid JSON."""
    try:
        return parse()
    except DataError:  # raised by `_build_object`; DataError is a ValueError too
        raise
    except RecursionError:
        raise DataError("nested too deeply to be read as JSON") from None
    except ValueError as error:  # for instance, a number with thousands of digits
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise DataError(
            f"not JSON: {reason} (a row is a string or an object; only an array may span rows)"
        ) from None


def _reject_constant(name: str) -> NoReturn:
    """Raise ValueError for NaN and Infinity, which Python's parser accepts by default."""
    raise ValueError(f"{name} is not a JSON number")


def _build_object(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    """Build an object; raise DataError if a key is repeated."""
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise DataError(f"the key {repeated!r} occurs more than once: keep one of them")
    return value


DECODER = json.JSONDecoder(parse_constant=_reject_constant, object_pairs_hook=_build_object)


def _extract(number: int, value: JsonValue, columns: Columns | None) -> Row:
    """Extract the line, weight and label of a row."""
    if columns is None:
        return Row(number, _string_row(value))
    if not isinstance(value, dict):
        raise DataError(
            f"{_type_name(value)}, not an object with the key {columns.line!r} (if all rows are "
            "strings, omit --column)"
        )
    line = _text(value, columns.line)
    weight = None if columns.weight is None else _weight(value, columns.weight)
    label = None if columns.label is None else _text(value, columns.label)
    return Row(number, line, weight, label)


def _string_row(value: JsonValue) -> str:
    """Return a row that is a string."""
    if isinstance(value, dict):
        keys = f"{len(value)} key" + ("s" if len(value) != 1 else "")
        raise DataError(
            f"an object with {keys} ({', '.join(list(value)[:6])}): give the key of the line "
            "with --column NAME"
        )
    if not isinstance(value, str):
        raise DataError(f"{_type_name(value)}, not a line: make it a string")
    return value


def _value(row: JsonObject, key: str) -> JsonValue:
    """Return the value under a key; see `normalise_name`."""
    if key in row:
        return row[key]
    name = normalise_name(key)
    values = [value for each, value in row.items() if normalise_name(each) == name]
    if len(values) > 1:
        raise DataError(
            f"there is more than one key {key!r}: rename all but one", Location(column=key)
        )
    if not values:
        known = ", ".join(list(row)[:6]) or "none"
        raise DataError(f"there is no key {key!r}; the keys are: {known}", Location(column=key))
    return values[0]


def _text(row: JsonObject, key: str) -> str:
    """Return the string under a key."""
    value = _value(row, key)
    if not isinstance(value, str):
        raise DataError(f"{key} is {_type_name(value)}: make it a string", Location(column=key))
    return value


def _weight(row: JsonObject, key: str) -> float:
    """Return the number under a key; infinity if it overflows a float."""
    value = _value(row, key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        problem = f"weight {key} is {_type_name(value)}: make it a number"
        raise DataError(problem, Location(column=key))
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _type_name(value: JsonValue) -> str:
    """Return the type of a JSON value, for an error message."""
    names = {dict: "an object", list: "an array", str: "a string", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")
