"""The lines that were asked for, out of the endless stream of lines drawn.

What a line must be (not too long, new, not seen before) is asked of each drawn line in turn; a line
that fails is passed over, never cut or mended, so those that stay have the model's probabilities
among the lines allowed.
"""

import os
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.digests import digests
from makemore.corpus.vocabulary import BOUNDARY, Vocabulary
from makemore.errors import ConstraintError
from makemore.likelihood import Model
from makemore.options.verbs import SampleOptions
from makemore.sampling.draw import BLOCK, Shape, Table, Uniforms, Walk

_TABLE_PAYS = 4 * BLOCK  # lines from which writing a model out as states is the faster way
_MOST_CELLS = 2**23  # lines times V, or times their length, drawn at once


@dataclass(frozen=True)
class Source:
    """A fitted model with what is needed to draw from it.

    Attributes:
        model: the model.
        vocabulary: its characters and labels.
        longest: characters of the longest line it learned.
        label_shares: (labels,) float64, how often each label stood; empty without labels.
        known: gives the (k,) uint64 ascending digests of every line it read; needed for `new`.
    """

    model: Model
    vocabulary: Vocabulary
    longest: int
    label_shares: NDArray[np.float64]
    known: Callable[[], NDArray[np.uint64]] | None = None


def stream(
    source: Source,
    options: SampleOptions,
    exclude: frozenset[str] = frozenset(),
    ahead: int = BLOCK,
) -> Iterator[str]:
    """Draws lines without end.

    Args:
        source: what to draw from.
        options: which lines, and how.
        exclude: lines never to give.
        ahead: how many lines will probably be taken; speed alone depends on it.

    Returns:
        lines, until `options.patience` draws in a row, or a batch more, were not what was asked.

    Raises:
        ConstraintError: the prefix has a character that the model never saw, or leaves no room.
        OptionError: the label is unknown, or missing.
    """
    is_wanted = _filter(source, options, exclude)
    batches = _batches(source, options, ahead)  # what cannot be met is said here, not at the first

    def lines() -> Iterator[str]:
        in_vain = 0
        for drawn, found in batches:
            wanted = is_wanted(found)
            yield from wanted
            in_vain = 0 if wanted else in_vain + drawn
            if in_vain >= options.patience:
                return

    return lines()


def _filter(
    source: Source, options: SampleOptions, exclude: frozenset[str]
) -> Callable[[list[str]], list[str]]:
    """Makes the function that keeps the wanted lines of a list."""
    seen = set(exclude)
    assert source.known is not None or not options.new, "new without digests"
    known = source.known() if options.new and source.known else None

    def wanted(lines: list[str]) -> list[str]:
        if known is not None and len(known):
            digest = digests(line.encode() for line in lines)
            place = np.minimum(np.searchsorted(known, digest), len(known) - 1)
            lines = [lines[i] for i in np.flatnonzero(known[place] != digest)]
        if options.distinct:
            lines = [line for line in dict.fromkeys(lines) if line not in seen]
            seen.update(lines)
        elif seen:
            lines = [line for line in lines if line not in seen]
        return lines

    return wanted


