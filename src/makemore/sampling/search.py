"""Best-first search: lines in order of probability, or sampled without replacement.

The priority of a prefix is an upper bound of the log-probability of its lines. If the model is
compiled to an automaton, the bound is that of its best line; otherwise it is the log-probability of
the prefix. The search expands the prefix with the highest priority. It yields a whole line when no
open prefix has a higher priority, so the order is exact.

For sampling without replacement, Gumbel keys take the place of log-probabilities. The key of a
prefix is the largest key of its lines, and the keys of its continuations are drawn with that
maximum given,

    G(root) ~ Gumbel        G(h x) = log p(h x) + Gumbel, given that the largest of them is G(h)

Lines in descending order of their keys are a sequence of draws without replacement.

Source: Kool, van Hoof and Welling (2019), "Stochastic beams and where to find them", arXiv
1903.06059, section 4.1 and appendix B.3. Differs: the search is best-first instead of a beam of
fixed width, so that the sequence has no end.
"""

import heapq
from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Ints
from makemore.contexts.paths import Paths
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.automaton import NOWHERE
from makemore.sampling.backward_messages import BackwardMessages
from makemore.sampling.constraint import Constraint
from makemore.sampling.request import Request

_MAX_BATCH = 256  # maximum number of prefixes expanded together


class Prefix(NamedTuple):
    """The beginning of a line, or a whole line.

    Attributes:
        log_prob: natural log-probability.
        ids: its ids, including the prefix of the request; a whole line ends with the boundary.
        state: its state in the constraint, or its pair in the backward messages.
    """

    log_prob: float
    ids: tuple[int, ...]
    state: int


class Expansion(NamedTuple):
    """The continuations of n prefixes by one id.

    Attributes:
        log_probs: (n, V) float64 natural log-probabilities of the next id, normalised.
        states: (n, V) int64, the state after each id; NOWHERE if no allowed line continues with it.
            For the boundary, any other value means that the line may end.
        bounds: (n, V) float64, upper bound of the log-probability of the ids after each id.
    """

    log_probs: NDArray[np.float64]
    states: NDArray[np.int64]
    bounds: NDArray[np.float64]


class Expander(Protocol):
    """A model with a constraint, in the form that a search expands.

    Attributes:
        root: the prefix of every line.
    """

    root: Prefix

    def expand(self, prefixes: list[Prefix]) -> Expansion:
        """Return the continuations of prefixes by one id."""


class ModelExpander:
    """A model that is evaluated on prefixes, without a tighter bound on what follows them."""

    def __init__(self, request: Request, constraint: Constraint, label: int | None) -> None:
        """Start after the prefix of the request."""
        self._model, self._warper, self._constraint = request.model, request.warper, constraint
        self._origin = BOUNDARY if label is None else label
        self._labels = len(request.vocabulary.labels)
        self.root = Prefix(
            0.0, tuple(request.prefix.tolist()), constraint.state_after(request.prefix)
        )

    def expand(self, prefixes: list[Prefix]) -> Expansion:
        """See `Expander.expand`."""
        lengths = np.array([len(prefix.ids) for prefix in prefixes])
        automaton_states = np.array([prefix.state for prefix in prefixes])
        states = self._constraint.continuations(automaton_states, lengths).astype(np.int64)
        may_end = self._constraint.may_end(automaton_states, lengths)
        states[:, BOUNDARY] = np.where(may_end, 0, NOWHERE)
        c, row = self._contexts(prefixes)
        log_probs = self._warper.log_probs(self._model.log_probs(c)[row])
        return Expansion(log_probs, states, np.zeros_like(log_probs))

    def _contexts(self, prefixes: list[Prefix]) -> tuple[Contexts, NDArray[np.int32]]:
        """Return the distinct contexts along n prefixes, and (n,) the last one of each."""
        lengths = np.array([len(prefix.ids) + 1 for prefix in prefixes])  # plus 1: the end
        target = np.concatenate([[*prefix.ids, BOUNDARY] for prefix in prefixes]).astype(np.int32)
        start = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        origin = np.full(len(prefixes), self._origin, np.int32)
        paths = Paths(target, start, origin, np.ones(len(prefixes)))
        c = Contexts.from_paths(
            paths, self._model.vocabulary_size, self._labels, self._model.window
        )
        return c, c.row[c.edge[start[1:] - 1]]


