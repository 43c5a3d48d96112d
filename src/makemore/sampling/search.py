"""Lines in an order: the most probable first, or drawn without replacement. One search, best first.

A prefix is worth the best that can become of it, at most: its own log-probability where nothing
is known, or that of its best line where the model is written out as states. The best so far goes
on; a whole line that is better than every open prefix is next, and so the order is exact.

Without replacement, log-probabilities become keys: a prefix has the largest key of its lines, and
its characters share that maximum out,

    G(root) ~ Gumbel        G(h x) = log p(h x) + Gumbel, given that the largest of them is G(h)

Lines in the order of their keys are lines drawn one after the other without replacement.

Source: Kool, van Hoof and Welling (2019), "Stochastic beams and where to find them", arXiv
1903.06059, section 4.1 and appendix B.3. Differs: best first, so that the order has no end.
"""

import heapq
from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from makemore.contexts.paths import Paths
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.automaton import NOWHERE
from makemore.sampling.backward_messages import BackwardMessages
from makemore.sampling.constraint import Constraint
from makemore.sampling.request import Request

_AT_ONCE = 256  # prefixes that a model is asked about together, at most


class Prefix(NamedTuple):
    """The start of a line, or a whole one.

    Attributes:
        log_prob: natural log-probability.
        ids: what it has read, the given prefix included; the boundary last for a whole line.
        state: where it stands.
    """

    log_prob: float
    ids: tuple[int, ...]
    state: int


class Next(NamedTuple):
    """What can become of some prefixes.

    Attributes:
        log_probs: (n, V) float64 natural log-probabilities of the next id, normalised.
        states: (n, V) where each id leads, NOWHERE where no allowed line goes on; the boundary
            leads anywhere else if the line may end.
        best: (n, V) log-probability of the best that can follow each id, at most.
    """

    log_probs: NDArray[np.float64]
    states: NDArray[np.int64]
    best: NDArray[np.float64]


class Steps(Protocol):
    """A model beside a constraint, as a search walks it."""

    first: Prefix

    def after(self, prefixes: list[Prefix]) -> Next:
        """What can become of them."""


class Asked:
    """A model that is asked about prefixes."""

    def __init__(self, request: Request, constraint: Constraint, label: int | None) -> None:
        """Begins after a prefix that is given."""
        self._model, self._shape, self._constraint = request.model, request.shape, constraint
        self._origin = BOUNDARY if label is None else label
        self._labels = len(request.vocabulary.labels)
        self.first = Prefix(0.0, tuple(request.prefix.tolist()), constraint.after(request.prefix))

    def after(self, prefixes: list[Prefix]) -> Next:
        """See `Steps.after`."""
        read = np.array([len(prefix.ids) for prefix in prefixes])
        target = np.concatenate([[*prefix.ids, BOUNDARY] for prefix in prefixes]).astype(np.int32)
        start = np.concatenate([np.zeros(1, np.int64), np.cumsum(read + 1)])
        origin = np.full(len(prefixes), self._origin, np.int32)
        paths = Paths(target, start, origin, np.ones(len(prefixes)))
        c = Contexts.from_paths(
            paths, self._model.vocabulary_size, self._labels, self._model.window
        )
        row = c.row[c.edge[start[1:] - 1]]
        states = np.array([prefix.state for prefix in prefixes])
        leads = self._constraint.goto[states].astype(np.int64)
        further = np.minimum(read + 1, self._constraint.longest)[:, None]
        can_end = (leads != NOWHERE) & (self._constraint.completions[further, leads] > 0)
        can_end &= (read < self._constraint.longest)[:, None]
        leads[~can_end] = NOWHERE
        ends = self._constraint.ends[states] & (read >= self._constraint.shortest)
        leads[:, BOUNDARY] = np.where(ends, 0, NOWHERE)
        log_probs = self._shape.log_probs(self._model.log_probs(c)[row])
        return Next(log_probs, leads, np.zeros_like(log_probs))


