import numpy as np
import pytest

from makemore import KneserNeyOptions, Lines, MakeMore, MixtureOptions
from makemore.models.log_linear import LogLinearMixture

LINES = ["anna", "hannah", "johanna", "ben", "benno", "otto", "bob", "ann"] * 4


def each_alone(maker):
    """Yield the mixture with all its weight on one member, for each member."""
    for index in range(len(maker.learned_.model.members)):
        maker.learned_.model.weights = np.eye(len(maker.learned_.model.members))[index]
        yield maker


def test_members_are_measured_alone_and_by_the_loss_without_them():
    members = "kneser_ney(window=1), kneser_ney(window=3), mlp(hidden=8)"
    maker = MakeMore(MixtureOptions(members=members), steps=20).fit(LINES)
    asked = ["hanna", "bobo", "jotto", "bobo", "bobo"]
    found = maker.probe(asked).members
    assert [each.name for each in found] == [
        "KneserNey, window 1",
        "KneserNey, window 3",
        "MLP, window 3",
    ]
    mixture, whole = maker.learned_.model, -maker.score(asked)
    kept = mixture.weights.copy()
    for index, each in enumerate(found):
        for weights, loss in (
            (np.eye(3)[index], each.loss),
            (np.where(np.arange(3) == index, 0, kept), whole + each.without),
        ):
            mixture.weights = weights / weights.sum()
            assert -maker.score(asked) == pytest.approx(loss, abs=1e-4)
        mixture.weights = kept
    characters = [alone.score_characters(asked) for alone in each_alone(maker)]
    winners = np.array([np.concatenate(scores) for scores in characters]).argmax(axis=0)
    shares = np.bincount(winners, minlength=3) / len(winners)
    assert [each.best for each in found] == pytest.approx(shares.tolist(), abs=1e-6)
    assert sum(each.weight for each in found) == pytest.approx(1.0)


def test_members_of_a_blend_keep_their_names():
    one = MakeMore(KneserNeyOptions(window=2)).fit(LINES)
    other = MakeMore("gru", steps=3).fit(["zoë", "chloë", "anaïs"])
    found = MakeMore.blend([one, other]).probe(["hanna", "bob"]).members
    assert [each.name for each in found] == ["KneserNey, window 2", "GRU"]


def test_member_statistics_weight_lines():
    members = "kneser_ney(window=1), kneser_ney(window=3), gru(hidden=8)"
    asked, labels, weights = ["hanna", "bob", "ann"], ["F", "M", "F"], [1.0, 3.0, 2.0]
    maker = MakeMore(MixtureOptions(members=members), steps=20)
    maker.fit(LINES, ["F" if line.endswith("a") else "M" for line in LINES])
    repeats = np.repeat(np.arange(3), np.array(weights, int))
    one, other = (
        maker.probe(lines).members
        for lines in (
            Lines.from_strings(asked, labels, weights),
            Lines.from_strings([asked[i] for i in repeats], [labels[i] for i in repeats]),
        )
    )
    for mine, its in zip(one, other, strict=True):
        assert mine[2:5] == pytest.approx(its[2:5])
        assert mine.by_place == pytest.approx(its.by_place)


def test_contributions_by_position_are_shares_of_the_probability():
    members = "kneser_ney(window=1), kneser_ney(window=3), gru(hidden=8)"
    maker = MakeMore(MixtureOptions(members=members), steps=20).fit(LINES)
    maker.learned_.model.weights = np.array([0.5, 0.3, 0.2])
    asked = ["hanna", "bob", "johannan"]
    found = np.array([each.by_place for each in maker.probe(asked).members])
    assert found.shape == (3, 9)
    weights = maker.learned_.model.weights.copy()
    each = [alone.score_characters(asked) for alone in each_alone(maker)]
    for index in range(9):
        parts = []
        for line in range(3):
            if index < len(each[0][line]):
                part = weights * np.exp([own[line][index] for own in each])
                parts.append(part / part.sum())
        np.testing.assert_allclose(found[:, index], np.mean(parts, axis=0), atol=1e-5)


def test_contributions_to_a_log_linear_mixture():
    words = [f"{a}{b}{c}" for a in "bdk" for b in "aeiou" for c in "nrt"]
    maker = MakeMore(budget=1).fit(words)
    mixture, asked = maker.learned_.model, ["ban", "tek", "aio"]
    assert isinstance(mixture, LogLinearMixture)
    found = maker.probe(asked).members
    assert [each.weight for each in found] == mixture.weights.tolist()
    loss = -np.concatenate(maker.score_characters(asked)).mean()
    exponents = mixture.exponents
    for index, each in enumerate(found):
        mixture.exponents = exponents * (np.arange(len(found)) != index)
        without = -np.concatenate(maker.score_characters(asked)).mean()
        assert each.without == pytest.approx(without - loss, abs=1e-4)
    mixture.exponents = exponents