class AutomatonExpander:
    """A model compiled to an automaton, with the exact log-probability of the best continuation.

        b_T(i) = log e(i)      b_t(i) = max(log e(i) [t >= min_length], log p(x | i) + b_(t+1)(i x))

    Source: Viterbi (1967), as in Rabiner (1989), section III.B, from the end to the start.
    """

    def __init__(self, messages: BackwardMessages, prefix: NDArray[np.int32]) -> None:
        """Compute the best continuation of each pair, after a prefix of (p,) int32 ids."""
        self._messages = messages
        self.root = Prefix(0.0, tuple(prefix.tolist()), 0)
        with np.errstate(divide="ignore"):
            self._log_probs = np.log(messages.probs.astype(np.float64))
        rows, pairs = messages.rows.shape
        self._bounds = np.full((rows, pairs), -np.inf)
        for t in range(rows - 2, -1, -1):
            continued = self._log_probs + self._bounds[t + 1][messages.goto]
            continued[:, BOUNDARY] = self._log_probs[:, BOUNDARY] + self._log_end(t)
            self._bounds[t, :-1] = continued.max(axis=1)

    def _log_end(self, t: int | Ints) -> NDArray[np.float64]:
        """Return zero where a line may end after t further characters, and -inf elsewhere."""
        return np.where(self._messages.may_end[t], 0.0, -np.inf)

    def expand(self, prefixes: list[Prefix]) -> Expansion:
        """See `Expander.expand`."""
        pairs, t = self._positions(prefixes)
        states = self._messages.goto[pairs].astype(np.int64)
        bounds = self._bounds[t[:, None] + 1, states]
        bounds[:, BOUNDARY] = self._log_end(t)
        states = np.where(bounds > -np.inf, states, NOWHERE)
        return Expansion(self._log_probs[pairs], states, bounds)

    def _positions(self, prefixes: list[Prefix]) -> tuple[Ints, Ints]:
        """Return (n,) the pair of each prefix, and (n,) its number of characters since pair 0."""
        t = np.array([len(prefix.ids) for prefix in prefixes]) - self._messages.prefix_length
        return np.array([prefix.state for prefix in prefixes]), t


class ConditionalExpander(AutomatonExpander):
    """Automaton expander with next-id probabilities conditioned on the line being allowed."""

    def expand(self, prefixes: list[Prefix]) -> Expansion:
        """See `Expander.expand`."""
        expansion = super().expand(prefixes)
        pairs, positions = self._positions(prefixes)
        for t in set(positions.tolist()):
            is_here = positions == t
            weights = self._messages.weights(pairs[is_here], t)
            with np.errstate(divide="ignore", invalid="ignore"):  # rows without a possible id
                expansion.log_probs[is_here] = np.log(weights / weights.sum(axis=1, keepdims=True))
        return expansion


def search(
    expanders: Sequence[Expander],
    max_expansions: int,
    rng: np.random.Generator | None = None,
    log_shares: Sequence[float] = (0.0,),
) -> Iterator[Prefix]:
    """Yield whole lines in order, until the search has expanded `max_expansions` prefixes.

    Args:
        expanders: a model with a constraint, for each label.
        max_expansions: number of prefixes to expand before the search ends.
        rng: generator of the Gumbel keys, for sampling without replacement; None for the most
            probable lines first.
        log_shares: log-weight of each label under the distribution that its expander normalises
            over, up to a common constant.
    """
    counter, expanded = count(), 0
    roots = [
        expander.root._replace(log_prob=share)
        for expander, share in zip(expanders, log_shares, strict=True)
    ]
    log_probs = np.array(log_shares)
    keys = (
        log_probs if rng is None else _draw_keys(np.array([rng.gumbel()]), log_probs[None], rng)[0]
    )
    queue = [
        (-key, next(counter), root, label)
        for label, (key, root) in enumerate(zip(keys.tolist(), roots, strict=True))
        if root.log_prob > -np.inf
    ]
    heapq.heapify(queue)
    while queue:
        _, _, prefix, label = queue[0]
        if _is_complete(prefix):
            yield heapq.heappop(queue)[2]
            continue
        if expanded >= max_expansions:
            return
        batch = [heapq.heappop(queue)]
        while queue and len(batch) < _MAX_BATCH:
            if queue[0][3] != label or _is_complete(queue[0][2]):
                break
            batch.append(heapq.heappop(queue))
        expanded += len(batch)
        expansion = expanders[label].expand([entry[2] for entry in batch])
        for bound, extended in _extend([(-entry[0], entry[2]) for entry in batch], expansion, rng):
            heapq.heappush(queue, (-bound, next(counter), extended, label))


def _extend(
    prefixes: list[tuple[float, Prefix]], expansion: Expansion, rng: np.random.Generator | None
) -> Iterator[tuple[float, Prefix]]:
    """Yield each prefix extended by each possible id, after its priority."""
    log_probs = np.array([prefix.log_prob for _, prefix in prefixes])[:, None] + expansion.log_probs
    if rng is None:
        bounds = log_probs + expansion.bounds
    else:
        bounds = _draw_keys(np.array([key for key, _ in prefixes]), log_probs, rng)
    rows, ids = np.nonzero((expansion.states != NOWHERE) & (log_probs > -np.inf))
    for row, i in zip(rows.tolist(), ids.tolist(), strict=True):
        prefix = Prefix(
            float(log_probs[row, i]), (*prefixes[row][1].ids, i), int(expansion.states[row, i])
        )
        yield float(bounds[row, i]), prefix


def _draw_keys(
    largest: NDArray[np.float64], log_probs: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw (n, V) Gumbel keys of log-probabilities, given the largest key of each row, (n,)."""
    keys = log_probs + rng.gumbel(size=log_probs.shape)
    row_max = keys.max(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        v = largest[:, None] - keys + np.log1p(-np.exp(keys - row_max))
        conditioned = largest[:, None] - np.maximum(v, 0.0) - np.log1p(np.exp(-np.abs(v)))
    return np.where(np.isneginf(keys), -np.inf, conditioned)


def _is_complete(prefix: Prefix) -> bool:
    """Return whether a prefix is a whole line; the prefix of a request never is."""
    return bool(prefix.ids) and prefix.ids[-1] == BOUNDARY
