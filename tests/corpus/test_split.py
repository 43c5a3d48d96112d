import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.corpus.lines import Lines, line_digests
from makemore.corpus.split import Split, assign_folds, split_lines
from makemore.errors import OptionError

KINDS = ("digest", "lecture", "clean")


def strings(lines: Lines, part: np.ndarray) -> list[str]:
    return lines.select(part).to_list()


def shuffled_as_in_the_lectures(names: list[str]) -> list[str]:
    """Shuffle with the two statements of the lectures, then restore the global random state."""
    state = random.getstate()
    try:
        random.seed(42)
        random.shuffle(names)
    finally:
        random.setstate(state)
    return names


def test_the_lecture_split_has_the_sizes_of_the_lectures(us_names):
    split = split_lines(us_names, "lecture")
    assert [len(part) for part in split] == [25_626, 3_203, 3_204]
    characters = [int(us_names.select(part).lengths().sum()) + len(part) for part in split]
    assert characters == [182_625, 22_655, 22_866]


def test_the_lecture_split_equals_the_shuffle_of_the_lectures_line_for_line(us_names):
    names = shuffled_as_in_the_lectures(us_names.to_list())
    n1, n2 = int(0.8 * len(names)), int(0.9 * len(names))
    split = split_lines(us_names, "lecture")
    assert strings(us_names, split.train) == names[:n1]
    assert strings(us_names, split.dev) == names[n1:n2]
    assert strings(us_names, split.test) == names[n2:]


def test_the_clean_split_has_no_repeats_and_no_overlap(us_names):
    parts = [strings(us_names, part) for part in split_lines(us_names, "clean")]
    everything = [name for part in parts for name in part]
    assert len(everything) == len(set(everything)) == 29_494
    assert set(everything) == set(us_names.to_list())
    assert [len(part) for part in parts] == [23_595, 2_949, 2_950]


def test_the_clean_split_equals_the_lecture_shuffle_of_distinct_lines(us_names):
    names = shuffled_as_in_the_lectures(list(dict.fromkeys(us_names.to_list())))
    split = split_lines(us_names, "clean")
    assert strings(us_names, np.concatenate(split)) == names


@pytest.mark.parametrize("given", [{"labels": list("FFMMFM")}, {"weights": [1, 2, 3, 4, 5, 6]}])
def test_the_clean_split_keeps_repeats_with_other_labels_or_weights_together(given):
    words = ["alex", "bo", "alex", "cy", "di", "di"]
    lines = Lines.from_strings(words, **given)
    for seed in range(20):
        parts = [strings(lines, part) for part in split_lines(lines, "clean", seed=seed)]
        assert sorted(word for part in parts for word in part) == sorted(words)
        assert sum("alex" in part for part in parts) == sum("di" in part for part in parts) == 1


def test_another_seed_gives_another_shuffle(us_names):
    first, second = split_lines(us_names, "lecture"), split_lines(us_names, "lecture", seed=43)
    assert len(first.train) == len(second.train)
    assert first.train.tolist() != second.train.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_splitting_does_not_change_the_global_random_state(few, kind):
    before = random.getstate()
    split_lines(few, kind)
    assert random.getstate() == before


@pytest.mark.parametrize("kind", KINDS)
def test_splits_are_indices_of_lines(us_names, kind):
    split = split_lines(us_names, kind, test=0.1)
    assert isinstance(split, Split)
    assert all(part.dtype == np.int64 for part in split)
    everything = np.concatenate(split).tolist()
    assert len(everything) == len(set(everything))
    if kind != "clean":
        assert sorted(everything) == list(range(len(us_names)))


def test_the_digest_split_never_separates_repeats(us_names):
    split = split_lines(us_names, dev=0.2, test=0.2)
    train, dev, test = (set(strings(us_names, part)) for part in split)
    assert not train & dev
    assert not train & test
    assert not dev & test
    assert train | dev | test == set(us_names.to_list())


