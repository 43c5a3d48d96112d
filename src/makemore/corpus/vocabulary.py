"""Vocabulary: id 0 is the boundary, then characters in code point order, then labels."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.cleaning import normalise_name
from makemore.corpus.lines import Lines
from makemore.errors import OptionError

_FIRST_COMBINING = "\u0300"  # the first character that NFC combines with the one before it
BOUNDARY = 0  # id of the start and the end of every line; it stands for no character


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The V ids that a model predicts, and the label ids that may start a line.

    Id 0 is the boundary. Ids 1 to V - 1 are the characters, in ascending code point order. Label j
    has id V + j, which is an input only and is never predicted.

    Attributes:
        characters: the characters in ascending order, without the boundary.
        labels: the label names; empty for a list without labels.

    Example:
        >>> vocabulary = Vocabulary("abc", labels=("F", "M"))
        >>> len(vocabulary), vocabulary.label_id("M")
        (4, 5)
        >>> vocabulary.encode(Lines.from_strings(["cab"]).codes).tolist()
        [3, 1, 2]
    """

    characters: str
    labels: tuple[str, ...] = ()
    _codes: NDArray[np.uint32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Store the code points of the characters, for encoding by binary search."""
        object.__setattr__(self, "_codes", np.array([ord(c) for c in self.characters], np.uint32))

    @classmethod
    def of(cls, lines: Lines) -> Self:
        """Build the vocabulary of all lines of a list."""
        limit = int(lines.codes.max(initial=0)) + 1
        flags = np.zeros(limit, dtype=bool)
        flags[lines.codes] = True
        return cls("".join(map(chr, np.flatnonzero(flags))), lines.label_names)

    def __len__(self) -> int:
        """Return V, the number of ids that a model predicts, including the boundary."""
        return len(self.characters) + 1

    def encode(self, codes: NDArray[np.uint32]) -> NDArray[np.int32]:
        """Convert code points to ids; unknown characters become -1.

        Args:
            codes: (C,) uint32 code points.

        Returns:
            (C,) int32 ids in [1, V), or -1.
        """
        index = np.searchsorted(self._codes, codes)
        index[index == len(self._codes)] = 0
        is_known = self._codes[index] == codes if len(self._codes) else np.zeros(len(codes), bool)
        return np.where(is_known, index + 1, -1).astype(np.int32)

    def ids_of(self, characters: str) -> NDArray[np.int32]:
        """Return the id of each character, or -1."""
        return self.encode(np.array([ord(c) for c in characters], np.uint32))

    def base_ids_of(self, characters: str) -> NDArray[np.int32]:
        """Return the id of the base letter of each character, of e for é, or -1."""
        return self.ids_of("".join(unicodedata.normalize("NFD", c)[0] for c in characters))

    def union(self, other: Self) -> Self:
        """Return the union of two vocabularies."""
        characters = "".join(sorted({*self.characters, *other.characters}))
        return type(self)(characters, tuple(sorted({*self.labels, *other.labels})))

    def ids_in(self, wider: Self) -> NDArray[np.int64]:
        """Return (V + labels,) int64, ascending: the id in a larger vocabulary of each id here."""
        characters = wider.encode(self._codes)
        labels = wider.label_ids(self.labels)
        return np.concatenate([np.zeros(1, np.int64), characters, labels])

    def is_encodable(self, lines: Lines) -> NDArray[np.bool_]:
        """Return (B,) bool: whether each line has only characters and labels of the vocabulary."""
        unknown = np.flatnonzero(self.encode(lines.codes) < 0)
        is_encodable = np.ones(len(lines), dtype=bool)
        is_encodable[np.searchsorted(lines.offsets, unknown, side="right") - 1] = False
        if self.labels and lines.labels is not None:
            is_encodable &= np.isin(lines.label_names, self.labels)[lines.labels]
        return is_encodable

    def decode(self, ids: NDArray[np.int32]) -> NDArray[np.uint32]:
        """Convert ids to (C,) uint32 code points; the boundary becomes a line feed."""
        return np.concatenate([np.array([10], np.uint32), self._codes])[ids]

    def text(self, ids: Sequence[int]) -> str:
        """Return the text of a line, given its ids; boundaries are left out."""
        codes = self.decode(np.array([i for i in ids if i != BOUNDARY], np.int32))
        return codes.tobytes().decode("utf-32-le")

    @property
    def may_compose(self) -> bool:
        """Whether characters may combine with others, so that a sequence of them is not in NFC."""
        return self.characters[-1:] >= _FIRST_COMBINING

    def label_id(self, label: str) -> int:
        """Return the id of a label, which is compared as `normalise_name` returns it.

        Raises:
            OptionError: the vocabulary has no such label.
        """
        cleaned = normalise_name(label)
        if cleaned not in self.labels:
            known = ", ".join(self.labels) or "none, because it was fitted on a list without labels"
            raise OptionError(f"label {label!r} is not one of this model's labels ({known})")
        return len(self) + self.labels.index(cleaned)

    def label_ids(self, labels: Sequence[str]) -> NDArray[np.int32]:
        """Return the (n,) int32 ids of n labels; see `label_id`."""
        id_of = {name: len(self) + index for index, name in enumerate(self.labels)}
        ids = (id_of[name] if name in id_of else self.label_id(name) for name in labels)
        return np.fromiter(ids, np.int32, len(labels))
