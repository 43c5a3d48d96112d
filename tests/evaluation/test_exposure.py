"""Exposure of canaries, compared with enumeration and with chance."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from makemore import KneserNeyOptions, LSTMOptions, MakeMore, MixtureOptions, NgramOptions
from makemore.corpus.canaries import Canaries
from makemore.errors import OptionError
from makemore.evaluation.exposure import CHANCE, Exposure, compute_exposures
from makemore.evaluation.ranks import Ranks

SMALL = {
    "ngram": NgramOptions(),
    "kneser_ney": KneserNeyOptions(),
    "lstm": LSTMOptions(embedding=4, hidden=8),
    "mixture": MixtureOptions(members="ngram, kneser_ney, mlp(hidden=4)"),
}
FAMILIES = pytest.mark.parametrize("model", list(SMALL.values()), ids=list(SMALL))


@pytest.fixture(scope="module")
def names(us_names):
    return us_names.select(np.arange(0, 32_000, 10))


def swapped(maker, canaries):
    """Return an estimator with the same model and other canaries."""
    other = MakeMore()
    other.learned_ = replace(maker.learned_, canaries=canaries)
    return other


@pytest.mark.parametrize("label", ["F", "M", None])
def test_the_estimated_rank_equals_the_rank_by_enumeration(label):
    lines, labels = ["abba", "baab", "abab", "cacb", "abba", "bccb"], ["F", "F", "M", "M", "F", "M"]
    maker = MakeMore(NgramOptions(window=2)).fit(lines, labels if label else None)
    space = ["".join(line) for line in itertools.product("abc", repeat=4)]
    scores = maker.score_samples(space, [label] * 81 if label else None)
    mine = tuple(space), (label,) * 81 if label else ()
    found = swapped(maker, (Canaries("abc", 4, 1.0, *mine),)).exposure(draws=40_000)
    more = (scores > scores[:, None] + 1e-4).sum(axis=1)
    alike = (abs(scores - scores[:, None]) < 1e-4).sum(axis=1) - 1
    low, high = np.log2(81 / (more + alike + 1)), np.log2(81 / (more + 1))
    margin = 4 * found.error + 0.02
    assert (found.bits > low - margin).all()
    assert (found.bits < high + margin).all()
    assert found.error.max() < 0.2
    assert found.largest.tolist() == [pytest.approx(np.log2(81))] * 81


def test_canaries_above_all_uniform_draws_are_ranked_by_draws_from_the_model():
    uniform = np.full(999, -40.0)
    drawn = Ranks(np.array([0.0, 200.0]), np.array([0.0, 20.0]), np.log([0.5, 1e-3]))
    bits, error = compute_exposures(uniform, drawn, draws=10_000, bits=30.0)
    assert bits == pytest.approx([30.0, 30 - np.log2(201)], abs=1e-3)
    assert error == pytest.approx([0.0, 0.1 / np.log(2)], abs=2e-3)


def test_a_canary_without_evidence_does_not_get_a_high_exposure():
    uniform = np.full(999, -40.0)
    unknown = Ranks(np.zeros(2), np.zeros(2), np.array([-39.0, -np.inf]))
    bits, error = compute_exposures(uniform, unknown, draws=1000, bits=30.0)
    assert bits[0] == pytest.approx(np.log2(1000))
    assert bits[1] == 0.0
    assert np.isfinite(error).all()


def test_exposure_accounts_for_the_probability_that_a_rank_was_sampled():
    one_in_ten = Ranks(np.zeros(1), np.zeros(1), np.log([0.01]))
    bits, error = compute_exposures(np.full(999, -40.0), one_in_ten, draws=10, bits=30.0)
    chance = 1 - 0.99**10
    assert bits == pytest.approx([30 + np.log2(chance)])
    assert error == pytest.approx([np.sqrt(1 - chance) / np.log(2)])


def test_half_of_equally_probable_lines_rank_above_a_canary():
    nothing = Ranks(np.zeros(1), np.full(1, np.inf), np.array([-40.0]))
    bits, _ = compute_exposures(np.full(998, -40.0), nothing, draws=10, bits=30.0)
    assert bits == pytest.approx([np.log2(999 / 500)])


@pytest.mark.parametrize("difference, rank", [(5e-5, 50.5), (-5e-5, 50.5), (5e-4, 100.0)])
def test_lines_within_rounding_error_are_ties(difference, rank):
    uniform = np.full(99, -20.0 + difference)
    ranks = Ranks(np.zeros(1), np.full(1, np.inf), np.array([-20.0]))
    (bits,), _ = compute_exposures(uniform, ranks, draws=1, bits=16)
    assert bits == pytest.approx(16 - np.log2(2**16 / 100 * rank))


@pytest.mark.parametrize("count", [1, 5, 40])
def test_exposure_by_chance_has_the_documented_mean_and_bound(count):
    rng = np.random.default_rng(0)
    positions = rng.integers(1, 2**14 + 1, size=(20_000, count))
    bits = 14 - np.log2(positions)
    assert bits.mean() == pytest.approx(CHANCE, abs=0.02)
    zero = np.zeros(count)
    limit = Exposure(zero, zero, zero).chance
    assert (bits.mean(axis=1) > limit).mean() == pytest.approx(0.025, abs=0.006)


@pytest.mark.parametrize("model", [KneserNeyOptions(), NgramOptions(window=4, add=0.01)])
def test_long_window_counts_memorise_only_the_canaries_they_counted(names, model):
    maker = MakeMore(model, canaries=100).fit(names)
    learned = maker.exposure()
    assert learned.mean > 10
    assert learned.is_memorised
    never = swapped(maker, (Canaries.of(names, 100, seed=77),)).exposure()
    assert never.mean == pytest.approx(CHANCE, abs=3 * CHANCE / 10)
    assert learned.bits.min() > never.bits.mean()


@pytest.mark.slow
def test_an_overtrained_network_on_a_short_list_memorises_canaries(names):
    few = names.select(np.arange(0, 3000, 15))
    often = MakeMore("mlp", canaries=20, steps=2000, weight_decay=0.0).fit(few)
    never = swapped(often, (Canaries.of(few, 100, seed=77),)).exposure()
    assert often.exposure().is_memorised
    assert often.exposure().mean > never.mean + 1


@FAMILIES
def test_canaries_are_learned_but_excluded_from_all_statistics(names, model, tmp_path):
    some = names.select(np.arange(0, 3000, 10))
    plain = MakeMore(model, steps=2, test=0.1).fit(some).learned_
    maker = MakeMore(model, steps=2, test=0.1, canaries=30).fit(some)
    learned = maker.learned_
    sizes = ("train_lines", "dev_lines", "test_lines", "split", "test")
    assert [getattr(learned.report, x) for x in sizes] == [getattr(plain.report, x) for x in sizes]
    assert learned.cleaning == plain.cleaning
    assert (learned.weight, learned.longest) == (plain.weight, plain.longest)
    np.testing.assert_array_equal(learned.digests(), plain.digests())
    assert not maker.is_seen(learned.canaries[0].lines).any()
    assert learned.report.train_loss != plain.report.train_loss
    maker.save(tmp_path / "model")
    again = MakeMore.load(tmp_path / "model")
    assert again.learned_.canaries == learned.canaries
    assert again.exposure(500).bits.tolist() == maker.exposure(500).bits.tolist()
    assert MakeMore(model, steps=2, canaries=30).fit(some).learned_.canaries == learned.canaries
    assert MakeMore().fit(["anna"]).exposure() is None


def test_the_training_loss_excludes_canaries(names):
    maker = MakeMore("ngram", canaries=500, split="lecture").fit(names)
    counted = MakeMore("ngram", split="lecture").fit(names).learned_.report.train_loss
    assert maker.learned_.report.train_loss == pytest.approx(counted, abs=0.1)
    # Canaries would have a loss of more than log 27 per character.
    assert maker.learned_.report.train_loss < counted + 0.1


def test_a_canary_is_never_returned(names):
    maker = MakeMore(KneserNeyOptions(window=8), canaries=5).fit(["anna", "hannah"])
    canary = maker.learned_.canaries[0].lines[0]
    bare = swapped(maker, ())
    start = canary[:-1]
    assert canary in bare.sample(50, prefix=start, max_length=24)
    assert canary not in maker.sample(50, prefix=start, max_length=30)
    assert canary not in maker.sample(20, prefix=start, max_length=30, distinct=True)
    assert canary in dict(bare.top(3, prefix=start, max_length=30))
    assert canary not in dict(maker.top(3, prefix=start, max_length=30))


def test_continued_and_blended_models_keep_all_canaries(names):
    one, two = names.select(np.arange(500)), names.select(np.arange(500, 900))
    maker = MakeMore("kneser_ney", canaries=10).fit(one).partial_fit(two)
    first, second = maker.learned_.canaries
    assert not set(first.lines) & set(second.lines)
    assert maker.exposure(2000).mean > 5
    network = MakeMore(SMALL["mixture"], steps=2, canaries=10).fit(one).partial_fit(two)
    assert len(network.learned_.canaries) == 2
    other = MakeMore("ngram", canaries=4).fit(["zo\u00eb", "chlo\u00eb"])
    both = MakeMore.blend([maker, other, maker])
    assert [len(each.lines) for each in both.learned_.canaries] == [10, 10, 4]
    assert np.isfinite(both.exposure(1000).bits).all()


def test_labelled_canaries_are_scored_under_their_own_labels(names):
    sexes = ["F" if line[-1] in "aei" else "M" for line in names.to_list()]
    maker = MakeMore("kneser_ney", canaries=40).fit(names.to_list(), sexes)
    assert set(maker.learned_.canaries[0].labels) == {"F", "M"}
    assert maker.exposure(4000).mean > 8
    assert len(maker.exposure(4000).bits) == 40


def test_a_canary_has_the_median_weight():
    lines, weights = ["anna", "hannah", "otto"], [1000.0, 2000.0, 9000.0]
    maker = MakeMore("ngram", canaries=3).fit(lines, weights=weights)
    assert maker.learned_.canaries[0].weight == 2000.0
    assert maker.learned_.weight == 12_000.0


def test_exposure_requires_at_least_one_draw(names):
    with pytest.raises(OptionError, match="draws is 0: give 1 or more"):
        MakeMore("ngram", canaries=3).fit(names).exposure(draws=0)
