"""Scores in edge cases: unknown characters, impossible lines, empty lists."""

import numpy as np
import pytest

from makemore import DataError, Lines, MakeMore, NgramOptions, OptionError
from makemore.evaluation.scoring import surprise

NAMES = ["anna", "hannah", "johanna", "ben", "benno", "otto", "bob"]
LABELS = ["F", "F", "F", "M", "M", "M", "M"]


@pytest.fixture(scope="module")
def maker():
    return MakeMore("kneser_ney").fit(NAMES)


@pytest.fixture(scope="module")
def labelled():
    return MakeMore("kneser_ney").fit(NAMES, LABELS)


def test_the_surprise_level_is_the_order_of_magnitude_of_the_probability():
    for level, share in ((1, 0.1), (2, 0.01), (3, 0.001)):
        assert surprise(np.log(share * 1.0001)) == level - 1
        assert surprise(np.log(share * 0.9999)) == level


@pytest.mark.parametrize("model", ["maker", "labelled"])
def test_an_unknown_character_scores_minus_infinity_and_later_ones_nan(model, request):
    maker = request.getfixturevalue(model)
    whole, broken, first, clean = maker.score_characters(["an", "anxa", "\u00e9", "ben"])
    np.testing.assert_allclose(broken[:2], whole[:2], atol=1e-6)
    assert broken[2] == -np.inf
    assert np.isnan(broken[3:]).all()
    assert [len(each) for each in (whole, broken, first, clean)] == [3, 5, 2, 4]
    assert first[0] == -np.inf
    assert clean.sum() == pytest.approx(maker.score_samples(["ben"])[0])
    assert maker.score_samples(["anxa"])[0] == -np.inf


def test_a_blank_line_has_only_the_score_of_its_end(maker):
    (characters,) = maker.score_characters([""])
    assert characters.shape == (1,)
    assert characters[0] == pytest.approx(maker.score_samples([" "])[0])


def test_an_unknown_character_gives_infinite_oddness_at_its_position(maker):
    found = maker.oddness(["anna", "anxna", "bxb"])
    assert found.deviations[1:].tolist() == [np.inf, np.inf]
    assert found.place[1:].tolist() == [2, 1]
    assert found.log_prob[1:].tolist() == [-np.inf, -np.inf]


def test_every_line_is_truncated_at_its_first_unknown_character(maker):
    lines = ["xanna", "", "anna", "axbxa", "annax", "", "xx"]
    found = maker.oddness(lines)
    assert np.isinf(found.deviations).tolist() == [any(c == "x" for c in line) for line in lines]
    positions = [found.place[i] for i, line in enumerate(lines) if "x" in line]
    assert positions == [line.index("x") for line in lines if "x" in line]


def test_oddness_of_a_labelled_line_is_computed_under_its_label(labelled):
    own = Lines.from_strings(["anna", "anna"], ["F", "M"])
    deviations = labelled.oddness(own).deviations
    assert deviations[0] == labelled.oddness(["anna"]).deviations[0]
    assert deviations[1] > deviations[0]


def test_oddness_of_sampled_lines_has_mean_zero_and_deviation_one(us_names):
    maker = MakeMore("kneser_ney").fit(us_names)
    lines = maker.sample(4000, seed=2)
    deviations = maker.oddness(lines).deviations
    assert abs(deviations.mean()) < 0.06
    assert deviations.std() == pytest.approx(1.0, abs=0.1)
    length = np.array([len(line) for line in lines])
    documented = {2: 1.6, 3: 0.5, 6: -0.4, 12: 0.8}
    means = {each: deviations[length == each].mean() for each in documented}
    assert means == pytest.approx(documented, abs=0.35)


def test_a_line_of_probability_one_has_zero_oddness():
    maker = MakeMore(NgramOptions(window=3, add=0.0)).fit(["abc"])
    assert maker.oddness(["abc"]).deviations.tolist() == [0.0]
    assert maker.oddness(["acb"]).deviations.tolist() == [np.inf]


def test_a_line_impossible_under_every_label_gets_the_label_priors(labelled):
    shares = labelled.predict_proba(["an", "x"])
    np.testing.assert_allclose(shares[1], [3 / 7, 4 / 7])
    assert shares[0, 0] > 0.5
    assert labelled.predict(["an", "bo", "x"]).tolist() == ["F", "M", "M"]
    assert labelled.classes_.tolist() == ["F", "M"]
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)


def test_predict_proba_is_rejected_without_labels(maker):
    with pytest.raises(OptionError, match="without labels, so it cannot predict labels"):
        maker.predict_proba(["anna"])
    assert maker.classes_.tolist() == []


def test_cross_oddness_finds_the_outliers(us_names):
    lines = [*us_names.to_list()[:2000], "qz7", "zzkrvx", "zzkrvx"]
    found = MakeMore("kneser_ney").cross_oddness(lines)
    worst = [lines[i] for i in np.argsort(-found.deviations, kind="stable")[:3]]
    assert sorted(worst) == ["qz7", "zzkrvx", "zzkrvx"]
    assert found.place[2000] in (1, 2)
    assert np.isfinite(found.deviations).all()  # even if a character occurs in a single line
    again = MakeMore("kneser_ney").cross_oddness(Lines.from_strings(lines), folds=10)
    np.testing.assert_allclose(found.deviations, again.deviations, atol=1e-6)


def test_cross_oddness_requires_two_different_lines():
    for lines in (["anna"], ["anna", "anna"], []):
        with pytest.raises(DataError, match="at least two distinct lines"):
            MakeMore("kneser_ney").cross_oddness(lines)
    with pytest.raises(OptionError, match="folds is 1: give 2 or more"):
        MakeMore("kneser_ney").cross_oddness(NAMES, folds=1)


def test_lines_with_unknown_labels_are_skipped_or_rejected(labelled):
    lines = Lines.from_strings(["anna", "ben", "anna"], ["F", "X", "M"])
    assert labelled.score_samples(lines)[1] == -np.inf
    assert labelled.evaluate(lines).unknown == 1
    assert labelled.evaluate(lines).all.lines == 2
    with pytest.raises(DataError, match="line 2: 'X' is not one of this model's labels"):
        labelled.oddness(lines)


def test_score_weights_lines_as_the_loss_does():
    lines = Lines.from_strings(["anna", "otto"], None, [9.0, 1.0])
    maker = MakeMore("kneser_ney").fit(lines)
    assert maker.score(lines) == pytest.approx(-maker.evaluate(lines).all.nats, abs=1e-6)
    assert maker.score(lines) != pytest.approx(maker.score(["anna", "otto"]), abs=1e-3)
