"""Filter for infrequent lines of a list that is read twice, block by block."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from makemore.contexts.packed_rows import PackedRows
from makemore.contexts.summed_table import MemoryTable, SummedTable
from makemore.corpus.lines import Lines
from makemore.corpus.rare_lines import keep_lines, reaches


def drop_rare_blocks(
    blocks: Iterable[Lines], again: Iterable[Lines], min_count: float
) -> Iterator[Lines]:
    """Yield the blocks of a list without rare lines; see `drop_rare`.

    Memory holds the digests of the distinct lines, so two lines whose digests are equal, by a
    chance of 2**-64, count as one.

    Args:
        blocks: the list.
        again: the same list.
        min_count: minimum frequency of a line.
    """
    number: dict[str, int] = {}  # of each label
    table: SummedTable = MemoryTable()
    for block in blocks:
        for name in block.label_names:
            number.setdefault(name, len(number))
        table.add(_keys(block, number), weights=block.weights)
    frequent: list[NDArray[np.uint64]] = [np.zeros(0, np.uint64) for _ in range(len(number) or 1)]
    for sums in table.ordered():
        is_kept = reaches(sums.repeats if sums.weights is None else sums.weights, min_count)
        label, digest = (word[is_kept] for word in sums.keys.words)
        for each in range(len(frequent)):
            frequent[each] = np.concatenate([frequent[each], digest[label == each]])
    for block in again:
        label, digest = _keys(block, number).words
        is_kept = np.zeros(len(block), bool)
        for each, digests in enumerate(frequent):
            rows = np.flatnonzero(label == each)
            is_kept[rows] = np.isin(digest[rows], digests)
        yield keep_lines(block, is_kept)


def _keys(block: Lines, number: dict[str, int]) -> PackedRows:
    """Return a key for each line: the number of its label, then its digest."""
    labels = block.label_indices(list(number))
    label = np.zeros(len(block), np.uint64) if labels is None else labels.astype(np.uint64)
    return PackedRows((label, block.digests), (1, 1), 64)
