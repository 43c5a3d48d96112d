import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.arrays import concatenate_ranges, segment_argmax, sum_by_index, unique_inverse


@given(st.integers(1, 60), st.integers(0, 1000), st.data())
@settings(deadline=None, max_examples=300)
def test_unique_inverse_equals_numpy_unique(top, slack, data):
    keys = np.array(data.draw(st.lists(st.integers(0, top - 1), max_size=50)), np.int64)
    distinct, index = unique_inverse(keys, top + slack)
    expected, inverse = np.unique(keys, return_inverse=True)
    assert distinct.tolist() == expected.tolist()
    assert index.tolist() == inverse.tolist()


@given(st.lists(st.integers(0, 2**62 - 1), max_size=40))
@settings(deadline=None, max_examples=200)
def test_unique_inverse_equals_numpy_unique_on_large_keys(keys):
    keys = np.array(keys + keys[::2], np.int64)
    distinct, index = unique_inverse(keys, 2**62)
    expected, inverse = np.unique(keys, return_inverse=True)
    assert distinct.tolist() == expected.tolist()
    assert index.tolist() == inverse.tolist()


@pytest.mark.parametrize("limit", [10, 2**40])
def test_unique_inverse_has_the_documented_dtypes_and_does_not_change_keys(limit):
    keys = np.array([7, 3, 7, 9, 0], np.int64)
    distinct, index = unique_inverse(keys, limit)
    assert (distinct.dtype, index.dtype) == (np.int64, np.int32)
    assert keys.tolist() == [7, 3, 7, 9, 0]
    assert distinct[index].tolist() == keys.tolist()


@pytest.mark.parametrize("limit", [0, 1, 100])
def test_unique_inverse_of_no_keys_is_empty(limit):
    distinct, index = unique_inverse(np.zeros(0, np.int64), limit)
    assert (distinct.tolist(), index.tolist()) == ([], [])
    assert (distinct.dtype, index.dtype) == (np.int64, np.int32)


def test_flags_and_sorting_give_the_same_result():
    keys = np.random.default_rng(3).integers(0, 1000, 5000)
    by_flags, by_sorting = unique_inverse(keys, 1000), unique_inverse(keys, 2**50)
    assert by_flags[0].tolist() == by_sorting[0].tolist()
    assert by_flags[1].tolist() == by_sorting[1].tolist()


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 6)), max_size=12))
@settings(deadline=None, max_examples=200)
def test_ranges_concatenates_python_ranges(pairs):
    starts = np.array([start for start, _ in pairs], np.int64)
    stops = np.array([start + length for start, length in pairs], np.int64)
    expected = [i for start, length in pairs for i in range(start, start + length)]
    strung = concatenate_ranges(starts, stops)
    assert strung.tolist() == expected
    assert strung.dtype == np.int64


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(-9, 9))), st.integers(7, 10))
@settings(deadline=None, max_examples=100)
def test_summed_adds_the_values_at_each_index(pairs, size):
    index, value = np.array(pairs, np.int64).reshape(-1, 2).T
    found = sum_by_index(index, value / 4, size)
    assert found.dtype == np.float64
    assert found.tolist() == [sum(v for p, v in pairs if p == i) / 4 for i in range(size)]


def test_summed_of_no_values_is_zero():
    found = sum_by_index(np.zeros(0, np.int32), np.zeros(0), 3)
    assert (found.dtype, found.tolist()) == (np.float64, [0.0, 0.0, 0.0])


@given(
    st.lists(
        st.lists(
            st.sampled_from([-np.inf, -1.5, 0.0, 2.0, np.inf, np.nan]), min_size=1, max_size=6
        ),
        max_size=8,
    )
)
@settings(deadline=None, max_examples=300)
def test_segment_argmax_agrees_with_numpy_on_each_segment(segments):
    bounds = np.cumsum([0, *map(len, segments)])
    values = np.array([value for segment in segments for value in segment], np.float64)
    found = segment_argmax(values, bounds)
    assert found.dtype == np.int64
    expected = [
        start + np.argmax(segment) for start, segment in zip(bounds[:-1], segments, strict=True)
    ]
    assert found.tolist() == expected
