"""Filter for infrequent lines, since a line that occurs once may identify a person."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import AnyInts, Float64s, sum_by_index, unique_inverse
from makemore.corpus.lines import Lines

_ROUNDING = 1e-12  # relative rounding error of a sum of weights


def drop_rare(lines: Lines, min_count: float) -> Lines:
    """Drop lines that occur fewer than `min_count` times, and count them in `rare`.

    The frequency of a line is the sum of the weights of all lines equal to it. If there are labels,
    only lines with the same label count as equal, because a line is learned with its label. Labels
    without remaining lines are removed.

    Args:
        lines: the list.
        min_count: minimum frequency of a line; 1 or less drops nothing.

    Example:
        >>> few = drop_rare(Lines.from_strings(["anna", "ben", "anna"]), 2)
        >>> few.to_list(), few.summary().rare
        (['anna', 'anna'], 1)
    """
    if min_count <= 1:
        return lines
    key = lines.first_occurrences()
    if lines.labels is not None:
        key = key * len(lines.label_names) + lines.labels
    distinct, inverse = unique_inverse(key, int(key.max(initial=-1)) + 1)
    total = sum_by_index(inverse, lines.counts(), len(distinct))
    return keep_lines(lines, reaches(total, min_count)[inverse])


def reaches(frequency: AnyInts | Float64s, min_count: float) -> NDArray[np.bool_]:
    """Return whether each frequency is `min_count` or more, except for rounding."""
    is_frequent: NDArray[np.bool_] = frequency >= min_count * (1 - _ROUNDING)
    return is_frequent


def keep_lines(lines: Lines, is_kept: NDArray[np.bool_]) -> Lines:
    """Drop lines as rare; labels without remaining lines are removed.

    Args:
        lines: the list.
        is_kept: (B,) bool.
    """
    kept = lines.select(np.flatnonzero(is_kept))
    rare = lines.rare + len(lines) - len(kept)
    breaks = lines.line_breaks
    kept = replace(kept, read=lines.read, blank=lines.blank, rare=rare, line_breaks=breaks)
    if kept.labels is None:
        return kept
    label_ids, inverse = unique_inverse(kept.labels, len(kept.label_names))
    return kept.with_labels(inverse, tuple(kept.label_names[i] for i in label_ids.tolist()))
