import math

import numpy as np
import pytest

from makemore.corpus.lines import Lines
from makemore.corpus.named.corpora import dataset_named
from makemore.errors import DataError
from makemore.estimator.makemore import MakeMore
from makemore.evaluation.metrics import bootstrap, classification, variety


def test_loss_bits_and_perplexity_belong_together():
    loss = bootstrap(np.array([-2.0, -4.0]), np.array([2.0, 2.0]), seed=0)
    assert loss.nats == 1.5
    assert loss.bits == pytest.approx(1.5 / math.log(2))
    assert loss.perplexity == pytest.approx(math.exp(1.5))
    assert (loss.lines, loss.characters) == (2, 4.0)


@pytest.mark.parametrize("lines", [200, pytest.param(20_000, marks=pytest.mark.slow)])
def test_the_interval_covers_the_truth_about_as_often_as_it_says(lines):
    rng = np.random.default_rng(1)
    covered = 0
    trials = 100 if lines == 200 else 20
    for trial in range(trials):
        characters = rng.integers(3, 10, lines).astype(float)
        scores = -2.0 * characters + rng.normal(0, 2, lines)
        loss = bootstrap(scores, characters, seed=trial)
        assert loss.low < loss.nats < loss.high
        covered += loss.low <= 2.0 <= loss.high
    assert covered >= 0.85 * trials
    assert loss.high - loss.low < 3 * 4 * 2 / (6 * math.sqrt(lines))


def test_lines_with_many_characters_count_for_more():
    loss = bootstrap(np.array([-10.0, -1.0]), np.array([9.0, 1.0]), seed=0)
    assert loss.nats == pytest.approx(1.1)


@pytest.fixture(scope="module")
def maker():
    return MakeMore().fit(["anna", "hannah", "ben", "otto", "anna"])


def test_seen_and_unseen_lines_stand_apart(maker):
    found = maker.evaluate(["anna", "ben", "hanna", "tott", "xyz"])
    assert (found.seen.lines, found.unseen.lines, found.unknown) == (2, 2, 1)
    assert found.seen.nats < found.unseen.nats
    together = found.seen.nats * found.seen.characters + found.unseen.nats * found.unseen.characters
    assert found.all.nats == pytest.approx(together / found.all.characters)


def test_without_digests_nothing_is_said_of_seen_lines():
    found = MakeMore(keep_digests=False).fit(["anna", "ben"]).evaluate(["anna"])
    assert found.seen is None
    assert found.unseen is None
    assert found.all.lines == 1


def test_the_same_seed_gives_the_same_interval(maker):
    assert maker.evaluate(["anna", "hanna"], seed=3) == maker.evaluate(["anna", "hanna"], seed=3)


def test_no_line_to_evaluate_on_is_said(maker):
    with pytest.raises(DataError, match="there is no line to evaluate on"):
        maker.evaluate(["xyz"])


def test_variety_counts_distinct_and_new():
    found = variety(["a", "bb", "bb", "dddd"], np.array([True, False, False, False]))
    assert (found.distinct, found.new) == (0.75, 0.75)
    assert (found.shortest, found.mean_length, found.longest) == (1, 2.25, 4)
    assert variety(["a"], None).new is None


def test_how_well_labels_are_told_is_counted_with_weights():
    posterior = np.array([[0.92, 0.08], [0.65, 0.35], [0.25, 0.75], [0.45, 0.55]])
    label, weight = np.array([0, 1, 1, 0]), np.array([2.0, 1.0, 4.0, 1.0])
    told = classification(posterior, label, weight)
    assert told.lines == 4
    assert told.accuracy == pytest.approx(6 / 8)
    assert told.commonest == pytest.approx(5 / 8)
    assert told.log_loss == pytest.approx(
        -(2 * math.log(0.92) + math.log(0.35) + 4 * math.log(0.75) + math.log(0.45)) / 8
    )
    assert [part.share for part in told.bins] == pytest.approx([1 / 8, 1 / 8, 4 / 8, 2 / 8])
    assert [part.confidence for part in told.bins] == pytest.approx([0.55, 0.65, 0.75, 0.92])
    assert [part.accuracy for part in told.bins] == [0.0, 0.0, 1.0, 1.0]
    gaps = np.array([0.55, 0.65, 0.25, 0.08]) @ np.array([1, 1, 4, 2]) / 8
    assert told.calibration_error == pytest.approx(gaps)
    assert told.low <= told.accuracy <= told.high


def test_honest_probabilities_have_no_calibration_error():
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.5, 1.0, 50_000)
    posterior = np.stack([sure, 1 - sure], axis=1)
    label = (rng.random(50_000) > sure).astype(np.int64)
    honest = classification(posterior, label, np.ones(50_000))
    assert honest.calibration_error < 0.01
    assert honest.low < sure.mean() < honest.high
    boastful = classification(np.round(posterior), label, np.ones(50_000))
    assert boastful.calibration_error == pytest.approx(0.25, abs=0.02)


@pytest.fixture(scope="module")
def by_sex():
    """The bundled names with births and sexes, a fifth of them kept apart."""
    lines = dataset_named("us-names").load(with_labels=True, with_weights=True)
    return lines, MakeMore("kneser_ney", test=0.2).fit(lines)


def test_a_sex_is_told_of_names_that_were_kept_apart(by_sex):
    lines, maker = by_sex
    found = maker.evaluate(lines)
    assert found.seen.lines + found.unseen.lines == len(lines)
    assert found.unseen.lines == pytest.approx(0.2 * len(lines), rel=0.05)
    assert found.unseen.nats == pytest.approx(maker.learned_.report.test_loss, rel=0.02)
    assert found.seen.nats < found.unseen.nats - 0.3
    assert found.labels.lines == found.unseen.lines
    assert found.labels.learned is False
    assert found.labels.accuracy > found.labels.commonest + 0.2
    assert found.labels.calibration_error < 0.06


def test_labels_that_were_all_learned_are_told_too():
    maker = MakeMore("kneser_ney").fit(["anna", "ben"], ["F", "M"])
    found = maker.evaluate(Lines.from_strings(["anna", "ben", "x"], ["F", "M", "F"]))
    assert (found.labels.lines, found.labels.learned, found.unknown) == (2, True, 1)
    assert found.labels.accuracy == 1.0
    assert MakeMore("kneser_ney").fit(["anna"]).evaluate(["anna"]).labels is None


def test_without_digests_it_is_not_known_whether_labels_were_learned():
    maker = MakeMore("kneser_ney", keep_digests=False).fit(["anna", "ben"], ["F", "M"])
    assert maker.evaluate(["anna"], ["F"]).labels.learned is None


def test_lines_that_had_to_be_learned_are_no_test_lines():
    """Every line of a tiny list may fall in its test part, and is learned all the same."""
    for name in ("ab", "ba", "aab", "abb", "bba", "bab", "aba", "baa", "bbb", "aaa"):
        maker = MakeMore("kneser_ney", test=0.6).fit([name])
        assert maker.evaluate([name]).unseen is None
