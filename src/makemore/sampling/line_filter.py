"""Filters on sampled lines: only new ones, only distinct ones, and none of some excluded ones."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.case import fold_case
from makemore.corpus.lines import line_digests
from makemore.options.verbs import SampleOptions
from makemore.sampling.request import Source

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
