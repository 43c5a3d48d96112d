"""Lines that a model makes: how surprising their characters are, and what all are like."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.lines import Lines
from makemore.corpus.visible import shown
from makemore.corpus.vocabulary import Vocabulary
from makemore.estimator import MakeMore
from makemore.evaluation import Variety
from makemore.scoring import surprise

DRAWN, _SHOWN = 2000, 24  # lines to measure, and to show

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Piece:
    """A character of a line.

    Attributes:
        text: the character, so that it can be seen.
        level: of its surprise; see `makemore.scoring.surprise`.
        probability: how probable it was there, in words.
    """

    text: str
    level: int
    probability: str


@dataclass(frozen=True)
class Spelled:
    """A line, character by character; its end is the last.

    Attributes:
        pieces: the characters.
        nats: the line's log-likelihood.
    """

    pieces: list[Piece]
    nats: float


@dataclass(frozen=True, eq=False)
class Made:
    """Lines made.

    Attributes:
        shown: some of them.
        variety: what all of them are like.
        lines: all of them.
    """

    shown: list[Spelled]
    variety: Variety
    lines: Lines


def make(maker: MakeMore, seed: int = 0) -> Made:
    """Draws two thousand lines, and scores the first of them."""
    lines = maker.sample(DRAWN, seed=seed)
    first = lines[:_SHOWN]
    scores = maker.score_characters(first)
    spelled = [_spelled(line, nats.tolist()) for line, nats in zip(first, scores, strict=True)]
    return Made(spelled, maker.variety(lines), Lines.from_strings(lines))


def _spelled(line: str, nats: Sequence[float]) -> Spelled:
    """A line with its surprises."""
    pieces = [
        Piece(text, surprise(each), f"{np.exp(each):.3g}")
        for text, each in zip([*map(shown, line), "·"], nats, strict=True)
    ]
    return Spelled(pieces, sum(nats))


def length_shares(lines: Lines) -> Floats:
    """(longest + 1,) the share of lines with 0, 1 and so on characters, weights counted."""
    weights = lines.counts()
    shares: Floats = np.bincount(lines.lengths(), weights) / weights.sum()
    return shares


def character_shares(lines: Lines, vocabulary: Vocabulary) -> Floats:
    """(V,) how often each character stands, as a share; 0 for the boundary."""
    ids = vocabulary.encode(lines.codes)
    weights = np.repeat(lines.counts(), lines.lengths())
    found = np.bincount(ids[ids > 0], weights[ids > 0], minlength=len(vocabulary))
    shares: Floats = found / max(found.sum(), 1e-12)
    return shares
