from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore import DataError, Lines, MakeMore
from makemore.corpus.rare_lines import drop_rare

RECORDS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("FM"), st.integers(1, 3)))


@given(RECORDS, st.integers(1, 6))
def test_frequent_keeps_exactly_the_lines_that_reach_the_minimum(records, least):
    lines, labels, weights = [list(column) for column in zip(*records, strict=True)] or [[]] * 3
    few = drop_rare(Lines.from_strings(lines, labels, weights), least)
    total = Counter()
    for line, label, weight in records:
        total[line, label] += weight
    expected = [record for record in records if total[record[:2]] >= least]
    found = list(zip(few.to_list(), few.label_list(), few.counts().astype(int), strict=True))
    assert found == expected

    assert few.summary().rare == len(records) - len(expected)
    assert few.summary().read == len(records)


def test_equal_lines_with_different_labels_are_counted_separately():
    lines = Lines.from_strings(["alex", "alex", "kim"], ["F", "M", "F"])
    assert drop_rare(lines, 2).to_list() == []
    assert drop_rare(lines.without_labels(), 2).to_list() == ["alex", "alex"]


def test_rounding_of_weight_sums_drops_no_line():
    lines = Lines.from_strings(["a"] * 10 + ["b"], weights=[0.2] * 10 + [1.9])
    assert set(drop_rare(lines, 2).to_list()) == {"a"}


def test_frequent_is_idempotent_and_the_summary_counts_dropped_lines():
    lines = Lines.from_strings(["anna", " ", "ben", "anna", "zoe"])
    once = drop_rare(lines, 2)
    assert str(once.summary()) == (
        "5 lines read, 1 blank, 2 too rare, 1 repeated, 2 kept, 8 characters"
    )
    assert drop_rare(once, 2).summary() == once.summary()


@pytest.mark.parametrize("model", ["ngram", "kneser_ney", "linear"])
def test_a_rare_line_leaves_no_trace_in_the_model(model, tmp_path):
    lines = ["anna", "ben", "anna", "ben", "zq"]
    sexes, weights = ["F", "M", "F", "M", "X"], [1, 1, 1, 1, 1]
    rare = MakeMore(model, min_count=2, steps=3).fit(lines, sexes, weights)
    without = MakeMore(model, steps=3).fit(lines[:4], sexes[:4], weights[:4])
    assert "z" not in rare.learned_.vocabulary.characters
    assert rare.classes_.tolist() == ["F", "M"]
    assert rare.is_seen(["anna", "zq"]).tolist() == [True, False]
    for name, value in without.learned_.model.tensors().items():
        np.testing.assert_array_equal(rare.learned_.model.tensors()[name], value)
    rare.save(tmp_path / "model")
    assert MakeMore.load(tmp_path / "model").learned_.cleaning.rare == 1


def test_min_count_also_applies_to_partial_fit():
    maker = MakeMore("kneser_ney", min_count=2).fit(["anna", "anna"])
    maker.partial_fit(["ben", "ben", "zoe"])
    assert maker.is_seen(["anna", "ben", "zoe"]).tolist() == [True, True, False]
    assert maker.learned_.cleaning.rare == 1


def test_a_list_of_rare_lines_only_is_rejected():
    with pytest.raises(DataError, match="none of 3 lines occurs 2 times or more in the list"):
        MakeMore(min_count=2).fit(["anna", "ben", "zoe"])
