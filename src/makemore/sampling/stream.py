"""The endless stream of sampled lines, with filters.

`makemore.sampling.strategies` draws allowed lines. The filters after it (ended and clean, new,
distinct, not excluded) skip lines and never change one, so the remaining lines follow the model's
distribution over the lines that pass.
"""

import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING
from unicodedata import is_normalized

import numpy as np

from makemore.errors import ConstraintError, OptionError
from makemore.options.verbs import ConstraintOptions, SampleOptions
from makemore.parallel import open_workers
from makemore.sampling.clean_lines import clean_lines
from makemore.sampling.constraint import Constraint
from makemore.sampling.line_filter import Batch, Filter, Selection, line_filter
from makemore.sampling.request import Request, Source, build_request, compile_constraint
from makemore.sampling.samplers import BLOCK, Warper
from makemore.sampling.strategies import (
    Plan,
    messages_by_label,
    plan_constrained,
    plan_unconstrained,
)

if TYPE_CHECKING:
    from makemore.sampling.search import Expander

# Limits of a batch: its blocks, and its lines times the larger of V and the line length. In
# stepwise sampling, the model's state takes a few kilobytes for each character, and small batches
# keep all processors busy.
_TABLE_LIMITS, _STEPWISE_LIMITS = (16, 2**23), (1, 2**20)
_MIN_BATCH = 64  # minimum lines in a batch
DISTINCT_BATCH = 64  # lines in the first batch of distinct lines and in each batch of a search
_FIRST_BATCH = 256  # lines in the first batch if the model's rows are not exact
_GROWTH = 4  # growth factor of batch sizes
_SEARCH_KEY = 1  # spawn key that separates the random numbers of a search from those of draws


class Stream(Iterator[str]):
    """Iterator over sampled lines; it ends only when no more lines are found.

    Attributes:
        method: description of the sampling strategy.
        is_exact: whether lines follow the model's distribution over the allowed lines.
        distance: estimated total variation distance from the exact distribution; 0 if exact.
        allowed: number of distinct allowed lines; None without a constraint.
    """

    def __init__(
        self,
        source: Source,
        options: SampleOptions,
        exclude: frozenset[str] = frozenset(),
        ahead: int = BLOCK,
        learned: frozenset[str] | None = None,
    ) -> None:
        """Choose the sampling strategy.

        Args:
            source: fitted model to draw from.
            options: sampling options.
            exclude: lines to skip.
            ahead: expected number of lines; it affects only the speed.
            learned: lines of the fitted list, for `new_by`; None to use the digests of the model.

        Raises:
            ConstraintError: no line satisfies the constraint, or a pattern cannot be used.
            OptionError: options contradict each other, or the label is unknown or missing.
        """
        options.check()
        is_far: Callable[[str], bool] | None = None
        if options.new_by:
            from makemore.sampling.edit_distance import MAX_NEAR, distance_filter, far_lines

            is_far = distance_filter(source, options, learned)
        is_constrained, request = options.is_constrained, build_request(source, options)
        constraint = compile_constraint(request, options) if is_constrained else None
        self.allowed = None if constraint is None else constraint.count(request.prefix)
        select = line_filter(source, options, exclude)
        if options.temperature == 0:
            from makemore.sampling.greedy import METHOD, greedy_lines

            self.method, self.is_exact, self.distance = METHOD, True, 0.0
            constraint = constraint or compile_constraint(request, options)
            self._lines = greedy_lines(request, constraint, options, select, is_far)
            return
        if constraint is None:
            plan = plan_unconstrained(request, ahead)
        else:
            plan = plan_constrained(request, constraint, options.exact)
        self.method, self.is_exact, self.distance = plan.method, plan.is_exact, plan.distance
        # For distinct lines, the batch size decides when the search starts, so it must not depend
        # on whether sampling is stepwise.
        largest = _max_batch_size(request, plan.proposals, plan.is_stepwise or options.distinct)
        expected = DISTINCT_BATCH if options.distinct else ahead
        batches = _draw_batches(request, plan, expected, largest)
        # Holds no reference to self, so there is no cycle and it is closed promptly.
        self._lines = _select_lines(batches, select, request, options)
        if is_far is not None:
            patience = options.patience if learned is not None else MAX_NEAR
            self._lines = far_lines(self._lines, is_far, min(patience, options.patience))

    def __next__(self) -> str:
        """Return the next line."""
        return next(self._lines)

    @property
    def how(self) -> str:
        """Deprecated name of `method`, until 1.0."""
        warnings.warn("Stream.how is now Stream.method", DeprecationWarning, stacklevel=2)
        return self.method


def _select_lines(
    batches: Iterator[Batch], select: Filter, request: Request, options: SampleOptions
) -> Iterator[str]:
    """Yield lines until `patience` consecutive draws are rejected; search if most are repeats."""
    selection = Selection(select, options)
    for batch in batches:
        yield from selection.add(batch)
        if selection.is_over:
            return
        if selection.is_repeating:
            for candidates in _search_lines(request, options):
                yield from (candidates[i] for i in select(candidates).tolist())
            return


def _search_lines(request: Request, options: SampleOptions) -> Iterator[list[str]]:
    """Yield batches of lines drawn without replacement."""
    from makemore.sampling.search import search

    expanders, log_shares = build_expanders(request, compile_constraint(request, options))
    rng = np.random.default_rng(np.random.SeedSequence(request.seed, spawn_key=(_SEARCH_KEY,)))
    prefixes = search(expanders, options.patience, rng, log_shares)
    while batch := list(islice(prefixes, DISTINCT_BATCH)):
        lines = [request.vocabulary.text(prefix.ids) for prefix in batch]
        yield [line for line in lines if is_normalized("NFC", line)]


