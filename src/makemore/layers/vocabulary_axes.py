"""Vocabulary axes: tensor axes with an entry for each id, and their resizing."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import AnyArray


class Entries(Enum):
    """The ids that an axis has entries for."""

    CHARACTERS = auto()  # V: the boundary and the characters
    LABELS = auto()
    IDS = auto()  # V + labels: the characters, then the labels


class VocabularyAxis(NamedTuple):
    """An axis of a tensor that has an entry for each id, once or in several blocks.

    Attributes:
        axis: the index of the axis.
        entries: the ids that it has entries for.
        blocks: number of consecutive copies of these entries along the axis, as for several
            one-hot vectors side by side.
    """

    axis: int
    entries: Entries
    blocks: int = 1


VocabularyAxes = Mapping[str, tuple[VocabularyAxis, ...]]  # by the tensor's name in state_dict

EMBEDDING = (VocabularyAxis(0, Entries.IDS),)  # (V + labels, ...): a row for each id
LOGIT_WEIGHTS = (VocabularyAxis(1, Entries.CHARACTERS),)  # (..., V)
LOGIT_BIAS = (VocabularyAxis(0, Entries.CHARACTERS),)  # (V,)


class VocabularyChange(NamedTuple):
    """A change from a vocabulary to a larger one that has all its characters and labels.

    Attributes:
        ids: (old V + old labels,) int64, ascending, the new id of each old one.
        characters: the new V.
        labels: the new number of labels.
    """

    ids: NDArray[np.int64]
    characters: int
    labels: int

    def indices_of(self, entries: Entries) -> tuple[NDArray[np.int64], int]:
        """Return the new index of each old entry along an axis, and the new number of entries."""
        old_characters = int(np.searchsorted(self.ids, self.characters))
        if entries is Entries.CHARACTERS:
            return self.ids[:old_characters], self.characters
        if entries is Entries.LABELS:
            return self.ids[old_characters:] - self.characters, self.labels
        return self.ids, self.characters + self.labels


def resize(value: AnyArray, axes: tuple[VocabularyAxis, ...], change: VocabularyChange) -> AnyArray:
    """Resize the vocabulary axes of a tensor; new entries get the mean of the old ones.

    Args:
        value: a tensor over the old vocabulary, of floats.
        axes: its vocabulary axes; without axes the tensor does not change.
        change: the change from the old vocabulary to the new one.

    Returns:
        A contiguous array of the same dtype. Along each axis, in each block, old entries are at
        their new indices; each new entry is the mean of the old ones.

    Example:
        >>> value = np.array([[1.0, 2.0], [3.0, 6.0]])  # a row for each of two characters
        >>> change = VocabularyChange(np.array([0, 2]), characters=3, labels=0)
        >>> resize(value, (VocabularyAxis(0, Entries.CHARACTERS),), change).tolist()
        [[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]
    """
    for axis, entries, blocks in axes:
        indices, count = change.indices_of(entries)
        if len(indices) == count:
            continue  # ids are ascending, so no index changes
        length = value.shape[axis]
        assert length == blocks * len(indices), f"{length} is not {blocks} times {len(indices)}"
        front = np.moveaxis(value, axis, 0)
        old = front.reshape(blocks, len(indices), -1)
        new = np.repeat(old.mean(axis=1, keepdims=True), count, axis=1)
        new[:, indices] = old
        value = np.moveaxis(new.reshape(blocks * count, *front.shape[1:]), 0, axis)
    return np.ascontiguousarray(value)
