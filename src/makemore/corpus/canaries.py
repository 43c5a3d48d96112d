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

_MIN_BITS, _MARGIN_BITS = 24, 8  # minimum; margin over log2(lines), to avoid lines of the list
_MAX_BITS = 256  # longer lines show nothing more, and their probabilities underflow float64
_MAX_ROUNDS = 100  # rounds of rejection sampling; lines that are not NFC are rejected


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
                "canaries are random lines of the list's characters, so the list needs at least "
                "two distinct characters other than spaces: set canaries to 0"
            )
        min_bits = max(_MIN_BITS, math.log2(len(lines)) + _MARGIN_BITS)
        bits_per_character = math.log2(len(characters))
        typical_length = min(
            math.ceil(np.median(lines.lengths())), int(_MAX_BITS / bits_per_character)
        )
        length = max(typical_length, math.ceil(min_bits / bits_per_character))
        sample_space = cls(characters, length, float(np.median(lines.counts())), (), ())
        rng = np.random.default_rng(seed)
        strings: dict[str, None] = {}
        while len(strings) < count:
            candidates = Lines.from_strings(sample_space.draw(count, rng))
            is_new = ~np.isin(candidates.digests, lines.digests)
            strings |= dict.fromkeys(candidates.select(np.flatnonzero(is_new)).to_list())
        labels: list[str] = []
        if lines.labels is not None:
            labels = lines.select(rng.integers(len(lines), size=count)).label_list()
        return replace(sample_space, lines=tuple(strings)[:count], labels=tuple(labels))

    @property
    def bits(self) -> float:
        """Size of the sample space, in bits: log2 of the number of its lines."""
        return self.length * math.log2(len(self.characters))

    def draw(self, n: int, rng: np.random.Generator) -> list[str]:
        """Draw n lines uniformly from the sample space, by rejection sampling for NFC.

        Raises:
            DataError: 100 rounds give too few lines, because NFC changes nearly all of them.
        """
        codes = np.array([ord(c) for c in self.characters] + [ord("\n")], np.uint32)
        strings: list[str] = []
        for _ in range(_MAX_ROUNDS):
            indices = np.full((n, self.length + 1), len(self.characters))
            indices[:, :-1] = rng.integers(len(self.characters), size=(n, self.length))
            text = codes[indices].tobytes().decode("utf-32-le")
            lines = text.split("\n")[:-1]
            if not unicodedata.is_normalized("NFC", text):
                lines = [line for line in lines if unicodedata.is_normalized("NFC", line)]
            strings += lines
            if len(strings) >= n:
                return strings[:n]
        raise DataError(
            "canaries are random lines of the list's characters, but NFC changes nearly all such "
            "lines: set canaries to 0"
        )

    def is_in_sample_space(self, line: str) -> bool:
        """Return whether a line is in the sample space."""
        return len(line) == self.length and set(line) <= set(self.characters)

    def append_to(self, lines: Lines) -> Lines:
        """Return lines with the canaries appended.

        Args:
            lines: lines that were selected from a list, with labels if the canaries have them.
        """
        canaries = Lines.from_strings(self.lines)
        labels, weights = lines.labels, lines.weights
        if labels is not None:
            label_index = {name: i for i, name in enumerate(lines.label_names)}
            labels = np.append(
                labels, np.array([label_index[name] for name in self.labels], np.int32)
            )
        if weights is not None:
            weights = np.append(weights, np.full(len(canaries), self.weight))
        return replace(
            lines,
            codes=np.append(lines.codes, canaries.codes),
            offsets=np.append(lines.offsets, lines.offsets[-1] + canaries.offsets[1:]),
            labels=labels,
            weights=weights,
        )
