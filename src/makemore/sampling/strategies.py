"""Sampling strategies, and the choice of one for a model and a constraint.

- Unconstrained: no constraint except a prefix and a maximum length; exact.
- Automaton: a model that compiles to an automaton is conditioned on the constraint; exact.
- Enumeration: all allowed lines are scored, if they are very few; exact.
- Rejection sampling of unconstrained lines, if enough of them are allowed; exact.
- Enumeration, if the allowed lines are few; exact.
- Importance resampling of proposals guided by a counted model; approximate.

The choice depends on the model, the constraint, the warper and the seed, never on the number of
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
from makemore.sampling.samplers import BLOCK, Uniforms, Warper
from makemore.sampling.table_walk import TableSampler

# Modules that only one strategy needs are imported inside its function: most draws need none.

_MIN_TABLE_LINES = 4 * BLOCK  # lines from which compiling the model to an automaton is faster
_FEW_LINES = BLOCK  # allowed lines up to which scoring all is cheaper than drawing a first block
_MAX_ENUMERATED = 200_000  # maximum number of allowed lines for the list strategy
_MIN_ACCEPTED = 16  # allowed lines in the first unconstrained block that rejection needs
_GUIDE_WINDOWS = (3, 2, 1)
_MIN_PROPOSALS, _MAX_PROPOSALS = 16, 256


class Plan(NamedTuple):
    """A strategy that is ready to draw lines.

    Attributes:
        draw: returns the lines of some uniform numbers: (n, T) ids after the prefix, zero from the
            end of a line on. A row whose last column is not zero is not a valid line.
        method: description of the strategy, for users.
        is_exact: whether lines follow the model's distribution over the allowed lines.
        draws_per_line: approximate number of draws for each valid line.
        proposals: number of proposals that the model evaluates for each draw.
        is_stepwise: whether the model is evaluated step by step, at least at first, with a state
            for each line.
        distance: estimated total variation distance from the exact distribution; 0 if exact.
    """

    draw: Draw
    method: str
    is_exact: bool = True
    draws_per_line: float = 1.0
    proposals: int = 1
    is_stepwise: bool = False
    distance: float = 0.0


def plan_unconstrained(request: Request, ahead: int) -> Plan:
    """Return a plan without a constraint, with a table of all states where that is faster.

    If the model's rows are exact, sampling from a table and stepwise sampling give the same lines,
    and `ahead` chooses between them. Otherwise their probabilities differ in the last digits, so
    `ahead` is ignored: batches that end beyond line 16,384 of the stream are drawn from the table,
    if there is one, and earlier ones stepwise.

    Args:
        request: what to draw from.
        ahead: expected number of lines.
    """
    if request.model.has_exact_rows and ahead >= _MIN_TABLE_LINES:
        # With more states, compiling is slower than stepwise sampling.
        draw_table = _build_table_draw(request, 2 * ahead)
        if draw_table is not None:
            return Plan(draw_table, "exact, unconstrained")
    from makemore.sampling.stepwise import StepwiseSampler

    samplers = [
        StepwiseSampler(request.model, request.warper, state) for state in request.prefix_states
    ]
    stepwise = request.build_draw(samplers, np.zeros(len(samplers)))
    if request.model.has_exact_rows:
        return Plan(stepwise, "exact, unconstrained", is_stepwise=True)
    table_or_stepwise = cache(lambda: _build_table_draw(request, 2 * _MIN_TABLE_LINES) or stepwise)

    def draw(uniforms: Uniforms) -> NDArray[np.int32]:
        return (table_or_stepwise() if uniforms.high > _MIN_TABLE_LINES else stepwise)(uniforms)

    return Plan(draw, "exact, unconstrained", is_stepwise=True)


def _build_table_draw(request: Request, max_states: int) -> Draw | None:
    """Return a draw function with tables of at most `max_states` states, or None."""
    tables = build_tables(request, max_states)
    return None if tables is None else request.build_draw(tables, np.zeros(len(tables)))


def build_tables(request: Request, max_states: int) -> list[TableSampler] | None:
    """Return a sampler with a table of all states of the model for each label.

    It is None if the model needs more states for all labels together, or cannot be compiled.
    """
    samplers = []
    for label in request.labels:
        automaton = request.model.automaton(max_states // len(request.labels), label)
        if automaton is None:
            return None
        samplers.append(TableSampler(automaton, request.warper, request.prefix))
    return samplers


def plan_constrained(request: Request, constraint: Constraint, exact: bool) -> Plan:
    """Return the plan of the first strategy that can draw the allowed lines.

    Args:
        request: what to draw from.
        constraint: which lines are allowed.
        exact: whether to refuse an approximate strategy.

    Raises:
        ConstraintError: every allowed line has probability zero, or only the approximate strategy
            is left and `exact` forbids it.
    """
    plan = (
        _plan_automaton(request, constraint)
        or _plan_enumeration(request, constraint, _FEW_LINES)
        or _plan_rejection(request, constraint)
        or _plan_enumeration(request, constraint, _MAX_ENUMERATED)
    )
    if plan is not None:
        return plan
    if exact:
        raise ConstraintError(
            "lines under these constraints can be sampled from this model only approximately, and "
            "exact forbids that: relax the constraints, or use a model that compiles to an "
            "automaton, such as kneser_ney"
        )
    return _plan_importance(request, constraint)


def messages_by_label(request: Request, constraint: Constraint) -> list[BackwardMessages] | None:
    """Return the backward messages of each label.

    Returns:
        None if the model does not compile to an automaton, or the messages take too much memory.
    """
    messages = []
    for label in request.labels:
        automaton = request.model.automaton(MAX_TABLE_ENTRIES, label)
        if automaton is None:
            return None
        label_messages = backward_messages(automaton, request.warper, constraint, request.prefix)
        if label_messages is None:
            return None
        messages.append(label_messages)
    return messages


def _plan_automaton(request: Request, constraint: Constraint) -> Plan | None:
    """Return a plan that conditions the model's automaton on the constraint; None if too large."""
    messages = messages_by_label(request, constraint)
    if messages is None:
        return None
    samplers = [ConditionalSampler(each) for each in messages]
    log_masses = _check_possible(request, np.array([each.log_mass for each in messages]))
    return Plan(request.build_draw(samplers, log_masses), "exact, automaton")


