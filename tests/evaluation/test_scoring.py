"""Scores at the edges: unknown characters, impossible lines, nothing at all."""

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


def test_a_character_is_as_surprising_as_it_is_rare():
    for level, share in ((1, 0.1), (2, 0.01), (3, 0.001)):
        assert surprise(np.log(share * 1.0001)) == level - 1
        assert surprise(np.log(share * 0.9999)) == level


@pytest.mark.parametrize("model", ["maker", "labelled"])
def test_an_unknown_character_is_impossible_and_what_follows_is_not_a_number(model, request):
    maker = request.getfixturevalue(model)
    whole, broken, first, clean = maker.score_characters(["an", "anxa", "\u00e9", "ben"])
    np.testing.assert_allclose(broken[:2], whole[:2], atol=1e-6)
    assert broken[2] == -np.inf
    assert np.isnan(broken[3:]).all()
    assert [len(each) for each in (whole, broken, first, clean)] == [3, 5, 2, 4]
    assert first[0] == -np.inf
    assert clean.sum() == pytest.approx(maker.score_samples(["ben"])[0])
    assert maker.score_samples(["anxa"])[0] == -np.inf


def test_a_blank_line_is_its_end_alone(maker):
    (characters,) = maker.score_characters([""])
    assert characters.shape == (1,)
    assert characters[0] == pytest.approx(maker.score_samples([" "])[0])


def test_an_unknown_character_is_as_odd_as_can_be_and_gives_the_line_away(maker):
    found = maker.oddness(["anna", "anxna", "bxb"])
    assert found.deviations[1:].tolist() == [np.inf, np.inf]
    assert found.place[1:].tolist() == [2, 1]
    assert found.log_prob[1:].tolist() == [-np.inf, -np.inf]


def test_every_line_is_cut_at_its_own_first_unknown_character(maker):
    lines = ["xanna", "", "anna", "axbxa", "annax", "", "xx"]
    found = maker.oddness(lines)
    assert np.isinf(found.deviations).tolist() == [any(c == "x" for c in line) for line in lines]
    places = [found.place[i] for i, line in enumerate(lines) if "x" in line]
    assert places == [line.index("x") for line in lines if "x" in line]


def test_a_line_with_its_label_is_judged_under_it(labelled):
    own = Lines.from_strings(["anna", "anna"], ["F", "M"])
    deviations = labelled.oddness(own).deviations
    assert deviations[0] == labelled.oddness(["anna"]).deviations[0]
    assert deviations[1] > deviations[0]


def test_lines_that_a_model_makes_are_as_surprising_as_it_expects(us_names):
    maker = MakeMore("kneser_ney").fit(us_names)
    deviations = maker.oddness(maker.sample(4000, seed=2)).deviations
    assert abs(deviations.mean()) < 0.06
    assert deviations.std() == pytest.approx(1.0, abs=0.1)


def test_what_a_model_is_sure_of_is_not_odd():
    maker = MakeMore(NgramOptions(window=3, add=0.0)).fit(["abc"])
    assert maker.oddness(["abc"]).deviations.tolist() == [0.0]
    assert maker.oddness(["acb"]).deviations.tolist() == [np.inf]


def test_a_line_that_no_label_allows_has_the_shares_of_the_list(labelled):
    shares = labelled.predict_proba(["an", "x"])
    np.testing.assert_allclose(shares[1], [3 / 7, 4 / 7])
    assert shares[0, 0] > 0.5
    assert labelled.predict(["an", "bo", "x"]).tolist() == ["F", "M", "M"]
    assert labelled.classes_.tolist() == ["F", "M"]
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)


def test_without_labels_none_can_be_told(maker):
    with pytest.raises(OptionError, match="without labels, so it cannot predict labels"):
        maker.predict_proba(["anna"])
    assert maker.classes_.tolist() == []


def test_a_list_judged_by_itself_finds_the_stranger(us_names):
    lines = [*us_names.to_list()[:2000], "qz7", "zzkrvx", "zzkrvx"]
    found = MakeMore("kneser_ney").cross_oddness(lines)
    worst = [lines[i] for i in np.argsort(-found.deviations, kind="stable")[:3]]
    assert sorted(worst) == ["qz7", "zzkrvx", "zzkrvx"]
    assert found.place[2000] in (1, 2)
    assert np.isfinite(found.deviations).all()  # a character may be in one line alone
    again = MakeMore("kneser_ney").cross_oddness(Lines.from_strings(lines), folds=10)
    np.testing.assert_allclose(found.deviations, again.deviations, atol=1e-6)


def test_a_list_of_one_line_cannot_be_judged_by_itself():
    for lines in (["anna"], ["anna", "anna"], []):
        with pytest.raises(DataError, match="at least two distinct lines"):
            MakeMore("kneser_ney").cross_oddness(lines)
    with pytest.raises(OptionError, match="folds is 1: give 2 or more"):
        MakeMore("kneser_ney").cross_oddness(NAMES, folds=1)


def test_lines_of_a_label_that_is_unknown_are_left_out_or_refused(labelled):
    lines = Lines.from_strings(["anna", "ben", "anna"], ["F", "X", "M"])
    assert labelled.score_samples(lines)[1] == -np.inf
    assert labelled.evaluate(lines).unknown == 1
    assert labelled.evaluate(lines).all.lines == 2
    with pytest.raises(DataError, match="line 2: 'X' is not one of this model's labels"):
        labelled.oddness(lines)


def test_weights_count_in_the_score_as_in_the_loss():
    lines = Lines.from_strings(["anna", "otto"], None, [9.0, 1.0])
    maker = MakeMore("kneser_ney").fit(lines)
    assert maker.score(lines) == pytest.approx(-maker.evaluate(lines).all.nats, abs=1e-6)
    assert maker.score(lines) != pytest.approx(maker.score(["anna", "otto"]), abs=1e-3)