class Written:
    """A model written out as states: the best that can follow is known, not guessed.

        b_T(i) = log e(i)      b_t(i) = max(log e(i) [t >= shortest], log p(x | i) + b_(t+1)(i x))

    Source: Viterbi (1967), as in Rabiner (1989), section III.B, from the end to the start.
    """

    def __init__(self, messages: BackwardMessages, given: NDArray[np.int32]) -> None:
        """Finds the best that can follow each pair."""
        self._messages = messages
        self.first = Prefix(0.0, tuple(given.tolist()), 0)
        with np.errstate(divide="ignore"):
            self._log_probs = np.log(messages.probs.astype(np.float64))
        rows, pairs = messages.rows.shape
        self._best = np.full((rows, pairs), -np.inf)
        for row in range(rows - 2, -1, -1):
            going_on = self._log_probs + self._best[row + 1][messages.goto]
            going_on[:, BOUNDARY] = self._ends(row)
            self._best[row, :-1] = going_on.max(axis=1)

    def _ends(self, row: int) -> NDArray[np.float64]:
        """(P,) log-probability that a line ends, so long as it is."""
        return self._log_probs[:, BOUNDARY] + (0.0 if self._messages.may_end[row] else -np.inf)

    def after(self, prefixes: list[Prefix]) -> Next:
        """See `Steps.after`."""
        pairs = np.array([prefix.state for prefix in prefixes])
        rows = np.array([len(prefix.ids) for prefix in prefixes]) - self._messages.read
        leads = self._messages.goto[pairs].astype(np.int64)
        best = self._best[rows[:, None] + 1, leads]
        best[:, BOUNDARY] = np.where(self._messages.may_end[rows], 0.0, -np.inf)
        return Next(self._log_probs[pairs], np.where(best > -np.inf, leads, NOWHERE), best)


class Conditional(Written):
    """The same, with the probabilities that ids have on the condition that the line is allowed."""

    def after(self, prefixes: list[Prefix]) -> Next:
        """See `Steps.after`."""
        found = super().after(prefixes)
        rows = np.array([len(prefix.ids) for prefix in prefixes]) - self._messages.read
        pairs = np.array([prefix.state for prefix in prefixes])
        for row in set(rows.tolist()):
            which = rows == row
            weights = self._messages.weights(pairs[which], row)
            with np.errstate(divide="ignore", invalid="ignore"):  # where nothing is possible
                found.log_probs[which] = np.log(weights / weights.sum(axis=1, keepdims=True))
        return found


def search(
    steps: Sequence[Steps],
    most: int,
    rng: np.random.Generator | None = None,
    log_shares: Sequence[float] = (0.0,),
) -> Iterator[Prefix]:
    """Gives whole lines in order, as long as the order is sure.

    Args:
        steps: a model beside a constraint, for each label.
        most: prefixes looked at; then the search ends.
        rng: draws the keys, for lines without replacement; None for the most probable first.
        log_shares: the log-weight of each label under the distribution that its steps normalise
            over, up to a common constant.
    """
    order, looked_at = count(), 0
    firsts = [
        own.first._replace(log_prob=share) for own, share in zip(steps, log_shares, strict=True)
    ]
    log_probs = np.array(log_shares)
    keys = log_probs if rng is None else _keys(np.array([rng.gumbel()]), log_probs[None], rng)[0]
    waiting = [
        (-key, next(order), first, which)
        for which, (key, first) in enumerate(zip(keys.tolist(), firsts, strict=True))
        if first.log_prob > -np.inf
    ]
    heapq.heapify(waiting)
    while waiting:
        _, _, prefix, which = waiting[0]
        if _is_whole(prefix):
            yield heapq.heappop(waiting)[2]
            continue
        if looked_at >= most:
            return
        best = [heapq.heappop(waiting)]
        while waiting and len(best) < _AT_ONCE:
            if waiting[0][3] != which or _is_whole(waiting[0][2]):
                break
            best.append(heapq.heappop(waiting))
        looked_at += len(best)
        found = steps[which].after([each[2] for each in best])
        for bound, longer in _grown([(-each[0], each[2]) for each in best], found, rng):
            heapq.heappush(waiting, (-bound, next(order), longer, which))


def _grown(
    best: list[tuple[float, Prefix]], found: Next, rng: np.random.Generator | None
) -> Iterator[tuple[float, Prefix]]:
    """Each prefix with each id that can follow it, and what that is worth at most."""
    log_probs = np.array([prefix.log_prob for _, prefix in best])[:, None] + found.log_probs
    if rng is None:
        bounds = log_probs + found.best
    else:
        bounds = _keys(np.array([key for key, _ in best]), log_probs, rng)
    rows, ids = np.nonzero((found.states != NOWHERE) & (log_probs > -np.inf))
    for row, i in zip(rows.tolist(), ids.tolist(), strict=True):
        prefix = Prefix(float(log_probs[row, i]), (*best[row][1].ids, i), int(found.states[row, i]))
        yield float(bounds[row, i]), prefix


def _keys(
    largest: NDArray[np.float64], log_probs: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Gumbel keys of log-probabilities, (n, V), given the largest of each row, (n,)."""
    keys = log_probs + rng.gumbel(size=log_probs.shape)
    above = keys.max(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        v = largest[:, None] - keys + np.log1p(-np.exp(keys - above))
        found = largest[:, None] - np.maximum(v, 0.0) - np.log1p(np.exp(-np.abs(v)))
    return np.where(np.isneginf(keys), -np.inf, found)


def _is_whole(prefix: Prefix) -> bool:
    """Whether a line has ended; a prefix that was given never has."""
    return bool(prefix.ids) and prefix.ids[-1] == BOUNDARY
