"""How near the lines a model makes are to those it learned, beside lines it never saw.

A line that was never learned is about as far from its nearest learned line as chance has it. Lines
that a model makes, and that are not learned lines themselves, should be as far: if they are nearer,
the model repeats what it learned with small changes.

The distance is that of Levenshtein (1966), "Binary codes capable of correcting deletions,
insertions, and reversals", Soviet Physics Doklady 10: the fewest characters inserted, dropped or
replaced that turn one line into the other.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import evenly
from makemore.errors import DataError
from makemore.evaluation.metrics import Z_95

_LINES = 1000  # of each kind, evenly apart, whose nearest line is sought
_LEARNED = 100_000  # lines among which it is sought, at most
_WORK = 4e9  # characters compared with 64 others at once, at most, for each kind
_ROWS = 64  # lines compared at once


@dataclass(frozen=True)
class Distances:
    """How far some lines are from their nearest learned line.

    Attributes:
        lines: how many.
        shares: the shares of them at a distance of 0, 1, 2 and more.
        mean: the mean distance of those that are no learned line themselves, characters; NaN if
            there are none.
    """

    lines: int
    shares: tuple[float, float, float, float]
    mean: float


@dataclass(frozen=True)
class Nearest:
    """Lines made by a model beside lines that it never learned.

    Attributes:
        learned: among how many distinct learned lines the nearest one was sought; whether a line is
            one of them was asked of all.
        of: how many distinct learned lines there were.
        made: of lines that the model made.
        unseen: of lines that it never learned.
        difference: the mean distance of the lines made less that of the others, characters; learned
            lines left out.
        low: lower end of its 95 per cent interval, by the normal distribution.
        high: upper end.
    """

    learned: int
    of: int
    made: Distances
    unseen: Distances
    difference: float
    low: float
    high: float


def nearest(
    made: Sequence[str],
    unseen: Sequence[str],
    learned: Sequence[str],
    copied: Iterable[str] = (),
) -> Nearest:
    """Measures how near lines are to learned ones; of many lines, some, evenly apart.

    Args:
        made: lines that a model made.
        unseen: lines that it never learned.
        learned: lines that it learned, all or some.
        copied: lines made that it learned, be they among those or not.

    Raises:
        DataError: there are none of one kind.

    Example:
        >>> found = nearest(["anna", "anne"], ["otto"], ["anna", "ben", "ott"])
        >>> found.made.shares, found.made.mean, found.unseen.mean
        ((0.5, 0.5, 0.0, 0.0), 1.0, 1.0)
    """
    if not (made and unseen and learned):
        raise DataError("distances need lines made, lines never learned and learned lines")
    distinct = sorted(set(learned))
    kinds = [[lines[i] for i in evenly(len(lines), _LINES)] for lines in (made, unseen)]
    among = [distinct[i] for i in evenly(len(distinct), _affordable(kinds, distinct))]
    known = {*distinct, *copied}
    found = [
        np.where([line in known for line in lines], 0, distances(lines, among)) for lines in kinds
    ]
    mine, others = (each[each > 0] for each in found)
    error = Z_95 * math.sqrt(_variance_of_mean(mine) + _variance_of_mean(others))
    difference = _mean(mine) - _mean(others)
    return Nearest(
        learned=len(among),
        of=len(distinct),
        made=Distances(len(found[0]), _shares(found[0]), _mean(mine)),
        unseen=Distances(len(found[1]), _shares(found[1]), _mean(others)),
        difference=difference,
        low=difference - error,
        high=difference + error,
    )


def distances(lines: Sequence[str], among: Sequence[str]) -> NDArray[np.int64]:
    """(B,) int64, how far each line is from the nearest of some others, characters."""
    from rapidfuzz.distance import Levenshtein  # here: few ask for it
    from rapidfuzz.process import cdist

    def to(some: Sequence[str]) -> NDArray[np.int64]:
        found = cdist(some, among, scorer=Levenshtein.distance, dtype=np.int32)
        nearby: NDArray[np.int64] = found.min(axis=1).astype(np.int64)
        return nearby

    return np.concatenate([to(lines[i : i + _ROWS]) for i in range(0, len(lines), _ROWS)])


def _affordable(kinds: Sequence[Sequence[str]], learned: Sequence[str]) -> int:
    """Among how many learned lines the nearest ones can be sought."""
    characters = max(sum(map(len, lines)) for lines in kinds)
    words = math.ceil(sum(map(len, learned)) / len(learned) / 64)
    return max(1, min(_LEARNED, int(_WORK / max(1, characters * words))))


def _shares(found: NDArray[np.int64]) -> tuple[float, float, float, float]:
    """The shares at a distance of 0, 1, 2 and more."""
    count = np.bincount(np.minimum(found, 3), minlength=4)
    zero, one, two, more = (count / len(found)).tolist()
    return zero, one, two, more


def _mean(values: NDArray[np.int64]) -> float:
    """The mean; NaN of nothing."""
    return float(values.mean()) if len(values) else math.nan


def _variance_of_mean(values: NDArray[np.int64]) -> float:
    """The square of the standard error of a mean; infinite for fewer than two values."""
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else math.inf
