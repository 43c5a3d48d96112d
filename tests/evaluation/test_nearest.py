"""Edit distances of lines to the nearest learned line."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore import DataError, KneserNeyOptions, MakeMore
from makemore.evaluation import nearest as module
from makemore.evaluation.nearest import distances, nearest

WORDS = st.text("abc", min_size=1, max_size=6)


def by_hand(a, b):
    """Return the Levenshtein distance, by its recursion."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


@given(st.lists(WORDS, min_size=1, max_size=70), st.lists(WORDS, min_size=1, max_size=5))
def test_distances_equal_the_levenshtein_recursion(lines, among):
    expected = [min(by_hand(line, other) for other in among) for line in lines]
    assert distances(lines, among).tolist() == expected


def test_characters_beyond_the_basic_plane_count_as_one():
    assert distances(["\U0001f600a", "\u4e2d"], ["\U0001f601a"]).tolist() == [1, 2]


def test_nearest_reports_shares_means_and_a_confidence_interval():
    learned = ["anna", "ben", "otto", "otto"]
    found = nearest(["anna", "anne", "bun", "xxxxxx"], ["bean", "hannah", "tt"], learned)
    assert (found.learned, found.of) == (3, 3)
    assert found.made.shares == (0.25, 0.5, 0.0, 0.25)
    assert found.unseen.shares == (0.0, pytest.approx(1 / 3), pytest.approx(2 / 3), 0.0)
    assert found.made.mean == pytest.approx(8 / 3)
    assert found.unseen.mean == pytest.approx(5 / 3)
    assert found.difference == pytest.approx(1.0)
    error = math.sqrt(np.var([1, 1, 6], ddof=1) / 3 + np.var([1, 2, 2], ddof=1) / 3)
    assert (found.low, found.high) == pytest.approx((1 - 1.96 * error, 1 + 1.96 * error))


def test_the_mean_is_nan_if_all_sampled_lines_were_learned():
    found = nearest(["anna"], ["otto"], ["anna"])
    assert found.made.shares[0] == 1.0
    assert math.isnan(found.made.mean)
    assert math.isnan(found.difference)


def test_long_lists_are_subsampled_but_copies_are_found_in_the_whole_list(monkeypatch):
    monkeypatch.setattr(module, "_MAX_LINES", 50)
    monkeypatch.setattr(module, "_MAX_LEARNED", 10)
    learned = [f"{i:04}" for i in range(1000)]
    found = nearest(learned, [f"x{i}" for i in range(200)], learned)
    assert (found.made.lines, found.unseen.lines) == (50, 50)
    assert (found.learned, found.of) == (10, 1000)
    assert found.made.shares[0] == 1.0
    monkeypatch.setattr(module, "_MAX_LEARNED", 100)
    monkeypatch.setattr(module, "_WORK", 2000)
    assert nearest(["a" * 100], ["b"], learned).learned == 20
    assert nearest(["a" * 100], ["b"], [line * 40 for line in learned]).learned == 6


def test_near_copies_are_distinguished_from_held_out_lines(us_names):
    strings = us_names.select(us_names.distinct_indices()).to_list()
    maker = MakeMore("kneser_ney", test=0.2).fit(strings)
    is_learned = maker._is_learned(us_names.select(us_names.distinct_indices()))
    learned = [line for line, known in zip(strings, is_learned, strict=True) if known]
    unseen = [line for line, known in zip(strings, is_learned, strict=True) if not known]
    honest = maker.nearest(strings, unseen[::-1])
    assert honest.low < 0 < honest.high
    assert honest.of == len(learned)
    copies = [f"{line}qq" for line in learned[::20]] + learned[::40]
    far = maker.nearest(strings, copies)
    assert far.low > 0
    assert far.made.shares[0] == pytest.approx(1 / 3, abs=0.01)
    long = [line for line in learned if len(line) > 8]
    near = maker.nearest(
        [*learned, *(line for line in unseen if len(line) > 8)], [line[1:] for line in long]
    )
    assert near.high < 0


def test_missing_learned_or_unseen_lines_are_reported():
    maker = MakeMore(KneserNeyOptions(), test=0.3).fit(["anna", "ben", "otto", "cleo"])
    with pytest.raises(
        DataError, match="the model was fitted on none of these lines; give its list too"
    ):
        maker.nearest(["noe", "a"], ["anna"])
    maker = MakeMore(KneserNeyOptions()).fit(["anna", "ben", "otto", "cleo"])
    with pytest.raises(
        DataError, match="the model was fitted on all of these lines; give others too"
    ):
        maker.nearest(["anna", "ben"], ["anna"])
    with pytest.raises(DataError, match="fitted without digests"):
        MakeMore("ngram", keep_digests=False).fit(["anna"]).nearest(["anna"], ["ann"])
    with pytest.raises(DataError, match="need sampled, unseen and learned lines"):
        maker.nearest(["anna", "ano"], [])


def test_a_copy_of_a_learned_line_outside_the_given_list_is_a_copy(us_names):
    names = us_names.select(np.arange(0, len(us_names), 8)).to_list()
    maker = MakeMore("kneser_ney").fit(names)
    others = maker.sample(400, new=True, distinct=True)
    few = [*names[::10], *others[:200]]
    sampled = [*names[1:200:10], *others[200:]]
    found = maker.nearest(few, sampled)
    assert found.made.shares[0] == pytest.approx(20 / 220, abs=0.01)
    assert found.low < 0 < found.high
