"""JSON lines: a string, or an object with the line under a key, in each row."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from makemore.corpus.reading.decoding import Text
from makemore.corpus.reading.rows import Columns, Row
from makemore.errors import DataError


def json_rows(texts: Iterable[Text], columns: Columns | None) -> Iterator[Row]:
    """Takes the line of each row, its weight and its label; blank rows are passed over.

    Args:
        texts: the text, in pieces of whole lines, with the number of each piece's first line.
        columns: the keys in each row's object, or None where each row is a string.

    Raises:
        DataError: a row is no JSON, or not what it must be.
    """
    for start, text in texts:
        for number, line in enumerate(text.split("\n"), start):
            if line and not line.isspace():
                value = _parsed(line, number)
                yield Row(number, _taken(value, columns, number))


def _parsed(line: str, number: int) -> Any:
    """The value of a row."""
    try:
        return json.loads(line, parse_constant=_no_json, object_pairs_hook=_object)
    except DataError as error:
        raise DataError(f"row {number} {error}") from None
    except RecursionError:
        raise DataError(f"row {number} is nested too deeply to be read as JSON") from None
    except ValueError as error:  # a number of thousands of digits, among others
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise DataError(f"row {number} is not JSON: {reason}") from None


def _no_json(name: str) -> NoReturn:
    """Refuses NaN and Infinity, which Python would take."""
    raise ValueError(f"{name} is no number there")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are distinct."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise DataError(f"has the key {twice!r} more than once: keep one of them")
    return found


def _taken(value: Any, columns: Columns | None, number: int) -> list[Any]:
    """What is wanted of a row: the line, then its weight and its label."""
    if columns is None:
        if isinstance(value, dict):
            keys = f"{len(value)} key" + ("s" if len(value) != 1 else "")
            raise DataError(
                f"row {number} has {keys} ({', '.join(list(value)[:6])}): say which holds the line "
                "with --column NAME"
            )
        if not isinstance(value, str):
            raise DataError(f"row {number} is {_kind(value)}, not a line: make it a string")
        return [value]
    if not isinstance(value, dict):
        raise DataError(
            f"row {number} is {_kind(value)}, not an object with the key {columns.line!r} (if all "
            "rows are strings, leave --column out)"
        )
    taken: list[Any] = [_text(value, columns.line, number)]
    if columns.weight is not None:
        taken.append(_weight(value, columns.weight, number))
    if columns.label is not None:
        taken.append(_text(value, columns.label, number))
    return taken


def _found(row: dict[str, Any], key: str, number: int) -> Any:
    """The value under a key."""
    if key not in row:
        known = ", ".join(list(row)[:6]) or "none"
        raise DataError(f"row {number}: there is no key {key!r}; its keys: {known}")
    return row[key]


def _text(row: dict[str, Any], key: str, number: int) -> str:
    """A string under a key."""
    value = _found(row, key, number)
    if not isinstance(value, str):
        raise DataError(f"row {number}: {key} is {_kind(value)}: make it a string")
    return value


def _weight(row: dict[str, Any], key: str, number: int) -> float:
    """A number under a key."""
    value = _found(row, key, number)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DataError(f"row {number}: weight {key} is {_kind(value)}: make it a number")
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _kind(value: Any) -> str:
    """What a value of JSON is."""
    names = {dict: "an object", list: "an array", str: "a string", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")