def build_expanders(
    request: Request, constraint: Constraint
) -> "tuple[list[Expander], list[float]]":
    """Return the expander and the log-weight of each label, for a search without replacement."""
    from makemore.sampling.search import ConditionalExpander, ModelExpander

    messages = messages_by_label(request, constraint)
    if messages is None:
        expanders = [ModelExpander(request, constraint, label) for label in request.labels]
        return [*expanders], request.log_shares.tolist()
    log_shares = request.log_shares + [each.log_mass for each in messages]
    return [ConditionalExpander(each, request.prefix) for each in messages], log_shares.tolist()


def most_probable_lines(
    source: Source, options: ConstraintOptions, label: str | None, nodes: int
) -> Iterator[tuple[str, float]]:
    """Yield lines with their log-likelihoods in nats, the most probable first.

    Args:
        source: fitted model to search.
        options: which lines are allowed.
        label: the label of every line; required if the model has labels.
        nodes: maximum number of prefixes to expand.

    Raises:
        ConstraintError: no line satisfies the constraint, or a pattern cannot be used.
        OptionError: options contradict each other, or the label is unknown or missing.
    """
    from makemore.sampling.search import AutomatonExpander, Expander, ModelExpander, search

    options.check()
    if label is None and source.vocabulary.labels:
        raise OptionError(
            f"this model has labels: give one of {', '.join(source.vocabulary.labels)}, because "
            "the most probable lines depend on the label"
        )
    request = Request.of(source, options, label, Warper(), seed=0)
    constraint = compile_constraint(request, options)
    messages = messages_by_label(request, constraint)
    expander: Expander = (
        ModelExpander(request, constraint, request.labels[0])
        if messages is None
        else AutomatonExpander(messages[0], request.prefix)
    )
    log_prefix = request.prefix_states[0].log_prob
    for prefix in search([expander], nodes, log_shares=[log_prefix]):
        line = request.vocabulary.text(prefix.ids)
        if line not in source.excluded and is_normalized("NFC", line):
            yield line, prefix.log_prob


def nothing_found(options: SampleOptions) -> ConstraintError:
    """Return the error for a request that found no line."""
    return ConstraintError(
        f"none of {options.patience:,} lines drawn passed the constraints and filters: relax them, "
        "or raise patience"
    )


def draw_distinct(source: Source, options: SampleOptions, draws: int) -> list[str]:
    """Draw lines with no constraint except prefix and length, and return the distinct ones.

    Unfinished, blank and otherwise unclean lines count as draws, but are left out.
    """
    request = build_request(source, options)
    plan = plan_unconstrained(request, draws)
    distinct: dict[str, None] = {}
    size = _max_batch_size(request, plan.proposals, plan.is_stepwise)
    for low in range(0, draws, size):
        ids = plan.draw(request.uniforms(low, min(low + size, draws)))
        lines, _ = clean_lines(ids, request.vocabulary, request.prefix)
        distinct.update(dict.fromkeys(lines))
    return list(distinct)


def _draw_batches(request: Request, plan: Plan, ahead: int, largest: int) -> Iterator[Batch]:
    """Yield the batches of the stream in order."""

    def draw_batch(bounds: tuple[int, int]) -> Batch:
        low, high = bounds
        ids = plan.draw(request.uniforms(low, high))
        lines, indices = clean_lines(ids, request.vocabulary, request.prefix)
        return Batch(high, lines, low + indices)

    needed = expected_draws(ahead, plan)
    first, is_network = min(needed, largest), not request.model.has_exact_rows
    if plan.is_stepwise and is_network:
        first = min(_FIRST_BATCH, largest)  # so that batches do not depend on `ahead`
    bounds = _batch_bounds(first, largest)
    # A network computes each batch in one thread, so batches are drawn at the same time; count
    # models that are stepped do more in Python, which runs one thread at a time.
    is_concurrent = needed > first if is_network else needed > largest and not plan.is_stepwise
    if not is_concurrent:
        return map(draw_batch, bounds)
    return _draw_concurrently(draw_batch, bounds, needed)


def expected_draws(lines: int, plan: Plan) -> int:
    """Return how many draws should give some lines, with a margin for those that are skipped."""
    return int(lines * plan.draws_per_line * 1.125) + 4


def _max_batch_size(request: Request, proposals: int, is_stepwise: bool) -> int:
    """Return the maximum batch size: as many whole blocks as fit the memory limits."""
    blocks, cells = _STEPWISE_LIMITS if is_stepwise else _TABLE_LIMITS
    room = cells // (max(len(request.vocabulary), request.max_characters + 1) * proposals)
    if room < BLOCK:
        return max(_MIN_BATCH, min(room, BLOCK // proposals))
    return min(blocks, room // BLOCK) * BLOCK // proposals


def _draw_concurrently(
    draw_batch: Callable[[tuple[int, int]], Batch], bounds: Iterator[tuple[int, int]], needed: int
) -> Iterator[Batch]:
    """Yield the batches in order, while up to four of them are drawn in parallel.

    Batches after the first `needed` draws are started only when one of them is asked for.
    """
    with open_workers(4) as workers:
        yield from workers.map(draw_batch, _take_draws(bounds, needed))
        yield from workers.map(draw_batch, bounds)


def _take_draws(bounds: Iterator[tuple[int, int]], needed: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges up to the one that holds the last of the needed draws."""
    for low, high in bounds:
        yield low, high
        if high >= needed:
            return


def _batch_bounds(first: int, largest: int) -> Iterator[tuple[int, int]]:
    """Yield consecutive ranges of the stream, with sizes that grow from `first` to `largest`."""
    low, size = 0, first
    while True:
        yield low, low + size
        low, size = low + size, min(_GROWTH * size, largest)
