"""Canaries: random lines added to a list, to measure how much a model memorises of one line.

Source: Carlini, Liu, Erlingsson, Kos and Song (2019), "The Secret Sharer: evaluating and testing
unintended memorization in neural networks", USENIX Security, arXiv 1802.08232. There the random
part is embedded in a fixed sentence; here the whole line is random.
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

_LEAST_BITS, _SPARE_BITS = 24, 8  # minimum; margin over log2(lines), to avoid lines of the list
_MOST_BITS = 256  # longer lines show nothing more, and their probabilities underflow float64
_ROUNDS = 100  # rounds of rejection sampling; lines that are not NFC are rejected


@dataclass(frozen=True)
class Canaries:
    """Random lines of one length, with characters drawn uniformly, and their sample space.

    Attributes:
        characters: the characters they are drawn from: those of the list, without spaces.
        length: length of each canary, in characters.
        weight: weight of each canary: the median weight of the lines of the list.
        lines: the canaries, all distinct and none of them in the list.
        labels: the label of each canary, copied from a random line of the list; empty if the list
            has no labels.
    """

    characters: str
    length: int
    weight: float
    lines: tuple[str, ...]
    labels: tuple[str, ...]

    @classmethod
    def of(cls, lines: Lines, count: int, seed: int | Sequence[int]) -> Self:
        """Draw canaries for a list.

        They are as long as the median line of the list, but at most 256 bits. They have at least 24
        bits, and at least log2(B) + 8 bits, because shorter lines could be guessed.

        Args:
            lines: the list, of at least one line.
            count: number of canaries.
            seed: seed; canaries are reproducible for the same list and seed.

        Raises:
            DataError: the list has fewer than two distinct characters other than spaces, or NFC
                changes nearly all random lines.
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
        """Size of the sample space, in bits: log2 of the number of its lines."""
        return self.length * math.log2(len(self.characters))

    def drawn(self, n: int, rng: np.random.Generator) -> list[str]:
        """Draw n lines uniformly from the sample space, by rejection sampling for NFC.

        Raises:
            DataError: 100 rounds give too few lines, because NFC changes nearly all of them.
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
        """Return whether a line is in the sample space."""
        return len(line) == self.length and set(line) <= set(self.characters)

    def behind(self, lines: Lines) -> Lines:
        """Return lines with the canaries appended.

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
