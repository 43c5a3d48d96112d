import numpy as np
import pytest

from makemore import Lines, MakeMore
from makemore.corpus.vocabulary import Vocabulary
from makemore.evaluation.scoring import surprise
from makemore.report.samples import character_shares, draw_samples, length_shares

LINES = Lines.from_strings(["ab", "b", "bcb"], weights=[1.0, 2.0, 5.0])


def test_length_shares_are_weighted_by_line():
    np.testing.assert_allclose(length_shares(LINES), [0, 2 / 8, 1 / 8, 5 / 8])


def test_character_shares_are_weighted_by_line():
    found = character_shares(LINES, Vocabulary("abc"))
    np.testing.assert_allclose(found, np.array([0, 1, 1 + 2 + 10, 5]) / 19)


def test_unknown_characters_are_ignored():
    np.testing.assert_allclose(character_shares(LINES, Vocabulary("ax")), [0, 1, 0])
    assert not character_shares(LINES, Vocabulary("x")).any()


def test_sampled_lines_are_scored_character_by_character():
    maker = MakeMore("kneser_ney").fit(["anna", "hannah", "a b", "otto"])
    samples = draw_samples(maker, seed=2)
    assert samples.lines.to_list() == maker.sample(2000, seed=2)
    assert samples.variety == maker.variety(samples.lines.to_list())
    for line, spelled in zip(samples.lines.to_list(), samples.shown, strict=False):
        assert [piece.text for piece in spelled.characters] == [*line.replace(" ", "_"), "·"]
        scores = maker.score_characters([line])[0]
        assert spelled.nats == pytest.approx(scores.sum())
        assert [piece.level for piece in spelled.characters] == [surprise(nats) for nats in scores]
        assert [piece.probability for piece in spelled.characters] == [
            f"{p:.3g}" for p in np.exp(scores)
        ]


def test_fewer_samples_are_drawn_of_long_lines():
    samples = draw_samples(MakeMore("kneser_ney").fit(["ab" * 300, "ba" * 150]))
    assert len(samples.lines) == 2**17 // 600


def test_the_space_symbol_is_not_a_character_of_the_list():
    texts = {}
    for lines in (["a b", "c d"], ["a b", "c_d"], ["ab"]):
        samples = draw_samples(MakeMore("kneser_ney").fit(lines))
        texts[samples.space] = {piece.text for line in samples.shown for piece in line.characters}
    assert texts["_"] == set("abcd_·")
    assert texts["␣"] == set("abcd_␣·")
    assert texts[None] == set("ab·")
