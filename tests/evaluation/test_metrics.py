import math

import numpy as np
import pytest

from makemore.corpus.lines import Lines
from makemore.corpus.named.corpora import dataset_named
from makemore.errors import DataError
from makemore.estimator.makemore import MakeMore
from makemore.evaluation.metrics import bootstrap, classification, variety


def test_bits_and_perplexity_are_consistent_with_the_loss():
    loss = bootstrap(np.array([-2.0, -4.0]), np.array([2.0, 2.0]), seed=0)
    assert loss.nats == 1.5
    assert loss.bits == pytest.approx(1.5 / math.log(2))
    assert loss.perplexity == pytest.approx(math.exp(1.5))
    assert (loss.lines, loss.characters) == (2, 4.0)


@pytest.mark.parametrize("lines", [200, pytest.param(20_000, marks=pytest.mark.slow)])
def test_the_confidence_interval_has_the_nominal_coverage(lines):
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


def test_lines_are_weighted_by_their_number_of_characters():
    loss = bootstrap(np.array([-10.0, -1.0]), np.array([9.0, 1.0]), seed=0)
    assert loss.nats == pytest.approx(1.1)


@pytest.fixture(scope="module")
def maker():
    return MakeMore().fit(["anna", "hannah", "ben", "otto", "anna"])


def test_seen_and_unseen_lines_are_evaluated_separately(maker):
    found = maker.evaluate(["anna", "ben", "hanna", "tott", "xyz"])
    assert (found.seen.lines, found.unseen.lines, found.unknown) == (2, 2, 1)
    assert found.seen.nats < found.unseen.nats
    together = found.seen.nats * found.seen.characters + found.unseen.nats * found.unseen.characters
    assert found.all.nats == pytest.approx(together / found.all.characters)


def test_without_digests_seen_and_unseen_losses_are_none():
    found = MakeMore(keep_digests=False).fit(["anna", "ben"]).evaluate(["anna"])
    assert found.seen is None
    assert found.unseen is None
    assert found.all.lines == 1


def test_the_same_seed_gives_the_same_interval(maker):
    assert maker.evaluate(["anna", "hanna"], seed=3) == maker.evaluate(["anna", "hanna"], seed=3)


def test_an_evaluation_without_known_lines_is_rejected(maker):
    with pytest.raises(DataError, match="there is no line to evaluate on"):
        maker.evaluate(["xyz"])


def test_variety_reports_the_shares_of_distinct_and_new_lines():
    found = variety(["a", "bb", "bb", "dddd"], np.array([True, False, False, False]))
    assert (found.distinct, found.new) == (0.75, 0.75)
    assert (found.shortest, found.mean_length, found.longest) == (1, 2.25, 4)
    assert variety(["a"], None).new is None


def test_classification_metrics_are_weighted():
    posterior = np.array([[0.92, 0.08], [0.65, 0.35], [0.25, 0.75], [0.45, 0.55]])
    label, weight = np.array([0, 1, 1, 0]), np.array([2.0, 1.0, 4.0, 1.0])
    metrics = classification(posterior, label, weight)
    assert metrics.lines == 4
    assert metrics.accuracy == pytest.approx(6 / 8)
    assert metrics.commonest == pytest.approx(5 / 8)
    assert metrics.log_loss == pytest.approx(
        -(2 * math.log(0.92) + math.log(0.35) + 4 * math.log(0.75) + math.log(0.45)) / 8
    )
    assert [part.share for part in metrics.bins] == pytest.approx([1 / 8, 1 / 8, 4 / 8, 2 / 8])
    assert [part.confidence for part in metrics.bins] == pytest.approx([0.55, 0.65, 0.75, 0.92])
    assert [part.accuracy for part in metrics.bins] == [0.0, 0.0, 1.0, 1.0]
    gaps = np.array([0.55, 0.65, 0.25, 0.08]) @ np.array([1, 1, 4, 2]) / 8
    assert metrics.calibration_error == pytest.approx(gaps)
    assert metrics.low <= metrics.accuracy <= metrics.high


def test_calibrated_probabilities_have_no_calibration_error():
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
    """The bundled names with births and sexes, and a model with a fifth of them held out."""
    lines = dataset_named("us-names").load(with_labels=True, with_weights=True)
    return lines, MakeMore("kneser_ney", test=0.2).fit(lines)


def test_labels_are_evaluated_on_held_out_lines(by_sex):
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


def test_labels_are_evaluated_on_learned_lines_if_there_are_no_others():
    maker = MakeMore("kneser_ney").fit(["anna", "ben"], ["F", "M"])
    found = maker.evaluate(Lines.from_strings(["anna", "ben", "x"], ["F", "M", "F"]))
    assert (found.labels.lines, found.labels.learned, found.unknown) == (2, True, 1)
    assert found.labels.accuracy == 1.0
    assert MakeMore("kneser_ney").fit(["anna"]).evaluate(["anna"]).labels is None


def test_without_digests_it_is_unknown_whether_labels_were_learned():
    maker = MakeMore("kneser_ney", keep_digests=False).fit(["anna", "ben"], ["F", "M"])
    assert maker.evaluate(["anna"], ["F"]).labels.learned is None


def test_lines_moved_from_test_to_train_are_not_unseen():
    """If every line of a tiny list falls into the test split, they are used for training."""
    for name in ("ab", "ba", "aab", "abb", "bba", "bab", "aba", "baa", "bbb", "aaa"):
        maker = MakeMore("kneser_ney", test=0.6).fit([name])
        assert maker.evaluate([name]).unseen is None
