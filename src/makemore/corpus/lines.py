"""Cleaned lines in memory: one flat array of code points, with offsets, labels and weights."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import concatenate_ranges, offsets_of
from makemore.corpus.case import fold_case, is_folded
from makemore.corpus.cleaning import (
    LINE_FEED,
    Summary,
    Weights,
    check_strings,
    check_weights,
    code_points,
    encode_labels,
    trim_lines,
)
from makemore.errors import DataError

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Lines:
    """A cleaned list of lines: NFC, trimmed, without blank lines, in input order with repeats.

    Attributes:
        codes: (C,) uint32 code points of all lines, concatenated.
        offsets: (B+1,) int64; line b is `codes[offsets[b]:offsets[b+1]]`.
        labels: (B,) int32 indices into `label_names`, or None.
        label_names: the distinct labels, sorted.
        weights: (B,) float64 weight (count) of each line, or None if every weight is 1.
        read: number of input lines.
        blank: number of these dropped as blank.
        rare: number of these dropped as too infrequent.
        line_breaks: number of line breaks within the quoted fields of a table.

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
    rare: int = 0
    line_breaks: int = 0

    @classmethod
    def from_text(cls, text: str, number: int = 1) -> Self:
        """Clean a text whose lines end in LF, CR LF or CR.

        Args:
            text: the lines.
            number: number of the first line, for error messages.

        Raises:
            DataError: a line contains a NUL or half a surrogate pair.
        """
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        codes, offsets = trim_lines(code_points(text.removesuffix("\n"), number))
        keep = np.diff(offsets) > 0
        kept_offsets = np.concatenate([offsets[:1], offsets[1:][keep]])
        read = len(keep) if text else 0
        return cls(codes, kept_offsets, None, (), None, read, read - int(keep.sum()) if read else 0)

    @classmethod
    def from_strings(
        cls,
        strings: Iterable[str],
        labels: Iterable[str] | None = None,
        weights: Weights | None = None,
        keep_blank: bool = False,
    ) -> Self:
        """Clean strings, one line each, with optional labels and weights.

        Args:
            strings: the lines; a line break inside one counts as a space.
            labels: one label per line, or None.
            weights: one weight per line, finite and at least 0, or None. Lines of weight 0 are
                dropped.
            keep_blank: keep blank lines and lines of weight 0, so that line i of the result is
                string i.

        Raises:
            DataError: the strings, labels and weights differ in length, a weight is not a finite
                number in [0, 1e15], a label is blank, or a line or label contains a NUL or half a
                surrogate pair.
        """
        strings = check_strings(strings)
        text = "\n".join(s.replace("\n", " ").replace("\r", " ") for s in strings)
        codes, offsets = trim_lines(code_points(text))
        if not len(strings):
            offsets = offsets[:1]
        keep = (np.diff(offsets) > 0) | keep_blank
        blank = int((~keep).sum())
        checked_weights = None if weights is None else check_weights(weights, len(strings))
        if checked_weights is not None:
            keep &= (checked_weights > 0) | keep_blank
        kept = np.flatnonzero(keep)
        lines = cls(codes, offsets, None, (), checked_weights, 0, 0).select(kept)
        lines = replace(lines, read=len(strings), blank=blank)
        if labels is None:
            return lines
        label_indices, names = encode_labels(labels, kept, len(strings))
        return replace(lines, labels=label_indices, label_names=names)

    @classmethod
    def concatenate(cls, parts: Iterable[Self]) -> Self:
        """Concatenate lists.

        Raises:
            DataError: some lists have labels or weights and others do not.

        Example:
            >>> parts = [Lines.from_strings(["anna"], ["F"]), Lines.from_strings(["ben"], ["M"])]
            >>> lines = Lines.concatenate(parts)
            >>> lines.to_list(), lines.labels.tolist(), lines.label_names
            (['anna', 'ben'], [0, 1], ('F', 'M'))
        """
        parts = list(parts)
        non_empty = [part for part in parts if len(part)]
        for part in non_empty:
            part.check_compatible(non_empty[0])
        names = tuple(sorted({name for part in parts for name in part.label_names}))
        return cls(
            np.concatenate([np.zeros(0, np.uint32), *(part.codes for part in parts)]),
            offsets_of(
                np.concatenate([np.zeros(0, np.int64), *(part.lengths() for part in parts)])
            ),
            _concatenate_optional(part.label_indices(names) for part in parts),
            names,
            _concatenate_optional(part.weights for part in parts),
            sum(part.read for part in parts),
            sum(part.blank for part in parts),
            sum(part.rare for part in parts),
            sum(part.line_breaks for part in parts),
        )

    def check_compatible(self, other: Self) -> None:
        """Check that two blocks of one list agree on having labels, and on having weights.

        Raises:
            DataError: one block has labels or weights and the other does not.
        """
        for attribute in ("labels", "weights"):
            own, others = getattr(self, attribute), getattr(other, attribute)
            if (own is None) != (others is None):
                raise DataError(
                    f"some lines of the list have {attribute} and others have none: give "
                    f"{attribute} to all lines or to none"
                )

    def __len__(self) -> int:
        """Return B, the number of lines."""
        return len(self.offsets) - 1

    def select(self, indices: NDArray[np.int64]) -> Self:
        """Return the lines at these indices, in this order, as if only they had been read."""
        starts, stops = self.offsets[indices], self.offsets[indices + 1]
        return type(self)(
            self.codes[concatenate_ranges(starts, stops)],
            offsets_of(stops - starts),
            None if self.labels is None else self.labels[indices],
            self.label_names,
            None if self.weights is None else self.weights[indices],
            len(indices),
            0,
        )

    def truncate(self, lengths: NDArray[np.int64]) -> Self:
        """Truncate line b to its first `lengths[b]` characters; a line may become blank."""
        return replace(
            self,
            codes=self.codes[concatenate_ranges(self.offsets[:-1], self.offsets[:-1] + lengths)],
            offsets=offsets_of(lengths),
        )

    def with_labels(self, labels: NDArray[np.int32], names: tuple[str, ...]) -> Self:
        """Return the same lines with new labels, given as (B,) indices into `names`."""
        return replace(self, labels=labels, label_names=names)

    def label_indices(self, names: Sequence[str]) -> NDArray[np.int32] | None:
        """Return (B,) int32 indices of the lines' labels in `names`; None without labels."""
        if self.labels is None:
            return None
        index_of = {name: i for i, name in enumerate(names)}
        return np.array([index_of[name] for name in self.label_names], np.int32)[self.labels]

    def label_list(self) -> list[str]:
        """Return the label of each line; the lines must have labels."""
        assert self.labels is not None, "no labels"
        return [self.label_names[label] for label in self.labels.tolist()]

    def without_labels(self) -> Self:
        """Return the same lines without labels."""
        return replace(self, labels=None, label_names=())

    def with_label(self, label: str) -> Self:
        """Return the same lines, all with this label."""
        return self.with_labels(np.zeros(len(self), np.int32), (label,))

    def counts(self) -> NDArray[np.float64]:
        """Return (B,) float64 weights of the lines; ones if the list has no weights."""
        return np.ones(len(self)) if self.weights is None else self.weights

    def lengths(self) -> NDArray[np.int64]:
        """Return (B,) int64 line lengths, in characters."""
        return np.diff(self.offsets)

    def to_list(self) -> list[str]:
        """Return the lines as strings."""
        return self._join().split("\n") if len(self) else []

    def to_bytes(self) -> list[bytes]:
        """Return the lines as UTF-8 bytes."""
        return self._join().encode("utf-8").split(b"\n") if len(self) else []

    def _join(self) -> str:
        """Return all lines as one string, separated by line feeds."""
        text = np.insert(self.codes, self.offsets[1:-1], LINE_FEED)
        return text.tobytes().decode("utf-32-le")

    def distinct_indices(self) -> NDArray[np.int64]:
        """Return (d,) int64 ascending indices of the first occurrence of each distinct line."""
        return np.flatnonzero(self.first_occurrences() == np.arange(len(self)))

    def first_occurrences(self) -> NDArray[np.int64]:
        """Return (B,) int64: for each line, the index of the first equal line, ignoring labels."""
        first: dict[bytes, int] = {}
        indices = (first.setdefault(line, i) for i, line in enumerate(self.to_bytes()))
        return np.fromiter(indices, np.int64, len(self))

    @cached_property
    def digests(self) -> NDArray[np.uint64]:
        """(B,) uint64 digest of each line; see `line_digests`."""
        return line_digests(self.to_bytes())

    @cached_property
    def folded_digests(self) -> NDArray[np.uint64]:
        """(B,) uint64 digest of each line after case folding; see `fold_case`."""
        if is_folded("".join(map(chr, np.unique(self.codes).tolist()))):
            return self.digests
        # A line feed stays as it is, and neither folding nor NFC joins it with other characters.
        return line_digests(fold_case(self._join()).encode().split(b"\n"))

    @cached_property
    def repeated(self) -> int:
        """Number of lines equal to an earlier line."""
        return len(self) - len(set(self.to_bytes()))

    def summary(self) -> Summary:
        """Return the numbers of lines read, dropped, repeated and kept."""
        weightless = self.read - self.blank - self.rare - len(self)
        return Summary(
            read=self.read,
            blank=self.blank,
            repeated=self.repeated,
            kept=len(self),
            characters=len(self.codes),
            weightless=weightless,
            rare=self.rare,
            line_breaks=self.line_breaks,
        )


def _concatenate_optional(arrays: Iterable[NDArray[T] | None]) -> NDArray[T] | None:
    """Concatenate the arrays that are not None; return None if all are None."""
    present = [array for array in arrays if array is not None]
    return np.concatenate(present) if present else None


def line_digests(encoded: Iterable[bytes]) -> NDArray[np.uint64]:
    """Return the 64-bit BLAKE2b digest of each line; it is the same on every machine.

    Source: Saarinen and Aumasson (2015), RFC 7693.

    Args:
        encoded: lines as NFC UTF-8 bytes.

    Returns:
        (B,) uint64, read big-endian. Two different lines have equal digests with probability 2^-64.

    Example:
        >>> one = line_digests([b"anna"]).tolist()
        >>> line_digests([b"anna", b"anna"]).tolist() == one * 2
        True
    """
    empty, digests = blake2b(digest_size=8), []
    for line in encoded:
        digest = empty.copy()  # faster than a new one
        digest.update(line)
        digests.append(digest.digest())
    return np.frombuffer(b"".join(digests), ">u8").astype(np.uint64)
