"""Sampling strategies, and the choice of one for a model and a constraint.

- Free: no constraint except a prefix and a maximum length; exact.
- By states: a model that compiles to an automaton is conditioned on the constraint; exact.
- By trial: rejection sampling of free lines, if enough of them are allowed; exact.
- By list: all allowed lines are scored, if they are few; exact.
- By guide: importance resampling of proposals guided by a counted model; approximate.

The choice depends on the model, the constraint, the shape and the seed, never on the number of
lines requested. So the first ten of twenty lines are the lines of a request for ten.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.vocabulary import BOUNDARY
from makemore.errors import ConstraintError
from makemore.inference.automaton import MAX_TABLE_ENTRIES, Automaton
from makemore.inference.model import members
from makemore.sampling.backward_messages import (
    BackwardMessages,
    ConditionalSampler,
    backward_messages,
)
from makemore.sampling.constraint import Constraint
from makemore.sampling.request import Draw, Request
from makemore.sampling.samplers import BLOCK, Shape, TableSampler, Uniforms

# Modules that only one strategy needs are imported inside its function: most draws need none.

_TABLE_PAYS = 4 * BLOCK  # lines from which compiling the model to an automaton is faster
_MOST_LISTED = 200_000  # maximum number of allowed lines for the list strategy
_FEWEST_HITS = 16  # allowed lines among the first block of free ones that rejection sampling needs
_GUIDE_WINDOWS = (3, 2, 1)
_FEWEST_PROPOSALS, _MOST_PROPOSALS = 16, 256


class Plan(NamedTuple):
    """A strategy that is ready to draw lines.

    Attributes:
        draw: returns lines low to high of the stream: (n, T) ids after the prefix, zero from the
            end of a line on. A row whose last column is not zero is not a valid line.
        how: description of the strategy, for users.
        is_exact: whether lines follow the model's distribution over the allowed lines.
        tries: approximate number of draws for each valid line.
        proposals: number of proposals that the model evaluates for each draw.
        is_walked: whether the model is evaluated step by step, at least at first, with a state for
            each line.
        distance: estimated total variation distance from the exact distribution; 0 if exact.
    """

    draw: Draw
    how: str
    is_exact: bool = True
    tries: float = 1.0
    proposals: int = 1
    is_walked: bool = False
    distance: float = 0.0


def freely(request: Request, ahead: int) -> Plan:
    """Return a plan without a constraint, with a table of all states where that is faster.

    If the model's rows are exact, a table and a walk draw the same lines, and `ahead` chooses
    between them. Otherwise their last digits differ, so `ahead` is ignored: batches that end beyond
    line 16,384 of the stream are drawn from the table, if there is one, and earlier ones by the
    walk.

    Args:
        request: what to draw from.
        ahead: expected number of lines.
    """
    if request.model.has_exact_rows and ahead >= _TABLE_PAYS:
        table = _table(request, 2 * ahead)  # with more states, compiling is slower than a walk
        if table is not None:
            return Plan(table, "exact, free")
    from makemore.sampling.walk import WalkSampler

    walks = [WalkSampler(request.model, request.shape, each) for each in request.beginnings]
    walk = request.drawn_by(walks, np.zeros(len(walks)))
    if request.model.has_exact_rows:
        return Plan(walk, "exact, free", is_walked=True)
    later = cache(lambda: _table(request, 2 * _TABLE_PAYS) or walk)

    def draw(low: int, high: int) -> NDArray[np.int32]:
        return (later() if high > _TABLE_PAYS else walk)(low, high)

    return Plan(draw, "exact, free", is_walked=True)


def _table(request: Request, most: int) -> Draw | None:
    """Return a draw function with a table of at most `most` states, or None.

    It is None if the model needs more states or cannot be compiled, or if there are several labels.
    """
    automaton = (
        request.model.automaton(most, request.labels[0]) if len(request.labels) == 1 else None
    )
    if automaton is None:
        return None
    table = TableSampler(automaton, request.shape, request.prefix)
    return request.drawn_by([table], np.zeros(1))


def constrained(request: Request, constraint: Constraint, exact: bool) -> Plan:
    """Return the plan of the first strategy that can draw the allowed lines.

    Args:
        request: what to draw from.
        constraint: which lines are allowed.
        exact: whether to refuse an approximate strategy.

    Raises:
        ConstraintError: every allowed line has probability zero, or only the approximate strategy
            is left and `exact` forbids it.
    """
    found = (
        _by_states(request, constraint)
        or _by_trial(request, constraint)
        or _by_list(request, constraint)
    )
    if found is not None:
        return found
    if exact:
        raise ConstraintError(
            "lines that are asked for can be drawn from this model only approximately, and exact "
            "forbids that: ask for less, or take a model that can be written out, such as "
            "kneser_ney"
        )
    return _by_guide(request, constraint)


def messages_of_labels(request: Request, constraint: Constraint) -> list[BackwardMessages] | None:
    """Return the backward messages of each label.

    Returns:
        None if the model does not compile to an automaton, or the messages take too much memory.
    """
    found = []
    for label in request.labels:
        automaton = request.model.automaton(MAX_TABLE_ENTRIES, label)
        if automaton is None:
            return None
        joined = backward_messages(automaton, request.shape, constraint, request.prefix)
        if joined is None:
            return None
        found.append(joined)
    return found


def _by_states(request: Request, constraint: Constraint) -> Plan | None:
    """Return a plan that conditions the model's automaton on the constraint; None if too large."""
    each = messages_of_labels(request, constraint)
    if each is None:
        return None
    samplers = [ConditionalSampler(joined) for joined in each]
    log_masses = _possible(request, np.array([joined.log_mass for joined in each]))
    return Plan(request.drawn_by(samplers, log_masses), "exact, by states")


