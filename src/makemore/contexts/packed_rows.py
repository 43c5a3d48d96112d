"""Rows of small integers, such as windows of ids, packed into 64-bit words that sort like the rows.

One word holds six ids of a vocabulary of 1,000, so a table of windows with their next ids is sorted
like numbers, which is many times faster than column by column.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Ids, Ints, bit_width, first_of_runs, sort_keys, unique_inverse

_WORD_BITS = 64


@dataclass(frozen=True, eq=False)
class PackedRows:
    """A table of n rows of integers, each in a fixed number of bits.

    Attributes:
        words: (n,) uint64 arrays; the first columns are in the first word and in the highest bits.
        widths: number of columns in each word.
        bits: bits of each integer.

    Example:
        >>> rows = PackedRows.pack(np.array([[1, 5], [0, 7], [1, 5]]).T, size=8)
        >>> distinct, inverse = rows.unique()
        >>> [column.tolist() for column in distinct.columns()], inverse.tolist()
        ([[0, 1], [7, 5]], [1, 0, 1])
    """

    words: tuple[NDArray[np.uint64], ...]
    widths: tuple[int, ...]
    bits: int

    @classmethod
    def pack(cls, columns: Iterable[Ints], size: int) -> Self:
        """Pack a table.

        Args:
            columns: the (n,) columns, at least one and at most 255, of integers in [0, size); each
                is used once, so an iterator may compute them lazily.
            size: exclusive upper bound of the integers.
        """
        bits = bit_width(size)
        words: list[NDArray[np.uint64]] = []
        widths: list[int] = []
        for column in columns:
            if not words or (widths[-1] + 1) * bits > _WORD_BITS:
                words.append(column.astype(np.uint64))
                widths.append(1)
            else:
                words[-1] <<= np.uint64(bits)
                words[-1] |= column.astype(np.uint64)
                widths[-1] += 1
        return cls(tuple(words), tuple(widths), bits)

    @classmethod
    def of_word(cls, word: NDArray[np.uint64]) -> Self:
        """Return a table of one column, of integers of 64 bits."""
        return cls((word,), (1,), _WORD_BITS)

    def __len__(self) -> int:
        """Return n, the number of rows."""
        return len(self.words[0])

    def columns(self) -> Iterator[Ids]:
        """Unpack the (n,) int32 columns, one after another."""
        mask = np.uint64((1 << self.bits) - 1)
        for word, width in zip(self.words, self.widths, strict=True):
            for shift in range((width - 1) * self.bits, -1, -self.bits):
                yield (word >> np.uint64(shift) & mask).astype(np.int32)

    def last_column(self) -> Ids:
        """Unpack the (n,) int32 last column."""
        return (self.words[-1] & np.uint64((1 << self.bits) - 1)).astype(np.int32)

    def table(self, width: int) -> Ids:
        """Unpack the (n, width) int32 first columns."""
        table = np.empty((len(self), width), np.int32)
        for number, column in enumerate(islice(self.columns(), width)):
            table[:, number] = column
        return table

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Self:
        """Return some of the rows."""
        return type(self)(tuple(word[rows] for word in self.words), self.widths, self.bits)

    def without_first_column(self) -> Self:
        """Return the same rows without their first integers."""
        width = self.widths[0] - 1
        if not width:
            return type(self)(self.words[1:], self.widths[1:], self.bits)
        first = self.words[0] & np.uint64((1 << width * self.bits) - 1)
        return type(self)((first, *self.words[1:]), (width, *self.widths[1:]), self.bits)

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """Concatenate tables of the same widths and bits; at least one."""
        words = zip(*(part.words for part in parts), strict=True)
        return cls(tuple(map(np.concatenate, words)), parts[0].widths, parts[0].bits)

    def empty(self, count: int) -> Self:
        """Return a table of some rows of any value, with the widths and bits of this one."""
        words = tuple(np.empty(count, np.uint64) for _ in self.words)
        return type(self)(words, self.widths, self.bits)

    def sorted(self) -> Self:
        """Return the rows in lexicographic order; this table may change."""
        if len(self.words) == 1:
            self.words[0].sort()
            return self
        return self.sort()[0]

    def sort(self) -> tuple[Self, NDArray[np.int64]]:
        """Return the rows in lexicographic order, and the (n,) int64 positions they come from.

        Equal rows stay in order. This table may change.
        """
        if len(self.words) == 1:
            ordered, order = sort_keys(self.words[0], self._limit(0), may_change=True)
            return type(self)((ordered,), self.widths, self.bits), order
        order = sort_keys(*self._ranks(), may_change=True)[1]
        return self.take(order), order

    def unique(self) -> tuple[Self, Ids]:
        """Return the distinct rows in lexicographic order, and the (n,) int32 index of each row."""
        if len(self.words) == 1:
            distinct, inverse = unique_inverse(self.words[0], self._limit(0))
            words = (distinct.astype(np.uint64),)
            return type(self)(words, self.widths, self.bits), inverse
        distinct, inverse = unique_inverse(*self._ranks())
        position = np.empty(len(distinct), np.int64)
        position[inverse] = np.arange(len(inverse))
        return self.take(position), inverse

    def shared(self) -> NDArray[np.uint8]:
        """Return (n,) uint8: how many leading integers equal those of the row before.

        It is 0 for the first row.
        """
        shared = np.zeros(len(self), np.uint8)
        is_same = np.ones(max(0, len(self) - 1), bool)
        for word, width in zip(self.words, self.widths, strict=True):
            changed = word[1:] ^ word[:-1]
            for shift in range((width - 1) * self.bits, -1, -self.bits):
                is_same &= changed >> np.uint64(shift) == 0
                shared[1:] += is_same
        return shared

    def is_first(self, length: int | None = None) -> NDArray[np.bool_]:
        """Return (n,) bool: whether a row of a sorted table differs from the row before.

        Args:
            length: number of leading integers to compare; None for all.
        """
        left = sum(self.widths) if length is None else length
        is_first = np.zeros(len(self), bool)
        is_first[:1] = True
        for word, width in zip(self.words, self.widths, strict=True):
            if left > 0:
                shift = np.uint64(max(0, width - left) * self.bits)
                is_first |= first_of_runs(word >> shift if shift else word)
            left -= width
        return is_first

    def _limit(self, word: int) -> int:
        """Return the exclusive upper bound of a word."""
        return 1 << self.widths[word] * self.bits

    def _ranks(self) -> tuple[NDArray[np.int64], int]:
        """Return (n,) int64 keys that sort like the rows, and their exclusive upper bound."""
        distinct, inverse = unique_inverse(self.words[0], self._limit(0))
        key, limit = inverse.astype(np.int64), len(distinct)
        for index in range(1, len(self.words)):
            distinct, inverse = unique_inverse(self.words[index], self._limit(index))
            if index > 1:
                ranks, rank = unique_inverse(key, limit)
                key, limit = rank.astype(np.int64), len(ranks)
            key = key * len(distinct) + inverse
            limit *= len(distinct)
        return key, limit
