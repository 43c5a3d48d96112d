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

_MOST = 1e15  # maximum weight of a line; sums of larger weights round small weights away


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
            *(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True))
        )

    def __str__(self) -> str:
        """Return a readable one-line summary."""
        weightless = f"{self.weightless:,} of weight 0, " if self.weightless else ""
        rare = f"{self.rare:,} too rare, " if self.rare else ""
        return (
            f"{self.read:,} lines read, {self.blank:,} blank, {weightless}{rare}"
            f"{self.repeated:,} repeated, {self.kept:,} kept, {self.characters:,} characters"
        )


def checked_strings(strings: Iterable[str]) -> list[str]:
    """Return the strings as a list.

    Raises:
        DataError: the argument is one string or no iterable, or an item is not a string.
    """
    if isinstance(strings, str) or not isinstance(strings, Iterable):
        what = "one string" if isinstance(strings, str) else f"a {type(strings).__name__}"
        raise DataError(f"{what} came where a list of strings is needed: pass [line, ...]")
    listed = list(strings)
    for i, string in enumerate(listed, 1):
        if not isinstance(string, str):
            problem = f"this is of type {type(string).__name__}: make it a str"
            raise DataError(problem, Location(line=i))
    return listed


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
            "a NUL character: this looks like a binary file, or like UTF-16 (then give --encoding "
            "utf-16)",
            Location(line=number),
        )
    text = unicodedata.normalize("NFC", text)
    try:
        encoded = text.encode("utf-32-le")
    except UnicodeEncodeError as error:
        number += text.count("\n", 0, error.start)
        raise DataError(
            f"half of a surrogate pair (U+{ord(text[error.start]):04X}), which is no character: "
            "remove it or decode the text again",
            Location(line=number),
        ) from None
    return np.frombuffer(encoded, np.uint32)


@cache
def _spaces() -> NDArray[np.bool_]:
    """Return whether `str.strip` removes each code point up to U+3001; it removes none above."""
    return np.array([chr(code).isspace() for code in range(0x3002)])


def trimmed(text: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Split at line feeds and trim each line; return code points and (B+1,) offsets.

    Blank lines are kept.
    """
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
    return text[concatenate_ranges(starts, stops)], offsets


def checked_weights(weights: Weights, expected: int) -> NDArray[np.float64]:
    """Return weights as (B,) float64.

    Raises:
        DataError: the number of weights is not `expected`, or one is not in [0, 1e15].
    """
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
        problem = f"weight {shown} is not a number of 0 or more"
        raise DataError(problem, Location(line=i + 1, column="weight"))
    if len(counts) and counts.max() > _MOST:
        i = int(counts.argmax())
        problem = f"weight {counts[i]:g} is above {_MOST:g}: scale them all down"
        raise DataError(problem, Location(line=i + 1, column="weight"))
    return counts


def _number(value: object) -> float:
    """Convert a value to a float; return NaN if that fails."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def indexed_labels(
    labels: Sequence[str], kept: NDArray[np.int64], expected: int
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Return the cleaned labels of the kept lines.

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
        raise DataError(f"{len(labels)} labels came for {expected} lines: give one for each line")
    checked = []
    for i in kept.tolist():
        given = "" if labels[i] is None else str(labels[i])
        given = given.replace("\n", " ").replace("\r", " ")  # as within a line
        label = unicodedata.normalize("NFC", given).strip()
        location = Location(line=i + 1, column="label")
        if not label:
            raise DataError("the label is blank: give every line a label", location)
        if "\0" in label or re.search("[\ud800-\udfff]", label):
            raise DataError(f"the label {label!r} holds what is no character", location)
        checked.append(label)
    names = sorted(set(checked))
    index = {name: i for i, name in enumerate(names)}
    return np.array([index[t] for t in checked], np.int32), tuple(names)
