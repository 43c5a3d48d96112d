"""Cleaning of lines to trimmed NFC code points, and checks of labels and weights."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from functools import cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import concatenate_ranges, offsets_of
from makemore.errors import DataError, Location

Weights = Sequence[float | str] | NDArray[np.float64]

LINE_FEED = 10

_MAX_WEIGHT = 1e15  # maximum weight of a line; sums of larger weights round small weights away


@dataclass(frozen=True)
class Summary:
    """Statistics of cleaning a list.

    Attributes:
        read: number of input lines.
        blank: lines dropped because they are empty after trimming.
        repeated: kept lines that are equal to an earlier line; they are not dropped.
        kept: lines that remain.
        characters: characters of the lines that remain, without line ends.
        weightless: lines dropped because their weight is 0.
        rare: lines dropped because they occur less often than the requested minimum.
    """

    read: int
    blank: int
    repeated: int
    kept: int
    characters: int
    weightless: int = 0
    rare: int = 0

    def __add__(self, other: Self) -> Self:
        """Add the statistics of two lists; repeats across the lists are not counted."""
        return type(self)(
            *(own + others for own, others in zip(astuple(self), astuple(other), strict=True))
        )

    def __str__(self) -> str:
        """Return a readable one-line summary."""
        weightless = f"{self.weightless:,} of weight 0, " if self.weightless else ""
        rare = f"{self.rare:,} too rare, " if self.rare else ""
        return (
            f"{self.read:,} lines read, {self.blank:,} blank, {weightless}{rare}"
            f"{self.repeated:,} repeated, {self.kept:,} kept, {self.characters:,} characters"
        )


def check_strings(strings: Iterable[str]) -> list[str]:
    """Check that the argument is an iterable of strings, and return it as a list.

    Raises:
        DataError: the argument is one string or no iterable, or an item is not a string.
    """
    if isinstance(strings, str) or not isinstance(strings, Iterable):
        given = "one string" if isinstance(strings, str) else f"a {type(strings).__name__}"
        raise DataError(f"got {given}, but a list of strings is needed: pass [line, ...]")
    items = list(strings)
    for i, string in enumerate(items, 1):
        if not isinstance(string, str):
            problem = (
                f"this item is of type {type(string).__name__}, not str: convert it to a string"
            )
            raise DataError(problem, Location(line=i))
    return items


def code_points(text: str, number: int = 1) -> NDArray[np.uint32]:
    """Return the NFC code points of a text.

    Args:
        text: the text.
        number: number of its first line, for error messages.

    Raises:
        DataError: the text contains a NUL or half a surrogate pair.
    """
    if "\0" in text:
        number += text.count("\n", 0, text.index("\0"))
        raise DataError(
            "a NUL character: this looks like a binary file or like UTF-16 (for UTF-16, give "
            "--encoding utf-16)",
            Location(line=number),
        )
    text = unicodedata.normalize("NFC", text)
    try:
        encoded = text.encode("utf-32-le")
    except UnicodeEncodeError as error:
        number += text.count("\n", 0, error.start)
        raise DataError(
            f"half of a surrogate pair (U+{ord(text[error.start]):04X}), which is not a character: "
            "remove it or decode the text again",
            Location(line=number),
        ) from None
    return np.frombuffer(encoded, np.uint32)


@cache
def _is_space() -> NDArray[np.bool_]:
    """Return whether `str.strip` removes each code point up to U+3001; it removes none above."""
    return np.array([chr(code).isspace() for code in range(0x3002)])


def trim_lines(text: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Split at line feeds and trim each line; return code points and (B+1,) offsets.

    Blank lines are kept.
    """
    line_feeds = np.flatnonzero(text == LINE_FEED)
    starts = np.concatenate([np.zeros(1, np.int64), line_feeds + 1])
    stops = np.concatenate([line_feeds, np.array([len(text)], np.int64)])
    nonspace = np.flatnonzero(~_is_space()[np.minimum(text, 0x3001)])
    first = np.searchsorted(nonspace, starts)
    last = np.searchsorted(nonspace, stops)  # nonspace[last - 1] is the line's last character
    is_nonblank = last > first
    nonspace = np.append(nonspace, 0)
    starts = np.where(is_nonblank, nonspace[first], 0)
    stops = np.where(is_nonblank, nonspace[last - 1] + 1, 0)
    offsets = offsets_of(stops - starts)
    return text[concatenate_ranges(starts, stops)], offsets


def check_weights(weights: Weights, expected: int) -> NDArray[np.float64]:
    """Check weights and return them as (B,) float64.

    Raises:
        DataError: the number of weights is not `expected`, or one is not in [0, 1e15].
    """
    if len(weights) != expected:
        raise DataError(f"got {len(weights)} weights for {expected} lines: give one for each line")
    try:
        values = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        values = np.array([_to_float(w) for w in weights])
    if values.ndim != 1:
        raise DataError(f"the weights have {values.ndim} dimensions: give one number for each line")
    invalid = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(invalid):
        i = int(invalid[0])
        given = weights[i]
        text = repr(given.item() if isinstance(given, np.generic) else given)
        problem = f"weight {text} is not a number of 0 or more"
        raise DataError(problem, Location(line=i + 1, column="weight"))
    if len(values) and values.max() > _MAX_WEIGHT:
        i = int(values.argmax())
        problem = f"weight {values[i]:g} is above {_MAX_WEIGHT:g}: scale all weights down"
        raise DataError(problem, Location(line=i + 1, column="weight"))
    return values


def _to_float(value: object) -> float:
    """Convert a value to a float; return NaN if that fails."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def encode_labels(
    labels: Sequence[str], kept: NDArray[np.int64], expected: int
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Clean the labels of the kept lines and encode them as indices.

    Args:
        labels: one label per line.
        kept: indices of the lines that are kept.
        expected: number of lines.

    Returns:
        (kept,) int32 indices into the names, and the distinct names, sorted.

    Raises:
        DataError: the number of labels is not `expected`, or a label is blank or contains a NUL or
            half a surrogate pair.
    """
    if len(labels) != expected:
        raise DataError(f"got {len(labels)} labels for {expected} lines: give one for each line")
    cleaned = []
    for i in kept.tolist():
        text = "" if labels[i] is None else str(labels[i])
        text = text.replace("\n", " ").replace("\r", " ")  # as within a line
        label = unicodedata.normalize("NFC", text).strip()
        location = Location(line=i + 1, column="label")
        if not label:
            raise DataError("the label is blank: give every line a label", location)
        if "\0" in label or re.search("[\ud800-\udfff]", label):
            raise DataError(
                f"the label {label!r} contains a NUL or half of a surrogate pair: remove it",
                location,
            )
        cleaned.append(label)
    names = sorted(set(cleaned))
    index = {name: i for i, name in enumerate(names)}
    return np.array([index[t] for t in cleaned], np.int32), tuple(names)
