"""Edit distance of sampled lines to the nearest learned line, compared with that of unseen lines.

The lines that a model was fitted on are its learned lines. The distance of an unseen line to its
nearest learned line shows what to expect by chance. Sampled lines that are not learned lines should
be as far; if they are nearer, the model repeats learned lines with small changes.

The distance is that of Levenshtein (1966), "Binary codes capable of correcting deletions,
insertions, and reversals", Soviet Physics Doklady 10: the smallest number of characters to insert,
delete or replace to turn one line into the other.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import evenly_spaced
from makemore.corpus.lines import Lines
from makemore.errors import DataError
from makemore.evaluation.metrics import Z_95

_MAX_LINES = 1000  # maximum number of sampled and of unseen lines to compare, evenly spaced
_MAX_LEARNED = 100_000  # maximum number of learned lines to compare them with
_WORK = 4e9  # maximum number of comparisons of a character with a 64-bit word, for each kind
_BATCH = 64  # lines compared in one call

_NOT_MEASURED = "the distances from sampled lines to learned lines are not measured"


@dataclass(frozen=True)
class Distances:
    """Distances of some lines to their nearest learned line.

    Attributes:
        lines: number of lines.
        shares: shares of lines at a distance of 0, 1, 2 and more.
        mean: mean distance of the lines that are not learned lines, in characters; NaN if there are
            none.
    """

    lines: int
    shares: tuple[float, float, float, float]
    mean: float


@dataclass(frozen=True)
class Nearest:
    """Comparison of the distances of sampled lines and of unseen lines.

    Attributes:
        learned: number of distinct learned lines among which the nearest was searched. Whether a
            line is itself a learned line was checked against all of them.
        of: total number of distinct learned lines.
        made: distances of the sampled lines.
        unseen: distances of the unseen lines.
        difference: mean distance of sampled lines minus that of unseen lines, in characters,
            without learned lines.
        low: lower end of its normal 95 per cent interval.
        high: upper end of the interval.
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
    """Compare the distances of sampled and unseen lines to their nearest learned lines.

    If there are many lines, an evenly spaced subset is compared.

    Args:
        made: lines sampled from a model.
        unseen: lines that the model was not fitted on.
        learned: lines that the model was fitted on, all or some.
        copied: sampled lines that the model was fitted on, even if they are not in `learned`.

    Raises:
        DataError: `made`, `unseen` or `learned` is empty.

    Example:
        >>> result = nearest(["anna", "anne"], ["otto"], ["anna", "ben", "ott"])
        >>> result.made.shares, result.made.mean, result.unseen.mean
        ((0.5, 0.5, 0.0, 0.0), 1.0, 1.0)
    """
    if not (made and unseen and learned):
        raise DataError(
            "distances need sampled, unseen and learned lines: give at least one of each"
        )
    distinct = sorted(set(learned))
    subsets = [
        [lines[i] for i in evenly_spaced(len(lines), _MAX_LINES)] for lines in (made, unseen)
    ]
    references = [
        distinct[i] for i in evenly_spaced(len(distinct), _max_learned(subsets, distinct))
    ]
    learned_lines = {*distinct, *copied}
    all_made, all_unseen = (
        np.where([line in learned_lines for line in lines], 0, distances(lines, references))
        for lines in subsets
    )
    made_distances, unseen_distances = (each[each > 0] for each in (all_made, all_unseen))
    error = Z_95 * math.sqrt(
        _variance_of_mean(made_distances) + _variance_of_mean(unseen_distances)
    )
    difference = _mean(made_distances) - _mean(unseen_distances)
    return Nearest(
        learned=len(references),
        of=len(distinct),
        made=Distances(len(all_made), _shares(all_made), _mean(made_distances)),
        unseen=Distances(len(all_unseen), _shares(all_unseen), _mean(unseen_distances)),
        difference=difference,
        low=difference - error,
        high=difference + error,
    )


def nearest_in_mix(
    made: Sequence[str],
    is_copied: NDArray[np.bool_] | None,
    lines: Lines,
    is_learned: NDArray[np.bool_] | None,
) -> Nearest:
    """Compare with a mix of lines, some of which the model was fitted on; see `nearest`.

    Args:
        made: lines sampled from the model.
        is_copied: (B,) bool, whether the model was fitted on each of them.
        lines: the mix.
        is_learned: (B,) bool, whether the model was fitted on each of these; None if the model has
            no digests.

    Raises:
        DataError: `made` is empty, `lines` has lines of one kind only, or there are no digests.
    """
    if is_learned is None or is_copied is None:
        raise DataError(f"{_NOT_MEASURED}: this model was fitted without digests of its list")
    if not is_learned.any():
        raise DataError(
            f"{_NOT_MEASURED}: the model was fitted on none of these lines; give its list too"
        )
    if is_learned.all():
        raise DataError(
            f"{_NOT_MEASURED}: the model was fitted on all of these lines; give others too, or "
            "hold out a test split when fitting"
        )
    learned, unseen = (
        lines.select(np.flatnonzero(mask)).to_list() for mask in (is_learned, ~is_learned)
    )
    copied = [
        line for line, is_learned_line in zip(made, is_copied, strict=True) if is_learned_line
    ]
    return nearest(made, unseen, learned, copied)


def distances(lines: Sequence[str], references: Sequence[str]) -> NDArray[np.int64]:
    """Return (B,) int64, the distance of each line to the nearest of others, in characters."""
    from rapidfuzz.distance import Levenshtein  # here, as few callers need it
    from rapidfuzz.process import cdist

    def nearest_distances(batch: Sequence[str]) -> NDArray[np.int64]:
        found = cdist(batch, references, scorer=Levenshtein.distance, dtype=np.int32)
        nearest: NDArray[np.int64] = found.min(axis=1).astype(np.int64)
        return nearest

    return np.concatenate(
        [nearest_distances(lines[i : i + _BATCH]) for i in range(0, len(lines), _BATCH)]
    )


def _max_learned(subsets: Sequence[Sequence[str]], learned: Sequence[str]) -> int:
    """Return the number of learned lines that the limit of work allows to compare."""
    characters = max(sum(map(len, lines)) for lines in subsets)
    words = math.ceil(sum(map(len, learned)) / len(learned) / 64)
    return max(1, min(_MAX_LEARNED, int(_WORK / max(1, characters * words))))


def _shares(distances: NDArray[np.int64]) -> tuple[float, float, float, float]:
    """Return the shares of distances 0, 1, 2 and more."""
    count = np.bincount(np.minimum(distances, 3), minlength=4)
    zero, one, two, more = (count / len(distances)).tolist()
    return zero, one, two, more


def _mean(values: NDArray[np.int64]) -> float:
    """Return the mean; NaN if there are no values."""
    return float(values.mean()) if len(values) else math.nan


def _variance_of_mean(values: NDArray[np.int64]) -> float:
    """Return the squared standard error of a mean; infinite for fewer than two values."""
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else math.inf
