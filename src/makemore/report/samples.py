"""Sampled lines, with the surprise of each character, and statistics of the samples."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from makemore.arrays import Float64s
from makemore.corpus.control_characters import display_character, space_symbol
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.estimator.makemore import MakeMore
from makemore.evaluation.metrics import Variety
from makemore.evaluation.scoring import surprise

_SAMPLE_COUNT, _SHOWN_COUNT = 2000, 24  # lines for the statistics, and lines to show
# If lines are long fewer are drawn: at most about 2**17 characters, but at least 200 lines.
_MIN_SAMPLE_COUNT, _MAX_CHARACTERS = 200, 2**17


@dataclass(frozen=True)
class ScoredCharacter:
    """Character of a line, with its surprise.

    Attributes:
        text: the character in visible form.
        level: its level of surprise; see `makemore.evaluation.scoring.surprise`.
        probability: its probability given the characters before it, as text.
    """

    text: str
    level: int
    probability: str


@dataclass(frozen=True)
class ScoredLine:
    """Line with the surprise of each character.

    Attributes:
        characters: the characters, followed by the end of the line.
        nats: log-likelihood of the line, in nats.
    """

    characters: list[ScoredCharacter]
    nats: float


@dataclass(frozen=True, eq=False)
class Samples:
    """Sampled lines.

    Attributes:
        shown: the first samples, with scores.
        variety: statistics of all samples.
        lines: all samples.
        space: the character that represents a space; None if lines have no space.
    """

    shown: list[ScoredLine]
    variety: Variety
    lines: Lines
    space: str | None


def draw_samples(maker: MakeMore, seed: int = 0) -> Samples:
    """Sample 2,000 lines, fewer if lines are long, and score the first 24."""
    first = maker.sample(_SHOWN_COUNT, seed=seed)  # the first lines of the larger sample below
    limit = _MAX_CHARACTERS // max(1, maker.learned_.longest)
    lines = maker.sample(max(_MIN_SAMPLE_COUNT, min(_SAMPLE_COUNT, limit)), seed=seed)
    scores = maker.score_characters(first)
    space = space_symbol(maker.learned_.vocabulary)
    scored = [_scored(line, nats.tolist(), space) for line, nats in zip(first, scores, strict=True)]
    return Samples(scored, maker.variety(lines), Lines.from_strings(lines), space)


def _scored(line: str, nats: Sequence[float], space: str | None) -> ScoredLine:
    """Return a line with the surprise of each character."""
    texts = [space if c == " " and space else display_character(c) for c in line]
    characters = [
        ScoredCharacter(text, surprise(each), f"{np.exp(each):.3g}")
        for text, each in zip([*texts, "·"], nats, strict=True)
    ]
    return ScoredLine(characters, sum(nats))


def length_shares(lines: Lines) -> Float64s:
    """Return the weighted shares of lines with 0, 1 and so on characters, (longest + 1,)."""
    weights = lines.counts()
    shares: Float64s = np.bincount(lines.lengths(), weights) / weights.sum()
    return shares


def character_shares(lines: Lines, vocabulary: Vocabulary) -> Float64s:
    """Return the weighted frequency of each character, (V,); 0 for the boundary."""
    ids = vocabulary.encode(lines.codes)
    weights = np.repeat(lines.counts(), lines.lengths())
    counts = np.bincount(ids[ids > 0], weights[ids > 0], minlength=len(vocabulary))
    shares: Float64s = counts / max(counts.sum(), 1e-12)
    return shares
