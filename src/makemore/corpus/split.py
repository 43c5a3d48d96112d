"""Splits of a list into train, dev and test lines."""

import random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.lines import Lines
from makemore.errors import OptionError
from makemore.options.verbs import SPLITS


class Split(NamedTuple):
    """The three splits of a list, as line indices.

    Attributes:
        train: (B_train,) int64, lines for training.
        dev: (B_dev,) int64, lines for model selection; may be empty.
        test: (B_test,) int64, lines for the final evaluation only; may be empty.
    """

    train: NDArray[np.int64]
    dev: NDArray[np.int64]
    test: NDArray[np.int64]


def split_lines(
    lines: Lines, kind: str = "digest", dev: float = 0.1, test: float = 0.0, seed: int = 42
) -> Split:
    """Split a list into train, dev and test lines.

    Args:
        lines: the list.
        kind: `digest` assigns each line by its digest, so that equal lines are always in the same
            split and a line keeps its split when the list grows. `lecture` shuffles all lines as
            the makemore lectures do and cuts at 80 and 90 per cent, so that equal lines may be in
            different splits. `clean` is `lecture` on the distinct lines. If lines have labels
            or weights, equal lines may differ in them, so all repeats are kept, in one split.
        dev: dev fraction, for `digest`.
        test: test fraction, for `digest`.
        seed: seed of the shuffle, for `lecture` and `clean`.

    Raises:
        OptionError: the kind is unknown, a fraction is negative, or the fractions sum to 1 or more.
    """
    if kind not in SPLITS:
        raise OptionError(f"split {kind!r} is unknown: choose one of {', '.join(SPLITS)}")
    if kind == "digest":
        return _split_nonempty_train(lines, dev, test)
    indices = lines.distinct_indices() if kind == "clean" else np.arange(len(lines), dtype=np.int64)
    order = list(range(len(indices)))
    random.Random(seed).shuffle(order)  # identical to the lectures' shuffle
    shuffled = indices[np.array(order, np.int64)] if order else indices
    first, second = int(0.8 * len(shuffled)), int(0.9 * len(shuffled))
    if not first:  # a single line goes to train
        first = second = len(shuffled)
    split = Split(shuffled[:first], shuffled[first:second], shuffled[second:])
    if kind == "clean" and (lines.labels is not None or lines.weights is not None):
        first_occurrence = lines.first_occurrences()
        return Split(
            *(np.flatnonzero(np.isin(first_occurrence, split_indices)) for split_indices in split)
        )
    return split


def _split_nonempty_train(lines: Lines, dev: float, test: float) -> Split:
    """Split by digest; if that leaves no train lines, put every line into train."""
    split = split_by_digest(lines, dev, test)
    if not len(split.train):  # possible for a tiny list
        all_indices = np.arange(len(lines), dtype=np.int64)
        return Split(all_indices, all_indices[:0], all_indices[:0])
    return split


def split_by_digest(lines: Lines, dev: float, test: float) -> Split:
    """Split lines by digest / 2^64 at `test` and `test + dev`; the train split may be empty.

    Raises:
        OptionError: a fraction is negative, or the fractions sum to 1 or more.
    """
    if dev < 0 or test < 0 or not dev + test < 1:
        raise OptionError(
            f"dev is {dev} and test is {test}: give fractions of 0 or more whose sum is below 1"
        )
    is_test = has_digest_below(lines, test)
    is_dev = ~is_test & has_digest_below(lines, test + dev)
    train = np.flatnonzero(~is_test & ~is_dev)
    return Split(train, np.flatnonzero(is_dev), np.flatnonzero(is_test))


def has_digest_below(lines: Lines, fraction: float) -> NDArray[np.bool_]:
    """Return (B,) bool: whether the digest of each line is below `fraction` * 2^64."""
    return lines.digests / 2.0**64 < fraction


def assign_folds(lines: Lines, folds: int) -> NDArray[np.int64]:
    """Return (B,) int64 cross-validation folds in [0, folds); equal lines share a fold.

    Distinct lines are numbered by ascending digest, so folds have nearly equal numbers of distinct
    lines.
    """
    _, rank = np.unique(lines.digests, return_inverse=True)
    return rank.astype(np.int64) % folds
