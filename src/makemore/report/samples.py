"""Sampled lines, with the surprise of each character, and statistics of the samples."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from makemore.arrays import Float64s
from makemore.corpus.control_characters import shown, space_in
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.estimator.makemore import MakeMore
from makemore.evaluation.metrics import Variety
from makemore.evaluation.scoring import surprise

_DRAWN, _SHOWN = 2000, 24  # lines to measure, and to show
_FEWEST, _CHARACTERS = 200, 2**17  # of long lines fewer are drawn: so many characters at most


@dataclass(frozen=True)
class ScoredCharacter:
    """A character of a line.

    Attributes:
        text: the character, so that it can be seen.
        level: of its surprise; see `makemore.evaluation.scoring.surprise`.
        probability: how probable it was there, in words.
    """

    text: str
    level: int
    probability: str


@dataclass(frozen=True)
class ScoredLine:
    """A line, character by character; its end is the last.

    Attributes:
        characters: the characters.
        nats: the line's log-likelihood.
    """

    characters: list[ScoredCharacter]
    nats: float


@dataclass(frozen=True, eq=False)
class Samples:
    """Sampled lines.

    Attributes:
        shown: the first of them, scored.
        variety: statistics of all of them.
        lines: all of them.
        space: the character that stands for a space; None if lines have no space.
    """

    shown: list[ScoredLine]
    variety: Variety
    lines: Lines
    space: str | None


def draw_samples(maker: MakeMore, seed: int = 0) -> Samples:
    """Draw 2,000 lines, fewer if lines are long, and score the first of them."""
    first = maker.sample(_SHOWN, seed=seed)  # the head of all
    most = _CHARACTERS // max(1, maker.learned_.longest)
    lines = maker.sample(max(_FEWEST, min(_DRAWN, most)), seed=seed)
    scores = maker.score_characters(first)
    space = space_in(maker.learned_.vocabulary)
    scored = [_scored(line, nats.tolist(), space) for line, nats in zip(first, scores, strict=True)]
    return Samples(scored, maker.variety(lines), Lines.from_strings(lines), space)


def _scored(line: str, nats: Sequence[float], space: str | None) -> ScoredLine:
    """Return a line with the surprise of each character."""
    texts = [space if c == " " and space else shown(c) for c in line]
    characters = [
        ScoredCharacter(text, surprise(each), f"{np.exp(each):.3g}")
        for text, each in zip([*texts, "·"], nats, strict=True)
    ]
    return ScoredLine(characters, sum(nats))


def length_shares(lines: Lines) -> Float64s:
    """(longest + 1,) the share of lines with 0, 1 and so on characters, weights counted."""
    weights = lines.counts()
    shares: Float64s = np.bincount(lines.lengths(), weights) / weights.sum()
    return shares


def character_shares(lines: Lines, vocabulary: Vocabulary) -> Float64s:
    """(V,) how often each character stands, as a share; 0 for the boundary."""
    ids = vocabulary.encode(lines.codes)
    weights = np.repeat(lines.counts(), lines.lengths())
    found = np.bincount(ids[ids > 0], weights[ids > 0], minlength=len(vocabulary))
    shares: Float64s = found / max(found.sum(), 1e-12)
    return shares
