"""The endless stream of lines drawn, filtered.

`makemore.sampling.strategies` draws lines that are allowed. The filters after it (not too long,
new, not seen before) skip lines and never change one, so those that stay have the model's
probabilities among the lines that pass.
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

# Lines drawn at once: at most so many blocks, and so many lines times V, or times their length. A
# state that walks takes a few kilobytes for each character.
_LOOKED_UP, _WALKED = (16, 2**23), (4, 2**20)
_FEWEST = 64
_SPELL = 64  # lines at first, where each must be another one
_FIRST = 256  # lines at first, where rows are not exact
_GROWTH = 4  # from one batch to the next
_REPEATS = 4  # of so many lines drawn one must be another one, or they are searched for
_SEARCH = 1  # sets the numbers of a search apart from those of lines


class Stream(Iterator[str]):
    """Lines without end, or until no more are found.

    Attributes:
        how: the way they are drawn, in words.
        is_exact: whether they have the model's own probabilities among those allowed.
        distance: the estimated total variation distance from exact lines; 0 where they are exact.
        allowed: how many different lines are allowed, or None without a constraint.
    """

    def __init__(
        self,
        source: Source,
        options: SampleOptions,
        exclude: frozenset[str] = frozenset(),
        ahead: int = BLOCK,
    ) -> None:
        """Choose the strategy by which lines are drawn.

        Args:
            source: what to draw from.
            options: which lines, and how.
            exclude: lines never to give.
            ahead: how many lines will probably be taken; speed alone depends on it.

        Raises:
            ConstraintError: no line can be what is asked, or a pattern cannot be used.
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
        # Where each must be another line, what is drawn at once decides when they are searched for.
        is_small = plan.is_walked or options.distinct
        largest = _lines_at_once(request, plan.proposals, is_small)
        batches = _batches(request, plan, _SPELL if options.distinct else ahead, largest)
        # Holds no reference to self, so there is no cycle and it is closed promptly.
        self._lines = _drawn(batches, _filter(source, options, exclude), request, options)

    def __next__(self) -> str:
        """The next line."""
        return next(self._lines)


class Batch(NamedTuple):
    """Lines that were drawn together.

    Attributes:
        end: how many lines of the stream have been drawn after this batch.
        lines: those that can stand in a cleaned list.
        places: (lines,) the place of each in the stream.
    """

    end: int
    lines: list[str]
    places: NDArray[np.intp]


def _drawn(
    batches: Iterator[Batch], keep: Filter, request: Request, options: SampleOptions
) -> Iterator[str]:
    """Yield lines until `patience` draws in a row were not what was asked for."""
    last = -1  # the place of the last line given
    for batch in batches:
        kept = keep(batch.lines)
        places = batch.places[kept]
        gaps = np.diff(places, prepend=last, append=batch.end) - 1  # draws in vain before each
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
    """All lines, in the order of drawing without replacement, some at a time."""
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
        source: what to ask.
        options: which lines are allowed.
        label: the label of every line, for a list with labels.
        nodes: prefixes to expand, at most.

    Raises:
        ConstraintError: no line can be what is asked, or a pattern cannot be used.
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
    """Return the distinct lines among so many drawn, with no constraint but a prefix and a length.

    Draws that gave no line, not ended or blank, are counted and left out.
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
    """Make the function that says which lines of a list are wanted, by their indices."""
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
    """Draw the stream, batch after batch."""

    def batch(bounds: tuple[int, int]) -> Batch:
        low, high = bounds
        lines, places = _text(plan.draw(low, high), request.vocabulary, request.prefix)
        return Batch(high, lines, low + places)

    needed = int(ahead * plan.tries * 1.125) + 4  # some are passed over
    if plan.is_walked and not request.model.has_exact_rows:
        needed = _FIRST  # the same lines are drawn together, however many will be taken
    bounds = _cuts(min(needed, largest), largest)
    # A network that is walked has threads of its own, and two walks would be in each other's way.
    return map(batch, bounds) if plan.is_walked or needed <= largest else _at_once(batch, bounds)


def _lines_at_once(request: Request, proposals: int, is_small: bool) -> int:
    """How many lines are drawn together: as many as their numbers have room for, whole blocks."""
    blocks, cells = _WALKED if is_small else _LOOKED_UP
    room = cells // (max(len(request.vocabulary), request.most + 1) * proposals)
    if room < BLOCK:
        return max(_FEWEST, min(room, BLOCK // proposals))
    return min(blocks, room // BLOCK) * BLOCK // proposals


def _at_once(
    batch: Callable[[tuple[int, int]], Batch], bounds: Iterator[tuple[int, int]]
) -> Iterator[Batch]:
    """The batches in their order, some drawn at the same time."""
    workers = min(4, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:  # NumPy works outside the interpreter's lock
        pending = [pool.submit(batch, next(bounds)) for _ in range(workers)]
        for cut in bounds:
            yield pending.pop(0).result()
            pending.append(pool.submit(batch, cut))


def _cuts(first: int, largest: int) -> Iterator[tuple[int, int]]:
    """Consecutive ranges of the stream, growing from the first size to the largest."""
    low, size = 0, first
    while True:
        yield low, low + size
        low, size = low + size, min(_GROWTH * size, largest)


def _text(
    ids: NDArray[np.int32], vocabulary: Vocabulary, prefix: NDArray[np.int32]
) -> tuple[list[str], NDArray[np.intp]]:
    """Return the lines that can stand in a cleaned list, and which rows of `ids` they are.

    Left out are lines that had not ended, blank ones, and those with a space at either end.

    Args:
        ids: (n, T) what follows the prefix, zero after the end of a line.
        vocabulary: of the model.
        prefix: (p,) ids that every line starts with.
    """
    drawn = np.concatenate([np.tile(prefix, (len(ids), 1)), ids], axis=1)
    length = np.count_nonzero(drawn, axis=1)
    is_space = np.array([True, *map(str.isspace, vocabulary.characters)])  # a blank line is as bad
    first, last = drawn[:, 0], drawn[np.arange(len(drawn)), np.maximum(length, 1) - 1]
    is_clean = (drawn[:, -1] == BOUNDARY) & ~is_space[first] & ~is_space[last]
    is_text = np.arange(drawn.shape[1]) <= length[:, None]  # the line and one end, which splits
    codes = vocabulary.decode(drawn[is_text & is_clean[:, None]])
    return codes.tobytes().decode("utf-32-le").split("\n")[:-1], np.flatnonzero(is_clean)
