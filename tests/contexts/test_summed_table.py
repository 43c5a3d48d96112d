"""Sums by key compared with a dictionary."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.contexts import summed_table
from makemore.contexts.packed_rows import PackedRows
from makemore.contexts.summed_table import MemoryTable

LARGE = 2**31
KEYS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(0, LARGE - 1)), max_size=20
)  # keys of two words, many of which have the first one in common
BATCHES = st.lists(KEYS, max_size=8)


def packed(keys) -> PackedRows:
    return PackedRows.pack(np.array(keys, np.int64).reshape(-1, 3).T, LARGE)


def read(table) -> tuple[list, list, list | None]:
    """The keys, repeats and weights of all blocks."""
    blocks = list(table.ordered())
    keys = [
        key for b in blocks for key in zip(*(c.tolist() for c in b.keys.columns()), strict=True)
    ]
    repeats = [n for block in blocks for n in block.repeats.tolist()]
    if any(block.weights is None for block in blocks):
        return keys, repeats, None
    return keys, repeats, [weight for block in blocks for weight in block.weights.tolist()]


@given(BATCHES, st.sampled_from([1, 7, 10**6]), st.integers(1, 9), st.booleans(), st.booleans())
@settings(deadline=None, max_examples=200)
def test_a_table_equals_a_dictionary(batches, buffer, spread, is_counted, is_weighted):
    repeats, weights = Counter(), Counter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(summed_table, "_BUFFER", buffer)
        patch.setattr(summed_table, "_RANGE", spread)
        table = MemoryTable()
        for batch in batches:
            counts = np.arange(1, len(batch) + 1) * 100 if is_counted else np.ones(len(batch))
            shares = np.arange(len(batch)) / 4 if is_weighted else None
            for number, key in enumerate(batch):
                repeats[key] += int(counts[number])
                weights[key] += number / 4
            table.add(packed(batch), counts.astype(np.int64) if is_counted else None, shares)
        for _ in range(2):  # reading does not change the table
            keys, found, total = read(table)
            assert keys == sorted(repeats)
            assert found == [repeats[key] for key in keys]
            if is_weighted and keys:
                assert total == [weights[key] for key in keys]


def test_keys_are_merged_with_arrays_of_similar_size(monkeypatch):
    moved = []
    plain = summed_table.merge

    def counted(parts):
        moved.append(sum(len(part.keys) for part in parts))
        return plain(parts)

    monkeypatch.setattr(summed_table, "_BUFFER", 100)
    monkeypatch.setattr(summed_table, "merge", counted)
    table = MemoryTable()
    for first in range(0, 32_000, 100):
        table.add(packed([(0, 0, key) for key in range(first, first + 100)]))
    assert len(read(table)[0]) == 32_000
    assert 32_000 < sum(moved) < 12 * 32_000  # 320 buffers: merged one by one, it is 160 times


def test_counts_above_255_are_not_cut_off():
    table = MemoryTable()
    for _ in range(3):
        table.add(packed([(1, 1, 1)] * 200))
    table.add(packed([(1, 1, 1)]), np.array([70_000]))
    assert read(table) == ([(1, 1, 1)], [70_600], None)
