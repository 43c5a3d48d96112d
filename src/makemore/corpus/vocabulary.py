"""Characters as ids: the boundary is 0, characters follow in code point order, labels come last."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.lines import Lines
from makemore.errors import OptionError

BOUNDARY = 0  # the start and the end of every line: an id, never a character


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The V ids a model predicts, and the label ids that may stand at the start of a line.

    Id 0 is the boundary, ids 1 to V - 1 are characters in ascending code point order, and the label
    with index j has the id V + j, which is read but never predicted.

    Attributes:
        characters: the characters, ascending, without the boundary.
        labels: the names of the labels, empty for a list without labels.

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
        """Keeps the code points beside the characters, for encoding by search."""
        object.__setattr__(self, "_codes", np.array([ord(c) for c in self.characters], np.uint32))

    @classmethod
    def of(cls, lines: Lines) -> Self:
        """Collects the vocabulary of a list, every line of it."""
        limit = int(lines.codes.max(initial=0)) + 1
        flags = np.zeros(limit, dtype=bool)
        flags[lines.codes] = True
        return cls("".join(map(chr, np.flatnonzero(flags))), lines.label_names)

    def __len__(self) -> int:
        """V: how many ids a model predicts, the boundary included."""
        return len(self.characters) + 1

    def encode(self, codes: NDArray[np.uint32]) -> NDArray[np.int32]:
        """Turns code points into ids; -1 marks a character that the vocabulary lacks.

        Args:
            codes: (C,) uint32 code points.

        Returns:
            (C,) int32 ids in [1, V), or -1.
        """
        place = np.searchsorted(self._codes, codes)
        place[place == len(self._codes)] = 0
        is_known = self._codes[place] == codes if len(self._codes) else np.zeros(len(codes), bool)
        return np.where(is_known, place + 1, -1).astype(np.int32)

    def joined(self, other: Self) -> Self:
        """The vocabulary of the characters and labels of both."""
        characters = "".join(sorted({*self.characters, *other.characters}))
        return type(self)(characters, tuple(sorted({*self.labels, *other.labels})))

    def places_in(self, wider: Self) -> NDArray[np.int64]:
        """(V + labels,) int64, ascending: the id in a wider vocabulary of each id here."""
        characters = wider.encode(self._codes)
        labels = wider.label_ids(self.labels)
        return np.concatenate([np.zeros(1, np.int64), characters, labels])

    def knows(self, lines: Lines) -> NDArray[np.bool_]:
        """(B,) bool: whether every character of each line, and its label, is in the vocabulary."""
        unknown = np.flatnonzero(self.encode(lines.codes) < 0)
        known = np.ones(len(lines), dtype=bool)
        known[np.searchsorted(lines.offsets, unknown, side="right") - 1] = False
        if self.labels and lines.labels is not None:
            known &= np.isin(lines.label_names, self.labels)[lines.labels]
        return known

    def decode(self, ids: NDArray[np.int32]) -> NDArray[np.uint32]:
        """Turns ids of characters back into code points; the boundary becomes a line feed."""
        return np.concatenate([np.array([10], np.uint32), self._codes])[ids]

    def text(self, ids: Sequence[int]) -> str:
        """The characters of a line, its end left out."""
        codes = self.decode(np.array([i for i in ids if i != BOUNDARY], np.int32))
        return codes.tobytes().decode("utf-32-le")

    def label_id(self, label: str) -> int:
        """Gives the id of a label.

        Raises:
            OptionError: the label is not one of the vocabulary's.
        """
        if label not in self.labels:
            known = ", ".join(self.labels) or "none: it was fitted on a list without labels"
            raise OptionError(f"label {label!r} is not one of this model's labels ({known})")
        return len(self) + self.labels.index(label)

    def label_ids(self, labels: Sequence[str]) -> NDArray[np.int32]:
        """Gives the ids of many labels; see `label_id`."""
        known = {name: len(self) + place for place, name in enumerate(self.labels)}
        found = (known[name] if name in known else self.label_id(name) for name in labels)
        return np.fromiter(found, np.int32, len(labels))
