"""Splits: which lines a model learns from, which choose it, which only report on it."""

import random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.lines import Lines
from makemore.errors import OptionError
from makemore.options.verbs import SPLITS


class Split(NamedTuple):
    """Three parts of a list, as indices of lines.

    Attributes:
        train: (B_train,) int64 lines to learn from.
        dev: (B_dev,) int64 lines that choose among models; may be empty.
        test: (B_test,) int64 lines that are only reported on; may be empty.
    """

    train: NDArray[np.int64]
    dev: NDArray[np.int64]
    test: NDArray[np.int64]


def split_lines(
    lines: Lines, kind: str = "digest", dev: float = 0.1, test: float = 0.0, seed: int = 42
) -> Split:
    """Splits a list.

    Args:
        lines: the list.
        kind: `digest` draws by each line's digest, so that repeats never straddle and a line keeps
            its part when the list grows. `lecture` shuffles all lines as the makemore lectures do
            and cuts at 80 and 90 per cent, so that repeats do straddle. `clean` is `lecture` with
            repeats dropped first; where lines have labels or weights, which make repeats differ,
            all of them stay, in one part.
        dev: share of the lines that choose, for `digest`.
        test: share of the lines that only report, for `digest`.
        seed: seed of the lectures' shuffle, for the other two.

    Raises:
        OptionError: the kind is unknown, or the shares leave nothing to learn from.
    """
    if kind not in SPLITS:
        raise OptionError(f"split {kind!r} is unknown: choose one of {', '.join(SPLITS)}")
    if kind == "digest":
        return _by_digest(lines, dev, test)
    which = lines.distinct() if kind == "clean" else np.arange(len(lines), dtype=np.int64)
    order = list(range(len(which)))
    random.Random(seed).shuffle(order)  # the lectures' shuffle, draw for draw
    shuffled = which[np.array(order, np.int64)] if order else which
    first, second = int(0.8 * len(shuffled)), int(0.9 * len(shuffled))
    if not first:  # a single line: learning comes first
        first = second = len(shuffled)
    split = Split(shuffled[:first], shuffled[first:second], shuffled[second:])
    if kind == "clean" and (lines.labels is not None or lines.weights is not None):
        first_equal = lines.first_equal()
        return Split(*(np.flatnonzero(np.isin(first_equal, part)) for part in split))
    return split


def _by_digest(lines: Lines, dev: float, test: float) -> Split:
    """A line's digest decides its part; learning comes first."""
    split = parts_by_digest(lines, dev, test)
    if not len(split.train):  # every line of a tiny list fell elsewhere
        everything = np.arange(len(lines), dtype=np.int64)
        return Split(everything, everything[:0], everything[:0])
    return split


def parts_by_digest(lines: Lines, dev: float, test: float) -> Split:
    """Splits lines by their digests, as fractions of 2^64; there may be none left to learn.

    Raises:
        OptionError: the shares leave nothing to learn from.
    """
    if dev < 0 or test < 0 or not dev + test < 1:
        raise OptionError(f"dev {dev} and test {test} must be 0 or more and leave lines to learn")
    is_test = is_set_apart(lines, test)
    is_dev = ~is_test & is_set_apart(lines, test + dev)
    train = np.flatnonzero(~is_test & ~is_dev)
    return Split(train, np.flatnonzero(is_dev), np.flatnonzero(is_test))


def is_set_apart(lines: Lines, share: float) -> NDArray[np.bool_]:
    """(B,) bool: whether each line is among this share of all possible lines, by its digest."""
    return lines.digests / 2.0**64 < share


def fold_of(lines: Lines, folds: int) -> NDArray[np.int64]:
    """(B,) which of about equal parts each line is in: equal lines in one, by their digests."""
    _, place = np.unique(lines.digests, return_inverse=True)
    return place.astype(np.int64) % folds