def _by_trial(request: Request, constraint: Constraint) -> Plan | None:
    """Return a rejection sampling plan; None if the first block has too few allowed lines."""
    free = freely(request, BLOCK)

    def draw(low: int, high: int) -> NDArray[np.int32]:
        ids = free.draw(low, high)
        ids[~_allowed(request, constraint, ids), -1] = 1
        return ids

    hits = int(_allowed(request, constraint, free.draw(0, BLOCK)).sum())
    if hits < _FEWEST_HITS:
        return None
    how = f"exact, by trial: {hits:,} of {BLOCK:,} lines drawn are allowed"
    return Plan(draw, how, tries=BLOCK / hits, is_walked=free.is_walked)


def _by_list(request: Request, constraint: Constraint) -> Plan | None:
    """Return a plan that scores every allowed line; None if there are too many."""
    if constraint.count(request.prefix) > _MOST_LISTED:
        return None
    from makemore.sampling.exhaustive import ListSampler, allowed_lines

    lines, labels = allowed_lines(constraint, request.prefix), len(request.vocabulary.labels)
    samplers = [
        ListSampler(request.model, request.shape, lines, request.prefix, label, labels)
        for label in request.labels
    ]
    log_masses = np.array([np.logaddexp.reduce(each.log_probs) for each in samplers])
    log_masses = _possible(request, log_masses)
    how = f"exact, by list: all {len(lines):,} allowed lines are scored"
    return Plan(request.drawn_by(samplers, log_masses), how)


def _by_guide(request: Request, constraint: Constraint) -> Plan:
    """Return an importance resampling plan; a first block sets the proposals per line."""
    from makemore.sampling.guided import GuidedSampler, effective_size, total_variation

    guide = backward_messages(_guide(request), Shape(), constraint, request.prefix)
    if guide is None:
        raise ConstraintError(
            "all that is asked of a line takes too many states beside this model's guide: ask for "
            "less"
        )
    samplers = [
        GuidedSampler(request.model, request.shape, guide, each) for each in request.beginnings
    ]
    uniforms = Uniforms(request.seed, 0, BLOCK).fanned(1)
    log_weights = [
        each.propose(uniforms, np.arange(BLOCK), 0, request.most)[1] for each in samplers
    ]
    log_masses = _possible(request, np.logaddexp.reduce(log_weights, axis=1))
    log_shares = request.log_shares + log_masses
    is_possible = np.isfinite(log_shares)
    sizes = np.array([effective_size(each) for each in log_weights])[is_possible]
    pool = int(np.clip(_FEWEST_PROPOSALS * BLOCK // min(sizes), _FEWEST_PROPOSALS, _MOST_PROPOSALS))
    for each in samplers:
        each.pool = pool
    shares = np.exp(log_shares - np.logaddexp.reduce(log_shares))[is_possible]
    distance = total_variation(sizes, shares, pool)
    how = (
        f"approximate, by guide: one of {pool} proposals each; the effective sample size of "
        f"{BLOCK:,} proposals is {min(sizes):,.0f}; estimated total variation distance from exact "
        f"lines: up to {distance:.1%}"
    )
    draw = request.drawn_by(samplers, log_masses)
    return Plan(draw, how, is_exact=False, proposals=pool, is_walked=True, distance=distance)


def _guide(request: Request) -> Automaton:
    """Return the guide's automaton: a mixture's smallest member, or a model of free lines."""
    mixed = [each for each in members(request.model) if each is not request.model]
    written = [each.automaton(MAX_TABLE_ENTRIES, request.labels[0]) for each in mixed]
    found: list[Automaton] = [
        each for each in written if each is not None and np.isfinite(each.log_probs).all()
    ]
    if found:
        return min(found, key=lambda automaton: len(automaton.goto))
    return _counted_guide(request)


def _counted_guide(request: Request) -> Automaton:
    """Return a Kneser-Ney automaton of a block of free lines: the longest window that compiles."""
    from makemore.contexts.paths import Paths
    from makemore.contexts.table import Contexts
    from makemore.models.kneser_ney import KneserNey
    from makemore.options.families import KneserNeyOptions

    free = freely(request, BLOCK).draw(0, BLOCK)
    free = free[free[:, -1] == BOUNDARY]
    ids = np.concatenate([np.tile(request.prefix, (len(free), 1)), free], axis=1)
    V, paths = request.model.vocabulary_size, Paths.of_ids(ids)
    for window in _GUIDE_WINDOWS:
        counted = KneserNey(KneserNeyOptions(window=window), V, 0)
        counted.count(Contexts.from_paths(paths, V, 0, window))
        automaton = counted.automaton(MAX_TABLE_ENTRIES)
        if automaton is not None:
            return automaton
    raise ConstraintError(f"{V:,} characters are too many for a guide: ask for less")


def _allowed(request: Request, constraint: Constraint, ids: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return (n,) bool, whether each line drawn is allowed."""
    return constraint.allows(np.concatenate([np.tile(request.prefix, (len(ids), 1)), ids], axis=1))


def _possible(request: Request, log_masses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `log_masses`, after checking that some label has allowed lines of positive mass."""
    if not np.isfinite(request.log_shares + log_masses).any():
        raise ConstraintError(
            "this model finds every line that is asked for impossible, or less likely than one in "
            "10^300: ask for less, or take a model that smooths, such as kneser_ney"
        )
    return log_masses
