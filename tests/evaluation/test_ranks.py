"""Ranks against counts of all lines."""

import numpy as np
import pytest

from makemore import MakeMore, NgramOptions, OptionError
from makemore.evaluation.ranks import estimate_ranks

LINES = ["abba", "ab", "baab", "bab", "aab", "b", "ba", "bb"]


@pytest.fixture(scope="module")
def maker():
    return MakeMore(NgramOptions(window=1, add=0.3)).fit(LINES)


@pytest.fixture(scope="module")
def all_lines(maker):
    """Every line of at most eight characters, twice the longest, with its log-likelihood."""
    lines, heads = [], [""]
    for _ in range(8):
        heads = [head + c for head in heads for c in "ab"]
        lines += heads
    return lines, maker.score_samples(lines)


def asked(lines, scores, places):
    order = np.argsort(-scores)
    return [lines[order[place]] for place in places]


def test_the_estimate_is_right_on_average_and_its_error_too(maker, all_lines):
    lines, scores = all_lines
    chosen = asked(lines, scores, (40, 90, 200, 380))
    truth = [(scores > maker.score_samples([line])[0] + 1e-4).sum() for line in chosen]
    found = [maker.rank(chosen, draws=150, seed=seed) for seed in range(300)]
    more = np.array([each.more for each in found])
    error = np.array([each.error for each in found])
    spread = more.std(axis=0)
    assert (np.abs(more.mean(axis=0) - truth) < 4 * spread / np.sqrt(len(found))).all()
    assert np.sqrt((error**2).mean(axis=0)) == pytest.approx(spread, rel=0.25)


def test_distinct_lines_tell_more_than_repeats(maker, all_lines):
    """The published estimator, which gives each line drawn 1 / (n p), from the same draws."""
    lines, scores = all_lines
    (line,) = asked(lines, scores, (20,))
    limit = maker.score_samples([line])[0] + 1e-4
    ours, theirs = [], []
    for seed in range(100):
        ours.append(maker.rank([line], draws=200, seed=seed).more[0])
        drawn = maker.score_samples(maker.sample(200, seed=seed, max_length=8))
        theirs.append((1 / (200 * np.exp(drawn[drawn > limit]))).sum())
    assert np.std(ours) < 0.8 * np.std(theirs)


def test_lines_that_are_always_drawn_are_counted(maker, all_lines):
    lines, scores = all_lines
    top = asked(lines, scores, range(5))
    found = maker.rank(top, draws=20_000)
    truth = [(scores > score + 1e-4).sum() for score in maker.score_samples(top)]
    np.testing.assert_allclose(found.more, truth, atol=1e-6)
    assert (found.error < 0.01).all()


def test_a_label_has_ranks_of_its_own():
    maker = MakeMore("kneser_ney").fit(["anna", "hanna", "ben", "otto"], ["F", "F", "M", "M"])
    inside, outside = (maker.rank(["anna"], label=label).more[0] for label in ("F", "M"))
    assert inside < 3
    assert outside > 10 * (inside + 1)
    assert maker.rank(["anna"]).more[0] >= inside


def test_what_is_impossible_has_no_rank(maker):
    found = maker.rank(["c", "a"], draws=100)
    assert found.more[0] == np.inf
    assert found.error[0] == np.inf
    assert np.isfinite(found.more[1])


def test_lines_too_rare_for_numbers_have_ranks_or_none_but_no_nonsense(recwarn):
    rng = np.random.default_rng(0)
    long = ["".join(rng.choice(list("abcdefghijklmnopqrst"), 300)) for _ in range(60)]
    maker = MakeMore(NgramOptions(window=1)).fit(long)
    found = maker.rank([long[0], long[1][:200], long[2] * 3, "ab"], draws=500)
    assert not np.isnan(found.more).any()
    assert not np.isnan(found.error).any()
    assert (found.more[:2] > 1e50).all()
    assert not recwarn.list


def test_it_takes_a_draw_to_tell(maker):
    for draws in (0, -1):
        with pytest.raises(OptionError, match="give 1 or more"):
            maker.rank(["ab"], draws=draws)


def test_lines_that_are_all_alike_are_counted_with_the_error_of_counting_them():
    rng, found = np.random.default_rng(1), []
    for _ in range(400):
        distinct = len(set(rng.integers(0, 1000, 100).tolist()))
        found.append(estimate_ranks(np.full(distinct, np.log(1e-3)), np.array([-9.0]), 100))
    more = np.array([each.more[0] for each in found])
    assert more.mean() == pytest.approx(1000, abs=5)
    assert np.mean([each.error[0] for each in found]) == pytest.approx(more.std(), rel=0.15)


def test_lines_drawn_that_no_line_can_be_count_for_nothing():
    found = estimate_ranks(
        np.array([np.log(0.5), -np.inf, np.log(0.25)]), np.log([0.5, 0.3, 0.1]), draws=100
    )
    assert found.more.round(3).tolist() == [0.0, 1.0, 2.0]
    assert np.isfinite(found.error).all()


@pytest.mark.parametrize("difference, more", [(5e-5, 0.0), (5e-4, 1.0)])
def test_a_line_that_is_more_probable_by_a_rounding_error_only_is_a_tie(difference, more):
    found = estimate_ranks(np.array([-1.0 + difference]), np.array([-1.0]), draws=1000)
    assert found.more[0] == pytest.approx(more, abs=1e-3)
