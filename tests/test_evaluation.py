import math

import numpy as np
import pytest

from makemore.errors import DataError
from makemore.estimator import MakeMore
from makemore.evaluation import bootstrap, variety


def test_loss_bits_and_perplexity_belong_together():
    loss = bootstrap(np.array([-2.0, -4.0]), np.array([2.0, 2.0]), seed=0)
    assert loss.nats == 1.5
    assert loss.bits == pytest.approx(1.5 / math.log(2))
    assert loss.perplexity == pytest.approx(math.exp(1.5))
    assert (loss.lines, loss.characters) == (2, 4.0)


@pytest.mark.parametrize("lines", [200, 20_000])
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
