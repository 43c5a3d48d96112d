"""The choice among sampled lines: only new ones, distinct ones, and none of some excluded ones."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.case import fold_case
from makemore.corpus.lines import line_digests
from makemore.options.verbs import SampleOptions
from makemore.sampling.request import Source

_MAX_DRAWS_PER_DISTINCT = 4  # draws for each new distinct line above which the search starts

Filter = Callable[[list[str]], NDArray[np.intp]]


def line_filter(source: Source, options: SampleOptions, exclude: frozenset[str]) -> Filter:
    """Return a function that returns the indices of the lines that pass the filters.

    With `ignore_case`, lines are compared after case folding: with each other, with the fitted list
    and with the excluded lines.

    Args:
        source: the fitted model; with digests if `new` is set.
        options: sampling options.
        exclude: lines that do not pass, besides the canaries of the model.
    """
    to_key: Callable[[str], str] = fold_case if options.ignore_case else str
    seen = set(map(to_key, exclude | source.excluded))
    digests = np.zeros(0, np.uint64)
    if options.new:
        stored = source.folded_digests if options.ignore_case else source.digests
        assert stored is not None, "new without digests"
        digests = stored()

    def select(lines: list[str]) -> NDArray[np.intp]:
        selected, keys = np.arange(len(lines)), list(map(to_key, lines))
        if len(digests):
            selected = np.flatnonzero(~contains(digests, line_digests(map(str.encode, keys))))
        if options.distinct:
            first = {keys[i]: i for i in selected[::-1].tolist() if keys[i] not in seen}
            seen.update(first)
            selected = np.array(sorted(first.values()), np.intp)
        elif seen:
            selected = np.array([i for i in selected.tolist() if keys[i] not in seen], np.intp)
        return selected

    return select


def contains(digests: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return (n,) bool, whether each of (n,) digests is among some, at least one, ascending."""
    nearest = np.minimum(np.searchsorted(digests, wanted), len(digests) - 1)
    found: NDArray[np.bool_] = digests[nearest] == wanted
    return found


class Batch(NamedTuple):
    """A batch of sampled lines.

    Attributes:
        end: number of lines of the stream that are drawn by the end of this batch.
        lines: the clean lines of the batch; see `clean_lines`.
        indices: (lines,) index of each in the stream.
    """

    end: int
    lines: list[str]
    indices: NDArray[np.intp]


class Selection:
    """The choice of lines from consecutive batches, until `patience` draws in a row are rejected.

    Attributes:
        is_distinct: whether lines are distinct.
        is_over: whether no further batch is to be drawn.
        is_repeating: whether distinct lines are asked for and most lines of the last batch were
            repeats, so that a search finds further ones faster.
    """

    def __init__(self, select: Filter, options: SampleOptions) -> None:
        """Prepare to select lines; no batch has been added yet."""
        self._select, self._patience = select, options.patience
        self.is_distinct = options.distinct
        self._last = -1  # the index of the last selected line in the stream
        self.is_over = self.is_repeating = False

    def add(self, batch: Batch) -> list[str]:
        """Return the selected lines of the next batch."""
        selected = self._select(batch.lines)
        indices = batch.indices[selected]
        count = len(indices)
        if batch.end - self._last > self._patience:
            # Rejected draws before each selected line, and after the last.
            gaps = np.diff(indices, prepend=self._last, append=batch.end) - 1
            count = int(np.argmax(np.append(gaps, self._patience) >= self._patience))
            self.is_over = count < len(gaps)
        self._last = int(indices[-1]) if len(indices) else self._last
        few = len(selected) * _MAX_DRAWS_PER_DISTINCT < len(batch.lines)
        self.is_repeating = self.is_distinct and few
        return [batch.lines[i] for i in selected[:count].tolist()]
