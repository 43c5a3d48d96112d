"""Sampling for several requests at once: one batch holds lines of all of them.

A request's lines are those of its own stream, since each line has its own uniform numbers. If the
rows of the model are exact, they are the same as without other requests. The rows of a network
differ in their last digits with the batch, so that a uniform number which falls within that
difference gives another line.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.options.declaration import Value
from makemore.options.verbs import SampleOptions
from makemore.sampling.clean_lines import clean_lines
from makemore.sampling.line_filter import Batch, Filter, Selection
from makemore.sampling.request import Request, Source, build_request
from makemore.sampling.samplers import Uniforms
from makemore.sampling.strategies import Plan, build_tables, plan_unconstrained
from makemore.sampling.stream import DISTINCT_BATCH, expected_draws
from makemore.sampling.table_walk import TableWalk

_MAX_TABLE = 2**22  # entries of a table of a model's states, 32 MiB
_MAX_BATCH = 256  # lines that a request draws at a time, so that others need not wait long
_MAX_LINES = 4096  # lines of all requests in a batch
_FEW_LINES = 64  # lines of a batch up to which a table is faster without arrays
# Options that choose among drawn lines, or fix the random numbers: requests that differ in them
# alone share a plan.
_CHOOSING = ("seed", "new", "distinct", "patience", "states", "exact")


class JoinedUniforms(Uniforms):
    """The uniform numbers of several streams, one after the other, so that they share a batch."""

    def __init__(self, parts: Sequence[Uniforms]) -> None:
        """Join at least one range; lines count from zero."""
        self.parts = parts
        self.low, self.high = 0, sum(map(len, parts))

    def at(self, position: int) -> NDArray[np.float64]:
        """See `Uniforms.at`."""
        return np.concatenate([part.at(position) for part in self.parts])

    def spawn(self, k: int) -> Uniforms:
        """See `Uniforms.spawn`."""
        return JoinedUniforms([part.spawn(k) for part in self.parts])


@dataclass(frozen=True, eq=False)
class SharedPlan:
    """A plan of which several requests draw lines, each with its own seed.

    Attributes:
        request: the model, the prefix, the length and the labels.
        plan: how lines are drawn.
        walk: draws a few lines from tables, if the model is exact and small enough; else None.
    """

    request: Request
    plan: Plan
    walk: TableWalk | None

    @classmethod
    def of(cls, source: Source, options: SampleOptions) -> Self:
        """Return the plan of options that `can_share`; the seed is ignored.

        Raises:
            ConstraintError: no line can start with the prefix.
            OptionError: options contradict each other, or the label is unknown.
        """
        options.check()
        request = build_request(source, options)
        plan, walk, tables = plan_unconstrained(request, ahead=1), None, None
        if request.model.has_exact_rows:
            tables = build_tables(request, _MAX_TABLE // len(request.vocabulary))
        if tables is not None:
            draw = request.build_draw(tables, np.zeros(len(tables)))
            plan, walk = plan._replace(draw=draw), TableWalk(request, tables)
        return cls(request, plan, walk)

    @property
    def max_lines(self) -> int:
        """Maximum number of lines in a batch of several requests."""
        return max(_MAX_BATCH, min(_MAX_LINES, _MAX_TABLE // len(self.request.vocabulary)))


def can_share(options: SampleOptions) -> bool:
    """Return whether requests with such options can share batches.

    They cannot if there is a constraint besides a prefix and a maximum length, because the choice
    of a strategy then depends on the seed, or if lines are not drawn independently.
    """
    return not (options.is_constrained or options.new_by or options.temperature == 0)


def plan_key(options: SampleOptions) -> tuple[Value, ...]:
    """Return what requests must have in common to share a plan."""
    return tuple(value for name, value in options.to_dict().items() if name not in _CHOOSING)


@dataclass
class Draws:
    """The lines of one request, found batch by batch.

    Attributes:
        shared: the plan that it shares with other requests.
        selection: the choice of lines.
        seed: the seed.
        n: number of lines to find.
        lines: those found so far.
        is_over: whether no further batch is to be drawn. Distinct lines are drawn in one batch
            only: whether further ones are drawn or searched depends on the sizes of the batches.
        most: maximum number of lines in a batch, except for distinct lines.
    """

    shared: SharedPlan
    selection: Selection
    seed: int
    n: int
    lines: list[str] = field(default_factory=list)
    is_over: bool = False
    most: int = _MAX_BATCH
    _surplus: list[str] = field(default_factory=list)  # lines found beyond n
    _low: int = 0
    _size: int = 0

    @classmethod
    def of(
        cls, shared: SharedPlan, select: Filter, options: SampleOptions, seed: int, n: int
    ) -> Self:
        """Prepare the draws of a request; nothing is drawn yet.

        Args:
            shared: the plan of these options.
            select: chooses among the drawn lines.
            options: the options of the request; their seed is ignored.
            seed: the seed.
            n: number of lines to find.
        """
        size = n if shared.walk else expected_draws(n, shared.plan)
        if options.distinct:
            size = expected_draws(DISTINCT_BATCH, shared.plan)
        return cls(shared, Selection(select, options), seed, n, _size=size)

    @property
    def is_complete(self) -> bool:
        """Whether these are the lines of the request; else it is to be drawn alone."""
        return len(self.lines) >= self.n or self.selection.is_over

    def go_on(self, n: int) -> None:
        """Find n further lines, after those found so far."""
        self.n, self.lines, self._surplus = n, self._surplus[:n], self._surplus[n:]
        self.is_over = self.is_complete

    @property
    def next_size(self) -> int:
        """Number of lines of the next batch."""
        return self._size if self.selection.is_distinct else min(self._size, self.most)

    def uniforms(self) -> Uniforms:
        """Return the uniform numbers of the next batch."""
        return Uniforms(self.seed, self._low, self._low + self.next_size)

    def add(self, lines: list[str], indices: NDArray[np.intp]) -> None:
        """Add the clean lines of the next batch; `indices` are their numbers in the batch."""
        end = self._low + self.next_size
        self.lines += self.selection.add(Batch(end, lines, self._low + indices))
        self._surplus = self.lines[self.n :]
        del self.lines[self.n :]
        self.is_over = self.is_complete or self.selection.is_distinct
        missing = self.n - len(self.lines)
        more = 2 * missing if self.shared.walk else 4 * self._size  # arrays cost less for many
        self._low, self._size = end, min(max(more, 4), _MAX_BATCH)


def draw_together(shared: SharedPlan, requests: Sequence[Draws]) -> None:
    """Draw the next batch of each request, all of them at once.

    Args:
        shared: the plan of all requests.
        requests: the requests; none is over.
    """
    sizes = [each.next_size for each in requests]
    if shared.walk is not None and sum(sizes) <= _FEW_LINES:
        for each in requests:
            each.add(*shared.walk.draw(each.uniforms()))
        return
    ids = shared.plan.draw(JoinedUniforms([each.uniforms() for each in requests]))
    lines, indices = clean_lines(ids, shared.request.vocabulary, shared.request.prefix)
    ends = np.cumsum(sizes)
    bounds = np.searchsorted(indices, ends).tolist()
    start = 0
    for each, end, first in zip(requests, bounds, ends - sizes, strict=True):
        each.add(lines[start:end], indices[start:end] - first)
        start = end
