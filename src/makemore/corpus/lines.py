"""Lines in memory: one flat array of code points and offsets, cleaned, with labels and weights."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.digests import digests as digests_of
from makemore.corpus.ranking import ranges
from makemore.corpus.summary import Summary
from makemore.errors import DataError

Weights = Sequence[float] | Sequence[str] | NDArray[np.float64]

_LINE_FEED = 10


@dataclass(frozen=True, eq=False)
class Lines:
    """A cleaned list: NFC, trimmed, no blank lines; order and repeats as they came.

    Attributes:
        codes: (C,) uint32 code points of all lines, one after the other.
        offsets: (B+1,) int64; line b is `codes[offsets[b]:offsets[b+1]]`.
        labels: (B,) int32 indices into `label_names`, or None.
        label_names: the distinct labels, sorted.
        weights: (B,) float64 counts a line stands for, or None for one each.
        read: lines that came in.
        blank: of these, lines dropped as blank.

    Example:
        >>> lines = Lines.from_strings([" anna ", "", "ben"])
        >>> lines.to_list(), str(lines.summary())
        (['anna', 'ben'], '3 lines read, 1 blank, 0 repeated, 2 kept, 7 characters')
    """

    codes: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    labels: NDArray[np.int32] | None
    label_names: tuple[str, ...]
    weights: NDArray[np.float64] | None
    read: int
    blank: int

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Cleans one text of many lines, each ended by LF, CR LF or CR.

        Raises:
            DataError: a line holds a NUL or half a surrogate pair.
        """
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        codes, offsets = _trimmed(_code_points(text.removesuffix("\n")))
        keep = np.diff(offsets) > 0
        kept_offsets = np.concatenate([offsets[:1], offsets[1:][keep]])
        read = len(keep) if text else 0
        return cls(codes, kept_offsets, None, (), None, read, read - int(keep.sum()) if read else 0)

    @classmethod
    def from_strings(
        cls,
        strings: Iterable[str],
        labels: Sequence[str] | None = None,
        weights: Weights | None = None,
        keep_blank: bool = False,
    ) -> Self:
        """Cleans strings, one line each, with a label or a weight each where given.

        Args:
            strings: the lines; a line break inside one counts as a space.
            labels: one label a line, or None.
            weights: one count a line, finite and at least 0, or None. Lines of weight 0 go.
            keep_blank: whether blank lines stay, so that line i of the result is string i.

        Raises:
            DataError: the three differ in length, a weight is negative or not a number, a label is
                blank, or a line holds a NUL or half a surrogate pair.
        """
        strings = _checked_strings(strings)
        text = "\n".join(s.replace("\n", " ").replace("\r", " ") for s in strings)
        codes, offsets = _trimmed(_code_points(text))
        if not len(strings):
            offsets = offsets[:1]
        keep = (np.diff(offsets) > 0) | keep_blank
        blank = int((~keep).sum())
        counts = None if weights is None else _checked_weights(weights, len(strings))
        if counts is not None:
            keep &= (counts > 0) | keep_blank
        kept = np.flatnonzero(keep)
        lines = cls(codes, offsets, None, (), counts, 0, 0).select(kept)
        lines = replace(lines, read=len(strings), blank=blank)
        if labels is None:
            return lines
        indices, names = _indexed_labels(labels, kept, len(strings))
        return replace(lines, labels=indices, label_names=names)

    def __len__(self) -> int:
        """B: how many lines."""
        return len(self.offsets) - 1

    def select(self, which: NDArray[np.int64]) -> Self:
        """Gives the lines with these indices, in this order, as if no others had been read."""
        starts, stops = self.offsets[which], self.offsets[which + 1]
        return type(self)(
            self.codes[ranges(starts, stops)],
            np.concatenate([np.zeros(1, np.int64), np.cumsum(stops - starts)]),
            None if self.labels is None else self.labels[which],
            self.label_names,
            None if self.weights is None else self.weights[which],
            len(which),
            0,
        )

    def cut(self, lengths: NDArray[np.int64]) -> Self:
        """Gives the first so many characters of each line; a line may end up blank."""
        return replace(
            self,
            codes=self.codes[ranges(self.offsets[:-1], self.offsets[:-1] + lengths)],
            offsets=np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]),
        )

    def with_labels(self, labels: NDArray[np.int32], names: tuple[str, ...]) -> Self:
        """Gives the same lines, each with the label of this index among some names."""
        return replace(self, labels=labels, label_names=names)

    def labels_of(self) -> list[str]:
        """The label of each line, of lines that have them."""
        assert self.labels is not None, "no labels"
        return [self.label_names[label] for label in self.labels.tolist()]

    def without_labels(self) -> Self:
        """Gives the same lines, their labels forgotten."""
        return replace(self, labels=None, label_names=())

    def with_label(self, label: str) -> Self:
        """Gives the same lines, each with this label."""
        return self.with_labels(np.zeros(len(self), np.int32), (label,))

    def counts(self) -> NDArray[np.float64]:
        """(B,) float64, how many lines each stands for: its weight, or one."""
        return np.ones(len(self)) if self.weights is None else self.weights

    def lengths(self) -> NDArray[np.int64]:
        """(B,) int64 characters in each line."""
        return np.diff(self.offsets)

    def to_list(self) -> list[str]:
        """The lines as strings."""
        return self._joined().split("\n") if len(self) else []

    def encoded(self) -> list[bytes]:
        """The lines as UTF-8 bytes."""
        return self._joined().encode("utf-8").split(b"\n") if len(self) else []

    def _joined(self) -> str:
        """All lines in one text, a line feed between two."""
        text = np.insert(self.codes, self.offsets[1:-1], _LINE_FEED)
        return text.tobytes().decode("utf-32-le")

    def distinct(self) -> NDArray[np.int64]:
        """(d,) int64: the index of the first of each group of equal lines, ascending."""
        return np.flatnonzero(self.first_equal() == np.arange(len(self)))

    def first_equal(self) -> NDArray[np.int64]:
        """(B,) int64: the index of the first line equal to each, labels left out."""
        first: dict[bytes, int] = {}
        found = (first.setdefault(line, i) for i, line in enumerate(self.encoded()))
        return np.fromiter(found, np.int64, len(self))

    @cached_property
    def digests(self) -> NDArray[np.uint64]:
        """(B,) uint64: each line's digest, see `makemore.corpus.digests`."""
        return digests_of(self.encoded())

    def summary(self) -> Summary:
        """Counts what was read, dropped, repeated and kept."""
        return self._summary

    @cached_property
    def _summary(self) -> Summary:
        """The summary, counted once."""
        repeated = len(self) - len(set(self.encoded()))
        weightless = self.read - self.blank - len(self)
        return Summary(self.read, self.blank, repeated, len(self), len(self.codes), weightless)


