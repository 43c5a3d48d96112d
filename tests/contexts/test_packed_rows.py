"""Packed rows compared with sorting tuples, with one word and with several."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.contexts.packed_rows import PackedRows


@st.composite
def tables(draw) -> tuple[list[tuple[int, ...]], int]:
    """Rows of equal length, and the exclusive upper bound of their integers."""
    size = draw(st.sampled_from([2, 5, 300, 2**21, 2**31]))
    width = draw(st.integers(1, 9))
    few = st.integers(0, min(size - 1, 3)) | st.integers(0, size - 1)
    row = st.lists(few, min_size=width, max_size=width).map(tuple)
    rows = draw(st.lists(row, min_size=1, max_size=30))
    return rows + draw(st.lists(st.sampled_from(rows), max_size=10)), size


def pack(rows, size) -> PackedRows:
    return PackedRows.pack(np.array(rows, np.int64).T, size)


def unpack(packed: PackedRows) -> list[tuple[int, ...]]:
    return list(zip(*(column.tolist() for column in packed.columns()), strict=True))


@given(tables())
@settings(deadline=None, max_examples=200)
def test_packing_keeps_the_rows(case):
    rows, size = case
    packed = pack(rows, size)
    assert unpack(packed) == rows
    assert len(packed) == len(rows)
    assert sum(packed.widths) == len(rows[0])
    assert all(width * packed.bits <= 64 for width in packed.widths)


@given(tables())
@settings(deadline=None, max_examples=200)
def test_sorting_equals_sorting_tuples_and_is_stable(case):
    rows, size = case
    ordered, order = pack(rows, size).sort()
    expected = sorted(range(len(rows)), key=lambda i: rows[i])
    assert order.tolist() == expected
    assert unpack(ordered) == [rows[i] for i in expected] == unpack(pack(rows, size).sorted())


@given(tables())
@settings(deadline=None, max_examples=200)
def test_distinct_rows_and_their_indices(case):
    rows, size = case
    distinct, inverse = pack(rows, size).unique()
    assert unpack(distinct) == sorted(set(rows))
    assert [unpack(distinct)[i] for i in inverse.tolist()] == rows
    assert inverse.dtype == np.int32


@given(tables())
@settings(deadline=None, max_examples=200)
def test_shared_integers_and_first_rows(case):
    rows, size = case
    packed = pack(rows, size).sorted()
    ordered = sorted(rows)
    expected = [0]
    for before, row in pairwise(ordered):
        same = [a == b for a, b in zip(before, row, strict=True)]
        expected.append(same.index(False) if False in same else len(same))
    assert packed.shared().tolist() == expected
    width = len(rows[0])
    assert packed.is_first().tolist() == [i == 0 or n < width for i, n in enumerate(expected)]
    for length in range(1, width + 1):
        firsts = [i == 0 or n < length for i, n in enumerate(expected)]
        assert packed.is_first(length).tolist() == firsts


@given(tables(), st.data())
@settings(deadline=None, max_examples=100)
def test_rows_can_be_taken_concatenated_and_shortened(case, data):
    rows, size = case
    packed = pack(rows, size)
    which = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=9))
    assert unpack(packed.take(np.array(which, np.int64))) == [rows[i] for i in which]
    assert unpack(PackedRows.concatenate([packed, packed])) == rows * 2
    if len(rows[0]) > 1:
        assert unpack(packed.without_first_column()) == [row[1:] for row in rows]


def test_integers_of_64_bits_are_one_word():
    words = np.array([2**64 - 1, 0, 2**63], np.uint64)
    packed = PackedRows.of_word(words)
    assert PackedRows.of_word(words.copy()).sort()[0].words[0].tolist() == sorted(words.tolist())
    assert packed.sort()[1].tolist() == [1, 2, 0]
    assert packed.unique()[1].tolist() == [2, 0, 1]


@pytest.mark.parametrize("size", [3, 2**30])
def test_no_rows_stay_no_rows(size):
    packed = PackedRows.pack([np.zeros(0, np.int64)] * 4, size)
    assert [len(packed), len(packed.sort()[0]), len(packed.unique()[0])] == [0, 0, 0]
    assert packed.shared().tolist() == packed.is_first().tolist() == []
