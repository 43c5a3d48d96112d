"""The endless stream of sampled lines, with filters.

`makemore.sampling.strategies` draws allowed lines. The filters after it (ended and clean, new,
distinct, not excluded) skip lines and never change one, so the remaining lines follow the model's
distribution over the lines that pass.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.lines import line_digests
from makemore.corpus.vocabulary import BOUNDARY, Vocabulary
from makemore.errors import OptionError
from makemore.options.verbs import ConstraintOptions, SampleOptions
from makemore.sampling.constraint import Constraint
from makemore.sampling.request import Request, Source, constraint_of, request_of
from makemore.sampling.samplers import BLOCK, Shape
from makemore.sampling.strategies import Plan, constrained, freely, messages_of_labels

if TYPE_CHECKING:
    from makemore.sampling.search import Steps

Filter = Callable[[list[str]], NDArray[np.intp]]

# Limits of a batch: its blocks, and its lines times the larger of V and the line length. When a
# model is walked, its state takes a few kilobytes for each character.
_LOOKED_UP, _WALKED = (16, 2**23), (4, 2**20)
_FEWEST = 64  # minimum lines in a batch
_SPELL = 64  # lines in the first batch of distinct lines, and lines from a search at a time
_FIRST = 256  # lines in the first batch if the model's rows are not exact
_GROWTH = 4  # growth factor of batch sizes
_REPEATS = 4  # search for distinct lines once fewer than one in so many drawn lines is kept
_SEARCH = 1  # spawn key that separates the random numbers of a search from those of draws


class Stream(Iterator[str]):
    """Iterator over sampled lines; it ends only when no more lines are found.

    Attributes:
        how: description of the strategy, for users.
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
    ) -> None:
        """Choose the sampling strategy.

        Args:
            source: fitted model to draw from.
            options: sampling options.
            exclude: lines to skip.
            ahead: expected number of lines; it affects only the speed.

        Raises:
            ConstraintError: no line satisfies the constraint, or a pattern cannot be used.
            OptionError: options contradict each other, or the label is unknown or missing.
        """
        options.check()
        is_constrained, request = options.is_constrained, request_of(source, options)
        constraint = constraint_of(request, options) if is_constrained else None
        self.allowed = None if constraint is None else constraint.count(request.prefix)
        if constraint is None:
            plan = freely(request, ahead)
        else:
            plan = constrained(request, constraint, options.exact)
        self.how, self.is_exact, self.distance = plan.how, plan.is_exact, plan.distance
        # For distinct lines, the batch size decides when the search starts, so it must not depend
        # on whether the model is walked.
        is_small = plan.is_walked or options.distinct
        largest = _lines_at_once(request, plan.proposals, is_small)
        batches = _batches(request, plan, _SPELL if options.distinct else ahead, largest)
        # Holds no reference to self, so there is no cycle and it is closed promptly.
        self._lines = _drawn(batches, _filter(source, options, exclude), request, options)

    def __next__(self) -> str:
        """Return the next line."""
        return next(self._lines)


class Batch(NamedTuple):
    """Lines that were drawn together.

    Attributes:
        end: number of lines of the stream that are drawn by the end of this batch.
        lines: the clean lines of the batch; see `_text`.
        places: (lines,) index of each in the stream.
    """

    end: int
    lines: list[str]
    places: NDArray[np.intp]


def _drawn(
    batches: Iterator[Batch], keep: Filter, request: Request, options: SampleOptions
) -> Iterator[str]:
    """Yield lines until `patience` consecutive draws are rejected; search if most are repeats."""
    last = -1  # the index of the last kept line in the stream
    for batch in batches:
        kept = keep(batch.lines)
        places = batch.places[kept]
        gaps = np.diff(places, prepend=last, append=batch.end) - 1  # rejected draws before each
        enough = int(np.argmax(np.append(gaps, options.patience) >= options.patience))
        yield from (batch.lines[i] for i in kept[:enough].tolist())
        if enough < len(gaps):
            return
        last = int(places[-1]) if len(places) else last
        if options.distinct and len(kept) * _REPEATS < len(batch.lines):
            for some in _searched(request, options):
                yield from (some[i] for i in keep(some).tolist())
            return


def _searched(request: Request, options: SampleOptions) -> Iterator[list[str]]:
    """Yield batches of lines drawn without replacement."""
    from makemore.sampling.search import search

    steps, log_shares = search_steps(request, constraint_of(request, options))
    rng = np.random.default_rng(np.random.SeedSequence(request.seed, spawn_key=(_SEARCH,)))
    found = search(steps, options.patience, rng, log_shares)
    while some := list(islice(found, _SPELL)):
        yield [request.vocabulary.text(prefix.ids) for prefix in some]


def search_steps(request: Request, constraint: Constraint) -> "tuple[list[Steps], list[float]]":
    """Return the steps and the log-weight of each label, for a search without replacement."""
    from makemore.sampling.search import ConditionalSteps, ModelSteps

    messages = messages_of_labels(request, constraint)
    if messages is None:
        steps = [ModelSteps(request, constraint, label) for label in request.labels]
        return [*steps], request.log_shares.tolist()
    log_shares = request.log_shares + [each.log_mass for each in messages]
    return [ConditionalSteps(each, request.prefix) for each in messages], log_shares.tolist()


