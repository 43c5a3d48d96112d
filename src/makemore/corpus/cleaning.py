"""Cleaning of lines to trimmed NFC code points, and checks of labels and weights."""

import math
import re
import unicodedata
from collections.abc import Iterable, Set
from dataclasses import astuple, dataclass
from functools import cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import concatenate_ranges, offsets_of
from makemore.corpus.sequences import is_missing, missing_error, to_aligned_list, to_list
from makemore.errors import UNKNOWN_LOCATION, DataError, Location

Weights = Iterable[float | str]

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
        line_breaks: line breaks within the quoted fields of a table, which became spaces. A table
            has as many rows as lines if there are none.
    """

    read: int
    blank: int
    repeated: int
    kept: int
    characters: int
    weightless: int = 0
    rare: int = 0
    line_breaks: int = 0

    def __add__(self, other: Self) -> Self:
        """Add the statistics of two lists; repeats across the lists are not counted."""
        return type(self)(
            *(own + others for own, others in zip(astuple(self), astuple(other), strict=True))
        )

    def __str__(self) -> str:
        """Return a readable one-line summary."""
        weightless = f"{self.weightless:,} of weight 0, " if self.weightless else ""
        rare = f"{self.rare:,} too rare, " if self.rare else ""
        breaks = f"{self.line_breaks:,} line breaks within fields, " if self.line_breaks else ""
        return (
            f"{self.read:,} lines read, {breaks}{self.blank:,} blank, {weightless}{rare}"
            f"{self.repeated:,} repeated, {self.kept:,} kept, {self.characters:,} characters"
        )


def check_strings(strings: Iterable[str]) -> list[str]:
    """Check that the argument is an iterable of strings, and return it as a list.

    The order of a set differs from process to process, so the strings of a set are sorted.

    Raises:
        DataError: the argument is one string, a mapping, a table or no iterable, or an item is not
            a string.
    """
    items = to_list(strings, "strings", "line")
    for number, string in enumerate(items, 1):
        if not isinstance(string, str):
            kind = type(string).__name__
            location = Location(line=number)
            if is_missing(string):
                raise missing_error("line", string, location)
            problem = f"this item is of type {kind}, not str: convert it to a string"
            raise DataError(problem, location)
    return sorted(items) if isinstance(strings, Set) else items


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
        DataError: the number of weights is not `expected`, or one is missing or not in [0, 1e15].
    """
    items = to_aligned_list(weights, "weights", "weight", expected)
    is_numeric = isinstance(weights, np.ndarray) and weights.dtype.kind in "iuf"
    values = np.array(items if is_numeric else list(map(_to_float, items)), np.float64)
    invalid = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(invalid):
        i = int(invalid[0])
        given = items[i]
        if is_missing(given):
            raise missing_error("weight", given, Location(line=i + 1, column="weight"))
        text = repr(given.item() if isinstance(given, np.generic) else given)
        problem = f"weight {text} is not a number of 0 or more"
        raise DataError(problem, Location(line=i + 1, column="weight"))
    if len(values) and values.max() > _MAX_WEIGHT:
        i = int(values.argmax())
        problem = f"weight {values[i]:g} is above {_MAX_WEIGHT:g}: scale all weights down"
        raise DataError(problem, Location(line=i + 1, column="weight"))
    return values


def _to_float(value: float | str) -> float:
    """Convert a value to a float; return NaN if it is missing, or neither a number nor its string.

    Python also reads `1_000` as a number; in a table, it is more likely a code.
    """
    if is_missing(value) or (isinstance(value, str) and "_" in value):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def encode_labels(
    labels: Iterable[str], kept: NDArray[np.int64], expected: int
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Clean the labels of the kept lines and encode them as indices.

    Args:
        labels: one label per line.
        kept: indices of the lines that are kept.
        expected: number of lines.

    Returns:
        (kept,) int32 indices into the names, and the distinct names, sorted.

    Raises:
        DataError: the number of labels is not `expected`, a label is missing, or the label of a
            kept line cannot be used; see `clean_label`.
    """
    items = to_aligned_list(labels, "labels", "label", expected)
    cleaned, label_of = [], dict[str, str]()  # each distinct label is cleaned once
    for i in kept.tolist():
        item = items[i]
        if not isinstance(item, str) or item not in label_of:
            label = clean_label(item, Location(line=i + 1, column="label"))
            item = str(item)
            label_of[item] = label
        cleaned.append(label_of[item])
    names = sorted(set(cleaned))
    index = {name: i for i, name in enumerate(names)}
    return np.array([index[t] for t in cleaned], np.int32), tuple(names)


def normalise_name(name: str) -> str:
    r"""Return a label, or the name of a column or key, in NFC and without spaces at either end.

    Example:
        >>> normalise_name(" Pre\u0301nom ") == normalise_name("Pr\u00e9nom")
        True
    """
    return unicodedata.normalize("NFC", name).strip()


def clean_label(value: str | float, location: Location = UNKNOWN_LOCATION) -> str:
    """Return a label in NFC, without spaces at either end, and with line breaks as spaces.

    Args:
        value: the label; a number becomes a string.
        location: its location, for error messages.

    Raises:
        DataError: the label is missing, blank, bytes, or contains a NUL or half a surrogate pair.
    """
    if is_missing(value):
        raise missing_error("label", value, location)
    if isinstance(value, bytes):
        raise DataError(f"the label {value!r} is bytes: decode it to a string", location)
    text = str(value).replace("\n", " ").replace("\r", " ")  # as within a line
    label = normalise_name(text)
    if not label:
        raise DataError("the label is blank: give every line a label", location)
    if "\0" in label or re.search("[\ud800-\udfff]", label):
        raise DataError(
            f"the label {label!r} contains a NUL or half of a surrogate pair: remove it", location
        )
    return label