def _plan_rejection(request: Request, constraint: Constraint) -> Plan | None:
    """Return a rejection sampling plan; None if the first block has too few allowed lines."""
    unconstrained = plan_unconstrained(request, BLOCK)

    def draw(uniforms: Uniforms) -> NDArray[np.int32]:
        ids = unconstrained.draw(uniforms)
        ids[~_is_allowed(request, constraint, ids), -1] = 1
        return ids

    first_block = unconstrained.draw(request.uniforms(0, BLOCK))
    accepted = int(_is_allowed(request, constraint, first_block).sum())
    if accepted < _MIN_ACCEPTED:
        return None
    method = f"exact, rejection sampling: {accepted:,} of {BLOCK:,} drawn lines are allowed"
    return Plan(
        draw, method, draws_per_line=BLOCK / accepted, is_stepwise=unconstrained.is_stepwise
    )


def _plan_enumeration(request: Request, constraint: Constraint, limit: int) -> Plan | None:
    """Return a plan that scores every allowed line; None if more than `limit` are allowed."""
    if constraint.count(request.prefix) > limit:
        return None
    from makemore.sampling.exhaustive import ExhaustiveSampler, enumerate_lines

    lines, labels = enumerate_lines(constraint, request.prefix), len(request.vocabulary.labels)
    samplers = [
        ExhaustiveSampler(request.model, request.warper, lines, request.prefix, label, labels)
        for label in request.labels
    ]
    log_masses = np.array([np.logaddexp.reduce(sampler.log_probs) for sampler in samplers])
    log_masses = _check_possible(request, log_masses)
    method = f"exact, enumeration: all {len(lines):,} allowed lines are scored"
    return Plan(request.build_draw(samplers, log_masses), method)


