"""Lines that are at least K edits away from every learned line.

An edit inserts, deletes or replaces one character (Levenshtein distance). With the list itself, the
distance to its lines is computed. Without it, the digests of the list are enough: a line is too
near if one of its neighbours, the texts within K - 1 edits of it, has the digest of a learned line.
For K = 3, a line of eight letters has some 100,000 neighbours.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from makemore.corpus.case import fold_case
from makemore.corpus.lines import line_digests
from makemore.options.verbs import SampleOptions
from makemore.sampling.line_filter import contains
from makemore.sampling.request import Source

_BATCH = 4096  # neighbours whose digests are looked up together
MAX_NEAR = 10_000  # consecutive lines that are too near before the stream ends, with digests


def distance_filter(
    source: Source, options: SampleOptions, learned: frozenset[str] | None
) -> Callable[[str], bool]:
    """Return a function that returns whether a line is `new_by` edits from every learned line.

    With `ignore_case`, lines are compared after case folding.

    Args:
        source: the fitted model; with digests unless the list is given.
        options: sampling options.
        learned: the lines of the list, or None to compare with the digests.
    """
    to_key: Callable[[str], str] = fold_case if options.ignore_case else str
    within = options.new_by - 1
    if learned is not None:
        from rapidfuzz.distance import Levenshtein  # here, as few callers need it
        from rapidfuzz.process import extractOne

        keys = list(set(map(to_key, learned)))
        return lambda line: (
            extractOne(to_key(line), keys, scorer=Levenshtein.distance, score_cutoff=within) is None
        )
    stored = source.folded_digests if options.ignore_case else source.digests
    assert stored is not None, "new_by without digests"
    digests = stored()
    characters = "".join(sorted(set("".join(map(to_key, source.vocabulary.characters)))))

    def is_far(line: str) -> bool:
        texts = neighbours(to_key(line), characters, within)
        while batch := list(islice(texts, _BATCH)):
            if contains(digests, line_digests(text.encode() for text in batch)).any():
                return False
        return True

    return is_far


def neighbours(text: str, characters: str, edits: int) -> Iterator[str]:
    """Yield the texts within some edits of a text, the nearest first; some more than once.

    Example:
        >>> sorted(set(neighbours("a", "ab", 1)))
        ['', 'a', 'aa', 'ab', 'b', 'ba']
    """
    yield text
    if edits:
        nearest = _one_edit(text, characters)
        yield from nearest
        if edits > 1:
            further = (neighbours(each, characters, edits - 1) for each in nearest)
            yield from chain.from_iterable(further)


def _one_edit(text: str, characters: str) -> list[str]:
    """Return the distinct texts that differ from a text by one edit."""
    starts = [(text[:i], text[i:]) for i in range(len(text) + 1)]
    deleted = [start + end[1:] for start, end in starts if end]
    replaced = [start + c + end[1:] for start, end in starts if end for c in characters]
    inserted = [start + c + end for start, end in starts for c in characters]
    return list(dict.fromkeys([*deleted, *replaced, *inserted]))


def far_lines(lines: Iterable[str], is_far: Callable[[str], bool], patience: int) -> Iterator[str]:
    """Yield the lines that are far enough, until `patience` lines in a row were too near."""
    rejected = 0
    for line in lines:
        if is_far(line):
            rejected = 0
            yield line
        else:
            rejected += 1
            if rejected >= patience:
                return
