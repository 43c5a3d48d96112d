"""What comes as lines, labels and weights: checked, and the lines as trimmed NFC code points."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import ranges
from makemore.errors import DataError

Weights = Sequence[float] | Sequence[str] | NDArray[np.float64]

LINE_FEED = 10

_MOST = 1e15  # a line's weight; sums of larger ones lose what small ones add


def checked_strings(strings: Iterable[str]) -> list[str]:
    """Strings in a list, and nothing but strings."""
    if isinstance(strings, str) or not isinstance(strings, Iterable):
        what = "one string" if isinstance(strings, str) else f"a {type(strings).__name__}"
        raise DataError(f"{what} came where a list of strings is needed: pass [line, ...]")
    listed = list(strings)
    for i, string in enumerate(listed, 1):
        if not isinstance(string, str):
            raise DataError(f"line {i} is of type {type(string).__name__}: make it a str")
    return listed


def code_points(text: str, number: int = 1) -> NDArray[np.uint32]:
    """The NFC code points of a text, checked; its first line has this number."""
    if "\0" in text:
        number += text.count("\n", 0, text.index("\0"))
        raise DataError(
            f"line {number} holds a NUL character: this looks like a binary file, or like UTF-16 "
            "(then give --encoding utf-16)"
        )
    text = unicodedata.normalize("NFC", text)
    try:
        encoded = text.encode("utf-32-le")
    except UnicodeEncodeError as error:
        number += text.count("\n", 0, error.start)
        raise DataError(
            f"line {number} holds half of a surrogate pair (U+{ord(text[error.start]):04X}), "
            "which is no character: remove it or decode the text again"
        ) from None
    return np.frombuffer(encoded, np.uint32)


@cache
def _spaces() -> NDArray[np.bool_]:
    """Whether `str.strip` removes each code point up to U+3001, from where on it removes none."""
    return np.array([chr(code).isspace() for code in range(0x3002)])


def trimmed(text: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Splits at line feeds and trims each line: code points and (B+1,) offsets, blanks included."""
    breaks = np.flatnonzero(text == LINE_FEED)
    starts = np.concatenate([np.zeros(1, np.int64), breaks + 1])
    stops = np.concatenate([breaks, np.array([len(text)], np.int64)])
    inked = np.flatnonzero(~_spaces()[np.minimum(text, 0x3001)])
    first = np.searchsorted(inked, starts)
    last = np.searchsorted(inked, stops)  # inked[last - 1] is the line's last character
    has_ink = last > first
    inked = np.append(inked, 0)
    starts = np.where(has_ink, inked[first], 0)
    stops = np.where(has_ink, inked[last - 1] + 1, 0)
    offsets = offsets_of(stops - starts)
    return text[ranges(starts, stops)], offsets


def offsets_of(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """(B+1,) int64: where each of B lines starts, and the last one ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])


def checked_weights(weights: Weights, expected: int) -> NDArray[np.float64]:
    """Weights as float64, each finite and not negative."""
    if len(weights) != expected:
        raise DataError(f"{len(weights)} weights came for {expected} lines: give one for each line")
    try:
        counts = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        counts = np.array([_number(w) for w in weights])
    if counts.ndim != 1:
        raise DataError(f"the weights have {counts.ndim} dimensions: give one number for each line")
    wrong = np.flatnonzero(~(np.isfinite(counts) & (counts >= 0)))
    if len(wrong):
        i = int(wrong[0])
        given = weights[i]
        shown = repr(given.item() if isinstance(given, np.generic) else given)
        raise DataError(f"line {i + 1}: weight {shown} is not a number of 0 or more")
    if len(counts) and counts.max() > _MOST:
        i = int(counts.argmax())
        raise DataError(
            f"line {i + 1}: weight {counts[i]:g} is above {_MOST:g}: scale them all down"
        )
    return counts


def _number(value: object) -> float:
    """A float, or NaN where there is none."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def indexed_labels(
    labels: Sequence[str], kept: NDArray[np.int64], expected: int
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Labels of the lines kept, as indices into their sorted names."""
    if len(labels) != expected:
        raise DataError(f"{len(labels)} labels came for {expected} lines: give one for each line")
    checked = []
    for i in kept.tolist():
        given = "" if labels[i] is None else str(labels[i])
        given = given.replace("\n", " ").replace("\r", " ")  # as within a line
        label = unicodedata.normalize("NFC", given).strip()
        if not label:
            raise DataError(f"line {i + 1}: the label is blank: give every line a label")
        if "\0" in label or re.search("[\ud800-\udfff]", label):
            raise DataError(f"line {i + 1}: the label {label!r} holds what is no character")
        checked.append(label)
    names = sorted(set(checked))
    index = {name: i for i, name in enumerate(names)}
    return np.array([index[t] for t in checked], np.int32), tuple(names)