def test_the_digest_split_has_approximately_the_requested_shares(us_names):
    split = split_lines(us_names, dev=0.2, test=0.05)
    assert len(split.dev) == pytest.approx(0.2 * len(us_names), rel=0.05)
    assert len(split.test) == pytest.approx(0.05 * len(us_names), rel=0.1)
    assert not len(split_lines(us_names, dev=0.1).test)
    assert not len(split_lines(us_names, dev=0.0).dev)


@given(st.lists(st.text("abc", min_size=1, max_size=3), max_size=40), st.data())
@settings(deadline=None, max_examples=100)
def test_the_digest_split_of_a_line_is_stable_when_the_list_grows(words, data):
    words = ["anna", *words]  # anna is always in train, so train is never empty
    added = data.draw(st.lists(st.text("abcd", min_size=1, max_size=4), max_size=30))
    grown = data.draw(st.permutations(words + added))
    where = {}
    for part, which in split_lines(Lines.from_strings(words))._asdict().items():
        where.update((words[i], part) for i in which.tolist())
    assert where["anna"] == "train"
    for part, which in split_lines(Lines.from_strings(grown))._asdict().items():
        assert all(where.get(grown[i], part) == part for i in which.tolist())


def test_requesting_a_test_split_adds_no_line_to_train(us_names):
    without, with_test = split_lines(us_names), split_lines(us_names, test=0.1)
    assert set(with_test.train.tolist()) <= set(without.train.tolist())


def test_the_digest_split_is_ascending_and_decided_by_the_digest(us_names):
    split = split_lines(us_names, dev=0.25, test=0.25)
    fraction = line_digests(us_names.to_bytes()).astype(np.float64) / 2.0**64
    assert split.test.tolist() == np.flatnonzero(fraction < 0.25).tolist()
    assert split.dev.tolist() == np.flatnonzero((fraction >= 0.25) & (fraction < 0.5)).tolist()
    assert split.train.tolist() == np.flatnonzero(fraction >= 0.5).tolist()


def test_the_digest_split_of_a_tiny_list_has_training_lines():
    words = [f"word{i}" for i in range(200)]
    fraction = line_digests(w.encode() for w in words) / 2.0**64
    dev_only = [w for w, f in zip(words, fraction, strict=True) if f < 0.1]
    assert dev_only, "none of 200 words falls into dev"
    for size in (1, len(dev_only)):
        split = split_lines(Lines.from_strings(dev_only[:size]))
        assert [len(part) for part in split] == [size, 0, 0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_every_split_of_a_tiny_list_has_training_lines(kind, size):
    lines = Lines.from_strings(["anna", "ben", "otto", "susanna", "johanna"][:size])
    assert len(split_lines(lines, kind).train)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_list_has_empty_splits(kind):
    assert [part.tolist() for part in split_lines(Lines.from_strings([]), kind)] == [[], [], []]


def test_an_unknown_split_is_rejected_with_the_known_ones(few):
    with pytest.raises(OptionError, match=r"split 'random' is unknown.*digest, lecture, clean"):
        split_lines(few, "random")


@pytest.mark.parametrize(
    "dev, test", [(-0.1, 0), (0, -0.1), (1, 0), (0.5, 0.5), (0.9, 0.2), (float("nan"), 0)]
)
def test_shares_that_leave_no_training_lines_are_rejected(few, dev, test):
    with pytest.raises(OptionError, match=r"give fractions of 0 or more whose sum is below 1"):
        split_lines(few, dev=dev, test=test)


def test_folds_have_equal_sizes_and_equal_lines_share_a_fold(us_names):
    fold = assign_folds(us_names, 10)
    assert (
        np.bincount(fold[us_names.distinct_indices()], minlength=10).tolist()
        == [2950] * 4 + [2949] * 6
    )
    first = us_names.first_occurrences()
    np.testing.assert_array_equal(fold, fold[first])
