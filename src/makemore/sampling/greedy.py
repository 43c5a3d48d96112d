"""Lines at temperature 0: the limit of the sampled distribution as the temperature T falls to 0.

At each character, the distribution becomes uniform over the most probable ids. Another id x costs a
gap, the log-probability of the best id minus its own, and has a probability of about exp(-gap / T).
So the limit of the distribution over the allowed lines is on those with the smallest sum of gaps. A
line has there a share in proportion to

    p(label) * product over its characters of  1 / (number of most probable ids)

Lines are found by best-first search, in order of the sum of their gaps.
"""

import heapq
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from unicodedata import is_normalized

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s, Float64s, Ints
from makemore.errors import ConstraintError
from makemore.inference.automaton import MAX_TABLE_ENTRIES
from makemore.options.verbs import SampleOptions
from makemore.sampling.constraint import Constraint
from makemore.sampling.request import Request
from makemore.sampling.samplers import Warper
from makemore.sampling.search import (
    AutomatonExpander,
    Expander,
    Expansion,
    ModelExpander,
    Prefix,
    search,
)
from makemore.sampling.strategies import messages_by_label

METHOD = "exact, temperature 0: the most probable lines, character by character"
_TIE = 1e-5  # nats; gaps that differ by less, which is rounding, are equal
_MAX_MODEL_EXPANSIONS = 50_000  # prefixes to expand if the model does not compile to an automaton
_MAX_TIED = 100_000  # maximum number of lines that share the probability
_DRAWS = 4096  # random numbers drawn together


class GapWarper(Warper):
    """A warper that divides each row by its largest probability, so its logarithms are the gaps."""

    def probs(self, log_probs: Float32s) -> NDArray[np.float64]:
        """See `Warper.probs`; the rows are not normalised."""
        return self.weights(log_probs)


class GapExpander:
    """An expander with minus the gap of each id as its log-probability.

    Attributes:
        root: see `Expander`.
        log_shares: for each prefix that was reached, its share as in the equation above, without
            the label, as a natural logarithm.
    """

    def __init__(self, expander: Expander, ties: Ints | None = None) -> None:
        """Start at the beginning of a line.

        Args:
            expander: the expander of the same lines; with `GapWarper`, if it has an automaton.
            ties: for an expander with an automaton, (P,) the number of most probable ids in each
                pair. Its rows lack the boundary where no line may end.
        """
        self._expander, self._ties, self.root = expander, ties, expander.root
        self.log_shares: dict[tuple[int, ...], float] = {self.root.ids: 0.0}

    def expand(self, prefixes: list[Prefix]) -> Expansion:
        """See `Expander.expand`."""
        gaps, states, bounds = self._expander.expand(prefixes)
        if self._ties is None:
            gaps = gaps - gaps.max(axis=1, keepdims=True)
            ties = _count_ties(gaps)
        else:
            ties = self._ties[[prefix.state for prefix in prefixes]]
        for prefix, row, log_ties in zip(prefixes, states, np.log(ties).tolist(), strict=True):
            share = self.log_shares.pop(prefix.ids) - log_ties
            for i in np.flatnonzero(row >= 0).tolist():
                self.log_shares[*prefix.ids, i] = share
        return Expansion(gaps, states, bounds)


def _count_ties(log_probs: Float32s | Float64s) -> Ints:
    """Return (n,) the number of most probable ids in each row of log-probabilities."""
    is_best = log_probs > log_probs.max(axis=1, keepdims=True) - _TIE
    ties: NDArray[np.intp] = np.count_nonzero(is_best, axis=1)
    return ties


def _expanders(request: Request, constraint: Constraint) -> tuple[list[GapExpander], bool]:
    """Return the expander of each label, and whether they have bounds on what follows a prefix."""
    messages = messages_by_label(request, constraint)
    if messages is None:
        each = [ModelExpander(request, constraint, label) for label in request.labels]
        return list(map(GapExpander, each)), False
    expanders = []
    for label, label_messages in zip(request.labels, messages, strict=True):
        automaton = request.model.automaton(MAX_TABLE_ENTRIES, label)
        assert automaton is not None, "it has messages"
        ties = _count_ties(automaton.log_probs)[label_messages.states]
        expanders.append(GapExpander(AutomatonExpander(label_messages, request.prefix), ties))
    return expanders, True


def greedy_lines(
    request: Request,
    constraint: Constraint,
    options: SampleOptions,
    select: Callable[[list[str]], NDArray[np.intp]],
    is_far: Callable[[str], bool] | None = None,
) -> Iterator[str]:
    """Yield lines at temperature 0: without end, or, with `distinct`, in order of their gaps.

    Args:
        request: what to draw from; its prefix is part of the constraint.
        constraint: which lines are allowed.
        options: sampling options.
        select: returns the indices of the lines that pass the filters.
        is_far: returns whether a line is far enough from the learned ones; None for no limit.

    Raises:
        ConstraintError: too many lines share the probability.
    """
    rng = np.random.default_rng(request.seed)
    for tied in _tied_lines(request, constraint, options.patience):
        lines = list(tied)
        lines = [lines[i] for i in select(lines).tolist() if is_far is None or is_far(lines[i])]
        if not lines:
            continue
        log_weights = np.array([tied[line] for line in lines])
        if options.distinct:  # without replacement: see `makemore.sampling.search`
            order = np.argsort(-(log_weights + rng.gumbel(size=len(lines))), kind="stable")
            yield from (lines[i] for i in order.tolist())
            continue
        cumulative = np.cumsum(np.exp(log_weights - log_weights.max()))
        while True:
            drawn = np.searchsorted(cumulative / cumulative[-1], rng.random(_DRAWS), side="right")
            yield from (lines[i] for i in drawn.tolist())


def _tied_lines(
    request: Request, constraint: Constraint, max_expansions: int
) -> Iterator[dict[str, float]]:
    """Yield the lines with equal sums of gaps together, each with the logarithm of its weight."""
    start = replace(
        request,
        prefix=request.prefix[:0],
        warper=GapWarper(),
        max_characters=len(request.prefix) + request.max_characters,
    )
    expanders, is_bounded = _expanders(start, constraint)
    if not is_bounded:
        max_expansions = min(max_expansions, _MAX_MODEL_EXPANSIONS)
    searches = [
        _tag(search([expander], max_expansions), number)
        for number, expander in enumerate(expanders)
        if request.priors[number] > 0
    ]
    tied, smallest = dict[str, float](), 0.0
    for gap, number, ids in heapq.merge(*searches):
        if tied and gap > smallest + _TIE:
            yield tied
            tied = {}
        if not tied:
            smallest = gap
        line = request.vocabulary.text(ids)
        share = expanders[number].log_shares.pop(ids) + math.log(request.priors[number])
        if is_normalized("NFC", line):
            tied[line] = float(np.logaddexp(tied.get(line, -np.inf), share))
        if len(tied) > _MAX_TIED:
            raise ConstraintError(
                f"at temperature 0, more than {_MAX_TIED:,} lines are equally probable: give a "
                "temperature of 0.001 or more"
            )
    if tied:
        yield tied


def _tag(lines: Iterator[Prefix], number: int) -> Iterator[tuple[float, int, tuple[int, ...]]]:
    """Yield the sum of the gaps of each line, the number of its expander, and its ids."""
    return ((-line.log_prob, number, line.ids) for line in lines)
