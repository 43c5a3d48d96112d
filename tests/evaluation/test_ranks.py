"""Estimated ranks compared with ranks by enumeration of all lines."""

import numpy as np
import pytest

from makemore import MakeMore, NgramOptions, OptionError
from makemore.evaluation.ranks import TIE_TOLERANCE, estimate_ranks

LINES = ["abba", "ab", "baab", "bab", "aab", "b", "ba", "bb"]


@pytest.fixture(scope="module")
def maker():
    return MakeMore(NgramOptions(window=1, add=0.3)).fit(LINES)


@pytest.fixture(scope="module")
def all_lines(maker):
    """All lines of at most eight characters, twice the longest, and their log-likelihoods."""
    lines, heads = [], [""]
    for _ in range(8):
        heads = [head + c for head in heads for c in "ab"]
        lines += heads
    return lines, maker.score_samples(lines)


def lines_of_rank(lines, scores, ranks):
    order = np.argsort(-scores)
    return [lines[order[rank]] for rank in ranks]


def test_rank_estimates_and_their_errors_are_unbiased(maker, all_lines):
    lines, scores = all_lines
    chosen = lines_of_rank(lines, scores, (40, 90, 200, 380))
    truth = [(scores > maker.score_samples([line])[0] + 1e-4).sum() for line in chosen]
    found = [maker.rank(chosen, draws=150, seed=seed) for seed in range(300)]
    more = np.array([each.more for each in found])
    error = np.array([each.error for each in found])
    spread = more.std(axis=0)
    assert (np.abs(more.mean(axis=0) - truth) < 4 * spread / np.sqrt(len(found))).all()
    assert np.sqrt((error**2).mean(axis=0)) == pytest.approx(spread, rel=0.25)


def test_counting_distinct_draws_has_less_variance_than_counting_repeats(maker, all_lines):
    """Compares with the published estimator, which weights each draw by 1 / (n p)."""
    lines, scores = all_lines
    (line,) = lines_of_rank(lines, scores, (20,))
    limit = maker.score_samples([line])[0] + 1e-4
    ours, theirs = [], []
    for seed in range(100):
        ours.append(maker.rank([line], draws=200, seed=seed).more[0])
        drawn = maker.score_samples(maker.sample(200, seed=seed, max_length=8))
        theirs.append((1 / (200 * np.exp(drawn[drawn > limit]))).sum())
    assert np.std(ours) < 0.8 * np.std(theirs)


def test_lines_that_are_almost_surely_drawn_are_counted_exactly(maker, all_lines):
    lines, scores = all_lines
    top = lines_of_rank(lines, scores, range(5))
    found = maker.rank(top, draws=20_000)
    truth = [(scores > score + 1e-4).sum() for score in maker.score_samples(top)]
    np.testing.assert_allclose(found.more, truth, atol=1e-6)
    assert (found.error < 0.01).all()


def test_ranks_can_be_estimated_under_a_label():
    maker = MakeMore("kneser_ney").fit(["anna", "hanna", "ben", "otto"], ["F", "F", "M", "M"])
    inside, outside = (maker.rank(["anna"], label=label).more[0] for label in ("F", "M"))
    assert inside < 3
    assert outside > 10 * (inside + 1)
    assert maker.rank(["anna"]).more[0] >= inside


def test_an_impossible_line_has_an_infinite_rank(maker):
    found = maker.rank(["c", "a"], draws=100)
    assert found.more[0] == np.inf
    assert found.error[0] == np.inf
    assert np.isfinite(found.more[1])


def test_ranks_of_extremely_improbable_lines_are_never_nan(recwarn):
    rng = np.random.default_rng(0)
    long = ["".join(rng.choice(list("abcdefghijklmnopqrst"), 300)) for _ in range(60)]
    maker = MakeMore(NgramOptions(window=1)).fit(long)
    found = maker.rank([long[0], long[1][:200], long[2] * 3, "ab"], draws=500)
    assert not np.isnan(found.more).any()
    assert not np.isnan(found.error).any()
    assert (found.more[:2] > 1e50).all()
    assert not recwarn.list


def test_rank_requires_at_least_one_draw(maker):
    for draws in (0, -1):
        with pytest.raises(OptionError, match="give 1 or more"):
            maker.rank(["ab"], draws=draws)


def test_the_error_for_equally_probable_lines_is_the_sampling_error():
    rng, found = np.random.default_rng(1), []
    for _ in range(400):
        distinct = len(set(rng.integers(0, 1000, 100).tolist()))
        found.append(estimate_ranks(np.full(distinct, np.log(1e-3)), np.array([-9.0]), 100))
    more = np.array([each.more[0] for each in found])
    assert more.mean() == pytest.approx(1000, abs=5)
    assert np.mean([each.error[0] for each in found]) == pytest.approx(more.std(), rel=0.15)


def test_impossible_draws_are_ignored():
    found = estimate_ranks(
        np.array([np.log(0.5), -np.inf, np.log(0.25)]), np.log([0.5, 0.3, 0.1]), draws=100
    )
    assert found.more.round(3).tolist() == [0.0, 1.0, 2.0]
    assert np.isfinite(found.error).all()


@pytest.mark.parametrize("difference, more", [(5e-5, 0.0), (5e-4, 1.0)])
def test_lines_within_rounding_error_are_ties(difference, more):
    found = estimate_ranks(np.array([-1.0 + difference]), np.array([-1.0]), draws=1000)
    assert found.more[0] == pytest.approx(more, abs=1e-3)


def test_intervals_of_reliable_ranks_hold_the_true_rank_and_those_of_others_often_do_not():
    """Log-normal probabilities of 100,000 lines, whose true rank is their index."""
    rng = np.random.default_rng(0)
    p = -np.sort(-np.exp(rng.normal(0, 4, 100_000)))
    p /= p.sum()
    line = np.unique(np.logspace(1, 5, 30).astype(int) - 1)
    truth = np.searchsorted(-p, -p[line] * np.exp(TIE_TOLERANCE))
    is_reliable, is_held = [], []
    for _ in range(60):
        drawn = np.unique(np.searchsorted(p.cumsum(), rng.random(1000) * p.sum()))
        found = estimate_ranks(np.log(p[drawn]), np.log(p[line]), draws=1000)
        is_reliable.append(found.is_reliable)
        is_held.append(np.abs(found.more - truth) <= 1.96 * found.error + 1e-6)
    reliable, held = np.array(is_reliable), np.array(is_held)
    assert 0.2 < reliable.mean() < 0.8
    assert held[reliable].mean() > 0.9
    assert held[~reliable].mean() < 0.75