def _plan_importance(request: Request, constraint: Constraint) -> Plan:
    """Return an importance resampling plan; a first block sets the proposals per line."""
    from makemore.sampling.guided import (
        GuidedSampler,
        effective_sample_size,
        estimate_total_variation,
    )

    guide = backward_messages(_guide_automaton(request), Warper(), constraint, request.prefix)
    if guide is None:
        raise ConstraintError(
            "the constraints need too many states in product with the automaton that guides this "
            "model: relax the constraints"
        )
    samplers = [
        GuidedSampler(request.model, request.warper, guide, state)
        for state in request.prefix_states
    ]
    uniforms = Uniforms(request.seed, 0, BLOCK).spawn(1)
    log_weights = [
        sampler.propose(uniforms, np.arange(BLOCK), 0, request.max_characters)[1]
        for sampler in samplers
    ]
    log_masses = _check_possible(request, np.logaddexp.reduce(log_weights, axis=1))
    log_shares = request.log_shares + log_masses
    is_possible = np.isfinite(log_shares)
    sizes = np.array([effective_sample_size(each) for each in log_weights])[is_possible]
    pool_size = int(np.clip(_MIN_PROPOSALS * BLOCK // min(sizes), _MIN_PROPOSALS, _MAX_PROPOSALS))
    for sampler in samplers:
        sampler.pool_size = pool_size
    shares = np.exp(log_shares - np.logaddexp.reduce(log_shares))[is_possible]
    distance = estimate_total_variation(sizes, shares, pool_size)
    method = (
        f"approximate, importance resampling: one of {pool_size} proposals for each line; the "
        f"effective sample size of {BLOCK:,} proposals is {min(sizes):,.0f}; estimated total "
        f"variation distance from the exact distribution: up to {distance:.1%}"
    )
    draw = request.build_draw(samplers, log_masses)
    return Plan(
        draw, method, is_exact=False, proposals=pool_size, is_stepwise=True, distance=distance
    )


def _guide_automaton(request: Request) -> Automaton:
    """Return the guide's automaton: a mixture's smallest member, or a model of sampled lines."""
    mixed = [each for each in members(request.model) if each is not request.model]
    automata = [each.automaton(MAX_TABLE_ENTRIES, request.labels[0]) for each in mixed]
    usable: list[Automaton] = [
        each for each in automata if each is not None and np.isfinite(each.log_probs).all()
    ]
    if usable:
        return min(usable, key=lambda automaton: len(automaton.goto))
    return _fit_guide(request)


def _fit_guide(request: Request) -> Automaton:
    """Fit Kneser-Ney to a block of unconstrained lines, with the longest window that compiles."""
    from makemore.contexts.paths import Paths
    from makemore.contexts.table import Contexts
    from makemore.models.kneser_ney import KneserNey
    from makemore.options.families import KneserNeyOptions

    lines = plan_unconstrained(request, BLOCK).draw(request.uniforms(0, BLOCK))
    lines = lines[lines[:, -1] == BOUNDARY]
    ids = np.concatenate([np.tile(request.prefix, (len(lines), 1)), lines], axis=1)
    V, paths = request.model.vocabulary_size, Paths.of_ids(ids)
    for window in _GUIDE_WINDOWS:
        model = KneserNey(KneserNeyOptions(window=window), V, 0)
        model.count(Contexts.from_paths(paths, V, 0, window))
        automaton = model.automaton(MAX_TABLE_ENTRIES)
        if automaton is not None:
            return automaton
    raise ConstraintError(
        f"a vocabulary of {V:,} characters is too large for a guide: relax the constraints"
    )


def _is_allowed(
    request: Request, constraint: Constraint, ids: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Return (n,) bool, whether each line drawn is allowed."""
    return constraint.allows(np.concatenate([np.tile(request.prefix, (len(ids), 1)), ids], axis=1))


def _check_possible(request: Request, log_masses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `log_masses`, after checking that some label has allowed lines of positive mass."""
    if not np.isfinite(request.log_shares + log_masses).any():
        raise ConstraintError(
            "every line that satisfies the constraints has probability 0 under this model, or less "
            "than 10^-300: relax the constraints, or use a model with smoothing, such as kneser_ney"
        )
    return log_masses
