"""A list counted block by block: its contexts, characters, digests and sizes, never its lines.

Memory is that of the distinct contexts and 8 bytes for each distinct line, a few times over while
tables are merged. Tables are merged with others of about their size, so that each context is moved
as often as the list doubles, and not once for each block.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Ids, sorted_unique
from makemore.contexts.table import Contexts
from makemore.corpus.cleaning import Summary
from makemore.corpus.lines import Lines
from makemore.corpus.split import Split, parts_by_digest
from makemore.corpus.vocabulary import Vocabulary

# Until all is read, a character's id is its code point, and labels have ids above them in the order
# in which they came: what has been counted need not be counted again when new ones come.
_CODES, _LABELS = 0x110000, 2**20


class BlockCounter:
    """What is counted of a list: in the end what is counted of it at once.

    Where weights are fractions, sums may differ in their last digit.

    Attributes:
        window: characters looked back.
        sizes: lines of each part: train, dev, test.
        weight: how many lines there are, weights counted.
        longest: characters of the longest line.

    Example:
        >>> counter = BlockCounter(window=1)
        >>> for block in (["anna", "ben"], ["anna"]):
        ...     counter.add(Lines.from_strings(block))
        >>> str(counter.summary()), len(counter.digests())
        ('3 lines read, 0 blank, 1 repeated, 3 kept, 11 characters', 2)
    """

    def __init__(self, window: int, dev: float = 0.1, test: float = 0.0) -> None:
        """Counts nothing yet; the shares are those of `makemore.corpus.split`."""
        self.window, self._shares = window, (dev, test)
        self.sizes = dict.fromkeys(Split._fields, 0)
        self.weight, self.longest = 0.0, 0
        self._tables: dict[str, list[Contexts]] = {part: [] for part in Split._fields}
        self._digests: list[NDArray[np.uint64]] = []
        self._is_character = np.zeros(_CODES, bool)
        self._label_weights: dict[str, float] = {}
        self._read = Summary(0, 0, 0, 0, 0)
        self._first: Lines | None = None  # the first line, which the others must be like

    def add(self, lines: Lines) -> None:
        """Counts a block."""
        read = Summary(lines.read, lines.blank, 0, len(lines), len(lines.codes))
        weightless = lines.read - lines.blank - lines.rare - len(lines)
        self._read += replace(read, weightless=weightless, rare=lines.rare)
        if not len(lines):
            return
        self._first = lines.select(np.arange(1)) if self._first is None else self._first
        lines.check_like(self._first)
        self.weight += float(lines.counts().sum())
        self.longest = max(self.longest, int(lines.lengths().max()))
        self._is_character[lines.codes] = True
        self._note_labels(lines)
        _push(self._digests, sorted_unique(lines.digests), _both)
        vocabulary = Vocabulary.of(lines)
        labels = _LABELS if vocabulary.labels else 0
        c = Contexts.of(lines, vocabulary, self.window)
        c = with_ids(c, self._ids(vocabulary), _CODES, labels)
        for part, which in parts_by_digest(lines, *self._shares)._asdict().items():
            self.sizes[part] += len(which)
            if len(which):
                _push(self._tables[part], c.lines(which).without_lines(), Contexts.merge)

    def __len__(self) -> int:
        """How many lines were counted."""
        return sum(self.sizes.values())

    def vocabulary(self) -> Vocabulary:
        """The characters and labels so far."""
        characters = "".join(map(chr, np.flatnonzero(self._is_character)))
        return Vocabulary(characters, tuple(sorted(self._label_weights)))

    def label_weights(self) -> NDArray[np.float64]:
        """(labels,) float64, how often each label stands, weights counted."""
        return np.array([weight for _, weight in sorted(self._label_weights.items())])

    def digests(self) -> NDArray[np.uint64]:
        """(d,) uint64, ascending: the digests of the distinct lines."""
        found = _all(self._digests, _both)
        return np.zeros(0, np.uint64) if found is None else found

    def summary(self) -> Summary:
        """What cleaning did."""
        return replace(self._read, repeated=self._read.kept - len(self.digests()))

    def take(self, vocabulary: Vocabulary) -> dict[str, Contexts]:
        """Give away what was counted of each part that has lines.

        Args:
            vocabulary: what `vocabulary` returns once all is counted.
        """
        size, labels = len(vocabulary), len(vocabulary.labels)
        ids = np.zeros(_CODES + labels, np.int32)
        ids[[ord(character) for character in vocabulary.characters]] = np.arange(1, size)
        ids[_CODES:] = vocabulary.label_ids(list(self._label_weights))
        taken = {}
        for part in self.sizes:
            found = _all(self._tables.pop(part), Contexts.merge)
            if found is not None:
                found = with_ids(found, ids, size, labels)
                taken[part] = found.windows(self.window) if labels else found  # sorted by label
        return taken

    def _note_labels(self, lines: Lines) -> None:
        """Adds up how often each label stands; one that is new has the next id."""
        if lines.labels is None:
            return
        weights = np.bincount(lines.labels, lines.weights, len(lines.label_names))
        for name, weight in zip(lines.label_names, weights.tolist(), strict=True):
            self._label_weights[name] = self._label_weights.get(name, 0.0) + weight

    def _ids(self, vocabulary: Vocabulary) -> Ids:
        """The ids, while the list is read, of a block's boundary, characters and labels."""
        place = {name: _CODES + number for number, name in enumerate(self._label_weights)}
        codes = map(ord, vocabulary.characters)
        labels = (place[name] for name in vocabulary.labels)
        return np.array([0, *codes, *labels], np.int32)


def with_ids(c: Contexts, ids: Ids, size: int, labels: int) -> Contexts:
    """Return windows in other ids: old id i becomes `ids[i]`.

    Args:
        c: windows; their rows stay sorted if the ids of characters ascend, and those of labels.
        ids: (old V + labels,) int32.
        size: V among the new ones.
        labels: how many labels there are then.
    """
    assert c.back is not None, "whole prefixes are not renamed"
    back = ids[c.back]
    return replace(
        c,
        vocabulary_size=size,
        label_count=labels,
        last=back[:, -1],
        back=back,
        next=ids[c.next],
    )


Table = TypeVar("Table", Contexts, NDArray[np.uint64])


def _push(stack: list[Table], new: Table, join: Callable[[Table, Table], Table]) -> None:
    """Puts a table on a stack, and joins the last two as long as they are of about one size."""
    stack.append(new)
    while len(stack) > 1 and _size(stack[-2]) <= 2 * _size(stack[-1]):
        last = stack.pop()
        stack.append(join(stack.pop(), last))


def _all(stack: list[Table], join: Callable[[Table, Table], Table]) -> Table | None:
    """Joins all of a stack, which then has one table; None if it has none."""
    while len(stack) > 1:
        last = stack.pop()
        stack.append(join(stack.pop(), last))
    return stack[0] if stack else None


def _size(table: Contexts | NDArray[np.uint64]) -> int:
    """How much there is to move."""
    return len(table.row) if isinstance(table, Contexts) else len(table)


def _both(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The digests of two lists."""
    return sorted_unique(np.concatenate([one, other]))