def most_probable(
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
    from makemore.sampling.search import AutomatonSteps, ModelSteps, Steps, search

    options.check()
    if label is None and source.vocabulary.labels:
        raise OptionError(
            f"this list has labels: give one of {', '.join(source.vocabulary.labels)}, as what is "
            "most probable depends on it"
        )
    request = Request.of(source, options, label, Shape(), seed=0)
    constraint = constraint_of(request, options)
    messages = messages_of_labels(request, constraint)
    steps: Steps = (
        ModelSteps(request, constraint, request.labels[0])
        if messages is None
        else AutomatonSteps(messages[0], request.prefix)
    )
    log_prefix = request.beginnings[0].log_prob
    for prefix in search([steps], nodes, log_shares=[log_prefix]):
        line = request.vocabulary.text(prefix.ids)
        if line not in source.withheld:
            yield line, prefix.log_prob


def free_lines(source: Source, options: SampleOptions, draws: int) -> list[str]:
    """Draw lines with no constraint except prefix and length, and return the distinct ones.

    Unfinished, blank and otherwise unclean lines count as draws, but are left out.
    """
    request = request_of(source, options)
    plan = freely(request, draws)
    found: dict[str, None] = {}
    size = _lines_at_once(request, plan.proposals, plan.is_walked)
    for low in range(0, draws, size):
        ids = plan.draw(low, min(low + size, draws))
        lines, _ = _text(ids, request.vocabulary, request.prefix)
        found.update(dict.fromkeys(lines))
    return list(found)


def _filter(source: Source, options: SampleOptions, exclude: frozenset[str]) -> Filter:
    """Return a function that returns the indices of the lines that pass the filters."""
    seen = set(exclude | source.withheld)
    assert source.known is not None or not options.new, "new without digests"
    known = source.known() if options.new and source.known else None

    def keep(lines: list[str]) -> NDArray[np.intp]:
        kept = np.arange(len(lines))
        if known is not None and len(known):
            digest = line_digests(line.encode() for line in lines)
            place = np.minimum(np.searchsorted(known, digest), len(known) - 1)
            kept = np.flatnonzero(known[place] != digest)
        if options.distinct:
            first = {lines[i]: i for i in kept[::-1].tolist() if lines[i] not in seen}
            seen.update(first)
            kept = np.array(sorted(first.values()), np.intp)
        elif seen:
            kept = np.array([i for i in kept.tolist() if lines[i] not in seen], np.intp)
        return kept

    return keep


def _batches(request: Request, plan: Plan, ahead: int, largest: int) -> Iterator[Batch]:
    """Yield the batches of the stream in order."""

    def batch(bounds: tuple[int, int]) -> Batch:
        low, high = bounds
        lines, places = _text(plan.draw(low, high), request.vocabulary, request.prefix)
        return Batch(high, lines, low + places)

    needed = int(ahead * plan.tries * 1.125) + 4  # a margin for lines that are skipped
    if plan.is_walked and not request.model.has_exact_rows:
        needed = _FIRST  # so that batches do not depend on `ahead`
    bounds = _cuts(min(needed, largest), largest)
    # A walked network uses several threads itself, and two concurrent walks would slow each other.
    return map(batch, bounds) if plan.is_walked or needed <= largest else _at_once(batch, bounds)


def _lines_at_once(request: Request, proposals: int, is_small: bool) -> int:
    """Return the maximum batch size: as many whole blocks as fit the memory limits."""
    blocks, cells = _WALKED if is_small else _LOOKED_UP
    room = cells // (max(len(request.vocabulary), request.most + 1) * proposals)
    if room < BLOCK:
        return max(_FEWEST, min(room, BLOCK // proposals))
    return min(blocks, room // BLOCK) * BLOCK // proposals


def _at_once(
    batch: Callable[[tuple[int, int]], Batch], bounds: Iterator[tuple[int, int]]
) -> Iterator[Batch]:
    """Yield the batches in order, while up to four of them are drawn in parallel."""
    workers = min(4, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:  # NumPy releases the GIL
        pending = [pool.submit(batch, next(bounds)) for _ in range(workers)]
        for cut in bounds:
            yield pending.pop(0).result()
            pending.append(pool.submit(batch, cut))


def _cuts(first: int, largest: int) -> Iterator[tuple[int, int]]:
    """Yield consecutive ranges of the stream, with sizes that grow from `first` to `largest`."""
    low, size = 0, first
    while True:
        yield low, low + size
        low, size = low + size, min(_GROWTH * size, largest)


def _text(
    ids: NDArray[np.int32], vocabulary: Vocabulary, prefix: NDArray[np.int32]
) -> tuple[list[str], NDArray[np.intp]]:
    """Return the clean lines and the indices of their rows in `ids`.

    Lines that have not ended, blank lines and lines with a space at either end are left out.

    Args:
        ids: (n, T) ids after the prefix, zero from the end of a line on.
        vocabulary: the model's vocabulary.
        prefix: (p,) ids that every line starts with.
    """
    drawn = np.concatenate([np.tile(prefix, (len(ids), 1)), ids], axis=1)
    length = np.count_nonzero(drawn, axis=1)
    is_space = np.array([True, *map(str.isspace, vocabulary.characters)])  # id 0: a blank line
    first, last = drawn[:, 0], drawn[np.arange(len(drawn)), np.maximum(length, 1) - 1]
    is_clean = (drawn[:, -1] == BOUNDARY) & ~is_space[first] & ~is_space[last]
    is_text = np.arange(drawn.shape[1]) <= length[:, None]  # with one boundary as separator
    codes = vocabulary.decode(drawn[is_text & is_clean[:, None]])
    return codes.tobytes().decode("utf-32-le").split("\n")[:-1], np.flatnonzero(is_clean)
