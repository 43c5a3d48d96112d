"""Leave out lines that stand too rarely in a list: what stands once may be one person's."""

from dataclasses import replace

import numpy as np

from makemore.arrays import summed, unique_inverse
from makemore.corpus.lines import Lines

_ROUNDING = 1e-12  # of a sum of weights


def frequent(lines: Lines, least: float) -> Lines:
    """Leaves out every line that stands too rarely, and counts how many those were.

    How often a line stands is the sum of the weights of all lines equal to it; where there are
    labels, of those that have its label too, as a line is learned with its label. A label that no
    line is left of is forgotten.

    Args:
        lines: the list.
        least: how often a line must stand; 1 and less leave out nothing.

    Example:
        >>> few = frequent(Lines.from_strings(["anna", "ben", "anna"]), 2)
        >>> few.to_list(), few.summary().rare
        (['anna', 'anna'], 1)
    """
    if least <= 1:
        return lines
    key = lines.first_equal()
    if lines.labels is not None:
        key = key * len(lines.label_names) + lines.labels
    distinct, place = unique_inverse(key, int(key.max(initial=-1)) + 1)
    total = summed(place, lines.counts(), len(distinct))
    kept = lines.select(np.flatnonzero(total[place] >= least * (1 - _ROUNDING)))
    rare = lines.rare + len(lines) - len(kept)
    kept = replace(kept, read=lines.read, blank=lines.blank, rare=rare)
    if kept.labels is None:
        return kept
    present, label = unique_inverse(kept.labels, len(kept.label_names))
    return kept.with_labels(label, tuple(kept.label_names[i] for i in present.tolist()))
