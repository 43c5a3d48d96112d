"""Canaries: random lines, planted among those of a list to see how much a model remembers of one.

Source: Carlini, Liu, Erlingsson, Kos and Song (2019), "The Secret Sharer: evaluating and testing
unintended memorization in neural networks", USENIX Security, arXiv 1802.08232. There the random
part stands in a sentence that is the same for all; here the whole line is random.
"""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import DataError

_LEAST_BITS, _SPARE_BITS = 24, 8  # of a random line, and more than the list has: not in the list
_MOST_BITS = 256  # a longer line shows no more, and its chances would be too small for a float64
_ROUNDS = 100  # in which lines are drawn, as some may not be normal


@dataclass(frozen=True)
class Canaries:
    """Random lines of one length, each character drawn uniformly, and the space they are from.

    Attributes:
        characters: what they are drawn from: those of the list, spaces left out.
        length: characters of each.
        weight: how many lines each stood for: as many as the median line of the list.
        lines: the canaries, no two the same and none of them in the list.
        labels: the label of each: that of a line drawn from the list; empty without labels.
    """

    characters: str
    length: int
    weight: float
    lines: tuple[str, ...]
    labels: tuple[str, ...]

    @classmethod
    def of(cls, lines: Lines, count: int, seed: int | Sequence[int]) -> Self:
        """Draws canaries for a list.

        They are as long as its median line; longer where so short a line could be guessed, and
        never above 256 bits.

        Args:
            lines: the list, at least one line.
            count: how many.
            seed: the same seed gives the same canaries for the same list.

        Raises:
            DataError: the list's characters make no random lines.
        """
        characters = "".join(c for c in Vocabulary.of(lines).characters if not c.isspace())
        if len(characters) < 2:
            raise DataError(
                "canaries are random lines of the list's characters, and it has but one: ask for "
                "none"
            )
        least = max(_LEAST_BITS, math.log2(len(lines)) + _SPARE_BITS)
        each = math.log2(len(characters))
        usual = min(math.ceil(np.median(lines.lengths())), int(_MOST_BITS / each))
        length = max(usual, math.ceil(least / each))
        space = cls(characters, length, float(np.median(lines.counts())), (), ())
        rng = np.random.default_rng(seed)
        found: dict[str, None] = {}
        while len(found) < count:
            drawn = Lines.from_strings(space.drawn(count, rng))
            is_new = ~np.isin(drawn.digests, lines.digests)
            found |= dict.fromkeys(drawn.select(np.flatnonzero(is_new)).to_list())
        labels: list[str] = []
        if lines.labels is not None:
            labels = lines.select(rng.integers(len(lines), size=count)).labels_of()
        return replace(space, lines=tuple(found)[:count], labels=tuple(labels))

    @property
    def bits(self) -> float:
        """The logarithm to base 2 of how many lines the space has."""
        return self.length * math.log2(len(self.characters))

    def drawn(self, n: int, rng: np.random.Generator) -> list[str]:
        """Draws n lines of the space, uniformly; those that NFC would change are drawn again.

        Raises:
            DataError: NFC changes nearly all of them.
        """
        codes = np.array([ord(c) for c in self.characters] + [ord("\n")], np.uint32)
        found: list[str] = []
        for _ in range(_ROUNDS):
            place = np.full((n, self.length + 1), len(self.characters))
            place[:, :-1] = rng.integers(len(self.characters), size=(n, self.length))
            text = codes[place].tobytes().decode("utf-32-le")
            lines = text.split("\n")[:-1]
            if not unicodedata.is_normalized("NFC", text):
                lines = [line for line in lines if unicodedata.is_normalized("NFC", line)]
            found += lines
            if len(found) >= n:
                return found[:n]
        raise DataError(
            "canaries are random lines of the list's characters, and these can hardly follow each "
            "other in any order: ask for none"
        )

    def has(self, line: str) -> bool:
        """Whether a line is of the space."""
        return len(line) == self.length and set(line) <= set(self.characters)

    def behind(self, lines: Lines) -> Lines:
        """Gives lines with the canaries behind them.

        Args:
            lines: lines that were selected from a list, with labels if the canaries have them.
        """
        mine = Lines.from_strings(self.lines)
        labels, weights = lines.labels, lines.weights
        if labels is not None:
            index = {name: i for i, name in enumerate(lines.label_names)}
            labels = np.append(labels, np.array([index[name] for name in self.labels], np.int32))
        if weights is not None:
            weights = np.append(weights, np.full(len(mine), self.weight))
        return replace(
            lines,
            codes=np.append(lines.codes, mine.codes),
            offsets=np.append(lines.offsets, lines.offsets[-1] + mine.offsets[1:]),
            labels=labels,
            weights=weights,
        )