def _checked_strings(strings: Iterable[str]) -> list[str]:
    """Strings in a list, and nothing but strings."""
    if isinstance(strings, str) or not isinstance(strings, Iterable):
        what = "one string" if isinstance(strings, str) else f"a {type(strings).__name__}"
        raise DataError(f"{what} came where a list of strings is needed: pass [line, ...]")
    listed = list(strings)
    for i, string in enumerate(listed, 1):
        if not isinstance(string, str):
            raise DataError(f"line {i} is of type {type(string).__name__}: make it a str")
    return listed


def _code_points(text: str) -> NDArray[np.uint32]:
    """The NFC code points of a text, checked."""
    if "\0" in text:
        number = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(
            f"line {number} holds a NUL character: this looks like a binary file, or like UTF-16 "
            "(then give --encoding utf-16)"
        )
    text = unicodedata.normalize("NFC", text)
    try:
        encoded = text.encode("utf-32-le")
    except UnicodeEncodeError as error:
        number = text.count("\n", 0, error.start) + 1
        raise DataError(
            f"line {number} holds half of a surrogate pair (U+{ord(text[error.start]):04X}), "
            "which is no character: remove it or decode the text again"
        ) from None
    return np.frombuffer(encoded, np.uint32)


@cache
def _spaces() -> NDArray[np.bool_]:
    """Whether `str.strip` removes each code point up to U+3001, from where on it removes none."""
    return np.array([chr(code).isspace() for code in range(0x3002)])


def _trimmed(text: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Splits at line feeds and trims each line: code points and (B+1,) offsets, blanks included."""
    breaks = np.flatnonzero(text == _LINE_FEED)
    starts = np.concatenate([np.zeros(1, np.int64), breaks + 1])
    stops = np.concatenate([breaks, np.array([len(text)], np.int64)])
    inked = np.flatnonzero(~_spaces()[np.minimum(text, 0x3001)])
    first = np.searchsorted(inked, starts)
    last = np.searchsorted(inked, stops)  # inked[last - 1] is the line's last character
    has_ink = last > first
    inked = np.append(inked, 0)
    starts = np.where(has_ink, inked[first], 0)
    stops = np.where(has_ink, inked[last - 1] + 1, 0)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(stops - starts)])
    return text[ranges(starts, stops)], offsets


def _checked_weights(weights: Weights, expected: int) -> NDArray[np.float64]:
    """Weights as float64, each finite and not negative."""
    if len(weights) != expected:
        raise DataError(f"{len(weights)} weights came for {expected} lines: give one for each line")
    try:
        counts = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        counts = np.array([_number(w) for w in weights])
    if counts.ndim != 1:
        raise DataError(f"the weights have {counts.ndim} dimensions: give one number for each line")
    wrong = np.flatnonzero(~(np.isfinite(counts) & (counts >= 0)))
    if len(wrong):
        i = int(wrong[0])
        given = weights[i]
        shown = repr(given.item() if isinstance(given, np.generic) else given)
        raise DataError(f"line {i + 1}: weight {shown} is not a number of 0 or more")
    return counts


def _number(value: object) -> float:
    """A float, or NaN where there is none."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")


def _indexed_labels(
    labels: Sequence[str], kept: NDArray[np.int64], expected: int
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Labels of the lines kept, as indices into their sorted names."""
    if len(labels) != expected:
        raise DataError(f"{len(labels)} labels came for {expected} lines: give one for each line")
    trimmed = []
    for i in kept.tolist():
        label = "" if labels[i] is None else unicodedata.normalize("NFC", str(labels[i])).strip()
        if not label:
            raise DataError(f"line {i + 1}: the label is blank: give every line a label")
        trimmed.append(label)
    names = sorted(set(trimmed))
    index = {name: i for i, name in enumerate(names)}
    return np.array([index[t] for t in trimmed], np.int32), tuple(names)