def _batches(source: Source, options: SampleOptions, ahead: int) -> Iterator[tuple[int, list[str]]]:
    """How many lines were drawn, and those short enough as text, batch after batch."""
    prefix = _prefix_ids(source.vocabulary, options)
    # A prefix as long as any line of the list still deserves an end.
    room = source.longest if len(prefix) < source.longest else source.longest + len(prefix)
    most = (options.max_length or room) - len(prefix)
    if most < 0:
        raise ConstraintError(
            f"no line of at most {options.max_length} characters starts with {options.prefix!r}, "
            f"which has {len(prefix)}: raise max_length or shorten the prefix"
        )
    draw = _drawer(source, options, prefix, ahead)

    def batch(bounds: tuple[int, int]) -> tuple[int, list[str]]:
        low, high = bounds
        return high - low, _text(draw(low, high, most), source.vocabulary, prefix)

    cells = max(len(source.vocabulary), most + 1)  # a line's share of the largest arrays
    largest = max(BLOCK, min(16 * BLOCK, _MOST_CELLS // cells) // BLOCK * BLOCK)
    bounds = _cuts(min(ahead + ahead // 8 + 4, largest), largest)  # some are passed over
    return map(batch, bounds) if ahead <= largest else _at_once(batch, bounds)


def _at_once(
    batch: Callable[[tuple[int, int]], tuple[int, list[str]]], bounds: Iterator[tuple[int, int]]
) -> Iterator[tuple[int, list[str]]]:
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
        low, size = low + size, min(2 * size, largest)


def _prefix_ids(vocabulary: Vocabulary, options: SampleOptions) -> NDArray[np.int32]:
    """The prefix as ids."""
    prefix = unicodedata.normalize("NFC", options.prefix)
    if prefix[:1].isspace():
        raise ConstraintError(
            f"the prefix {prefix!r} starts with a space, which no line does: lines are "
            "trimmed. Leave the space out"
        )
    ids = vocabulary.encode(np.array([ord(c) for c in prefix], np.uint32))
    for character, i in zip(prefix, ids.tolist(), strict=True):
        if i < 0:
            raise ConstraintError(
                f"the prefix has {character!r}, which is in no line this model learned, so no line "
                "it can make starts so: leave it out, or fit on a list that has it"
            )
    return ids


def _drawer(
    source: Source, options: SampleOptions, prefix: NDArray[np.int32], ahead: int
) -> Callable[[int, int, int], NDArray[np.int32]]:
    """Makes the function that draws lines low to high of the stream, (n, T) ids."""
    shape = Shape(options.temperature, options.top_k, options.top_p)
    model, vocabulary = source.model, source.vocabulary
    given = None if options.label is None else vocabulary.label_id(options.label)
    table = None
    if ahead >= _TABLE_PAYS and (given is not None or not vocabulary.labels):
        automaton = model.automaton(2 * ahead, given)  # more states than that would not pay
        table = None if automaton is None else Table(automaton, shape, prefix)

    @cache
    def walk(label: int | None) -> Walk:
        return Walk(model, shape, prefix, label)

    def draw(low: int, high: int, most: int) -> NDArray[np.int32]:
        uniforms = Uniforms(options.seed, low, high)
        if given is not None or not vocabulary.labels:
            everything = np.arange(high - low)
            return (table or walk(given)).draw(uniforms, everything, 0, most)
        label = np.searchsorted(np.cumsum(source.label_shares)[:-1], uniforms.at(0), side="right")
        parts = [np.flatnonzero(label == i) for i in range(len(vocabulary.labels))]
        drawn = [
            walk(len(vocabulary) + i).draw(uniforms, which, 1, most)
            for i, which in enumerate(parts)
        ]
        ids = np.zeros((high - low, max(part.shape[1] for part in drawn)), np.int32)
        for which, part in zip(parts, drawn, strict=True):
            ids[which, : part.shape[1]] = part
        return ids

    return draw


def _text(ids: NDArray[np.int32], vocabulary: Vocabulary, prefix: NDArray[np.int32]) -> list[str]:
    """The lines that can stand in a cleaned list, as strings; `ids` is (n, T), zero after the end.

    Left out are lines that had not ended, blank ones, and those with a space at either end.
    """
    drawn = np.concatenate([np.tile(prefix, (len(ids), 1)), ids], axis=1)
    length = np.count_nonzero(drawn, axis=1)
    is_space = np.array([True, *map(str.isspace, vocabulary.characters)])  # a blank line is as bad
    first, last = drawn[:, 0], drawn[np.arange(len(drawn)), np.maximum(length, 1) - 1]
    is_clean = (drawn[:, -1] == BOUNDARY) & ~is_space[first] & ~is_space[last]
    is_text = np.arange(drawn.shape[1]) <= length[:, None]  # the line and one end, which splits
    codes = vocabulary.decode(drawn[is_text & is_clean[:, None]])
    return codes.tobytes().decode("utf-32-le").split("\n")[:-1]
