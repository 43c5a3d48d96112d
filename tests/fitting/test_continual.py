"""Continued training with `partial_fit`."""

import hypothesis
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from makemore import (
    DataError,
    GRUOptions,
    KneserNeyOptions,
    Lines,
    MakeMore,
    MixtureOptions,
    OptionError,
    WaveNetOptions,
)
from makemore.fitting.continual import draw_rehearsal
from makemore.registry import FAMILIES

WORDS = st.lists(st.text("abc\u00e9z", min_size=1, max_size=6), min_size=1, max_size=12)
OLD = ["anna", "hannah", "johanna", "susanna", "hanne", "joanna", "nana", "hana"] * 3
MORE = ["zo\u00eb", "lizzy", "liz", "zora", "zelda", "z\u00ebl"]


@hypothesis.given(WORDS, WORDS, st.booleans(), st.booleans(), st.randoms())
@settings(deadline=None, max_examples=60)
@pytest.mark.parametrize("model", ["kneser_ney", "ngram"])
def test_continued_counting_equals_counting_all_lines_at_once(
    model, old, more, is_labelled, is_weighted, random
):
    def dressed(strings):
        labels = [random.choice("FM") for _ in strings] if is_labelled else None
        weights = [random.randint(1, 5) / 2 for _ in strings] if is_weighted else None
        return strings, labels, weights

    first, second = dressed(old), dressed(more)
    both = [None if a is None else [*a, *b] for a, b in zip(first, second, strict=True)]
    at_once = MakeMore(model).fit(*both).learned_
    in_turn = MakeMore(model).fit(*first).partial_fit(*second).learned_
    assert in_turn.vocabulary.characters == at_once.vocabulary.characters
    for name, value in at_once.model.tensors().items():
        np.testing.assert_array_equal(in_turn.model.tensors()[name], value)
    np.testing.assert_allclose(in_turn.label_shares, at_once.label_shares)
    assert (in_turn.weight, in_turn.longest) == (at_once.weight, at_once.longest)
    np.testing.assert_array_equal(in_turn.digests(), at_once.digests())


@pytest.fixture(scope="module")
def network():
    return MakeMore(GRUOptions(embedding=16, hidden=32, dropout=0.0), steps=150).fit(OLD)


def copy_of(maker):
    twin = MakeMore(maker.model, **{k: v for k, v in maker.get_params().items() if k != "model"})
    twin.learned_ = maker.learned_
    return twin


def test_a_network_learns_new_characters_without_forgetting(network):
    more = copy_of(network).partial_fit(MORE)
    held = ["hannah", "susanna"], ["zora", "zo\u00eb"]
    assert network.score(held[1]) == -np.inf
    assert more.score(held[1]) > -np.log(len(more.learned_.vocabulary))
    assert more.score(held[0]) > network.score(held[0]) - 0.5
    assert more.learned_.report.before == network.learned_.report
    assert more.learned_.report.rate == pytest.approx(0.3 * network.learned_.report.rate)


def test_adapting_forgets_more_than_rehearsing(network):
    kept, adapted = (copy_of(network).partial_fit(MORE, adapt=adapt) for adapt in (False, True))
    assert kept.score(["hannah", "joanna"]) > adapted.score(["hannah", "joanna"]) + 0.3


def test_rehearsal_samples_lines_with_the_label_weights_of_the_model():
    maker = MakeMore("kneser_ney").fit(["anna", "hanna", "otto"], ["F", "F", "M"], [30.0, 20.0, 50])
    more = Lines.from_strings(["zoe"], ["F"], [4.0])
    lines = draw_rehearsal(maker.learned_, more, seed=0)
    assert lines.to_list()[0] == "zoe"
    assert lines.weights[0] == 4.0
    names = np.array(lines.label_names)[lines.labels]
    for label in ("F", "M"):
        assert lines.weights[1:][names[1:] == label].sum() == pytest.approx(50.0)
    assert np.isfinite(maker.score_samples(lines.select(np.arange(1, len(lines))))).all()


def test_a_mixture_learns_new_characters(tmp_path):
    maker = MakeMore("mixture", steps=5).set_params(model="mixture")
    maker.fit(OLD).partial_fit(MORE)
    assert "\u00eb" in maker.learned_.vocabulary.characters
    maker.save(tmp_path / "m")
    again = MakeMore.load(tmp_path / "m")
    np.testing.assert_allclose(again.score_samples(MORE), maker.score_samples(MORE), atol=1e-5)
    assert again.learned_.report.before.train_lines > 0


def test_a_mixture_of_count_models_adds_counts_and_keeps_its_weights():
    members = "kneser_ney(window=2), kneser_ney(window=4)"
    maker = MakeMore(MixtureOptions(members=members)).fit(OLD)
    weights = maker.learned_.model.weights.copy()
    maker.partial_fit(MORE)
    np.testing.assert_array_equal(maker.learned_.model.weights, weights)
    for member, window in zip(maker.learned_.model.members, (2, 4), strict=True):
        at_once = MakeMore(KneserNeyOptions(window=window)).fit([*OLD, *MORE]).learned_
        for name, value in at_once.model.tensors().items():
            np.testing.assert_array_equal(member.tensors()[name], value)


def test_every_member_of_a_mixture_continues_training(network):
    members = "kneser_ney(window=2), gru(embedding=8, hidden=16)"
    maker = MakeMore(MixtureOptions(members=members), steps=20).fit(OLD)
    before = [{k: v.copy() for k, v in m.tensors().items()} for m in maker.learned_.model.members]
    maker.partial_fit(["anno", "hanno"] * 10)  # no new character
    counted, walked = maker.learned_.model.members
    assert counted.tensors()["repeats"].sum() > before[0]["repeats"].sum()
    assert np.abs(walked.tensors()["U"] - before[1]["U"]).max() > 1e-3


def test_a_continued_model_can_be_saved_over_its_file(tmp_path):
    path = tmp_path / "m"
    MakeMore("kneser_ney").fit(OLD).save(path)
    for more in (["zora"], ["zelda"]):
        maker = MakeMore.load(path).partial_fit(more)
        maker.save(path)
        assert not set(maker.sample(50, new=True)) & {*OLD, "zora"}
    assert MakeMore.load(path).is_seen(["anna", "zora", "zelda", "nix"]).tolist() == [1, 1, 1, 0]


def test_a_rare_label_is_rehearsed_at_least_once():
    maker = MakeMore("kneser_ney").fit(["anna", "otto"], ["F", "M"], [1e6, 1.0])
    lines = draw_rehearsal(maker.learned_, Lines.from_strings(["zoe"], ["F"]), seed=0)
    assert lines.label_list().count("M") == 1
    assert lines.weights[np.array(lines.label_list()) == "M"].sum() == pytest.approx(1.0)


def test_equal_numbers_of_labels_and_characters_are_not_confused():
    """Three characters and labels become four each, with the new ones at different indices."""
    options = WaveNetOptions(window=2, embedding=2, hidden=4)
    maker = MakeMore(options, steps=3).fit(["ab", "b", "a"], ["P", "Q", "R"])
    old = {name: value.copy() for name, value in maker.learned_.model.tensors().items()}
    new = FAMILIES["wavenet"].build(options, 4, 4).resize_tensors(old, np.array([0, 1, 2, 5, 6, 7]))
    np.testing.assert_array_equal(new["labels"][1:], old["labels"])
    np.testing.assert_array_equal(new["C"][:3], old["C"])


def test_the_first_partial_fit_equals_fit():
    one, other = MakeMore("ngram").partial_fit(OLD), MakeMore("ngram").fit(OLD)
    assert one.score(MORE[:1]) == other.score(MORE[:1])
    assert one.learned_.report.before is None


def test_new_lines_are_in_neither_list():
    maker = MakeMore("kneser_ney").fit(OLD).partial_fit(MORE)
    assert not set(maker.sample(200, new=True)) & {*OLD, *MORE}
    assert maker.learned_.cleaning.kept == len(OLD) + len(MORE)
    forgetful = MakeMore("kneser_ney", keep_digests=False).fit(OLD).partial_fit(MORE)
    with pytest.raises(OptionError, match="new and new_by need the digests"):
        forgetful.sample(1, new=True)


def test_partial_fit_requires_labels_exactly_if_the_model_has_them():
    with pytest.raises(DataError, match="fitted on lines without labels: give more lines without"):
        MakeMore("ngram").fit(OLD).partial_fit(["ben"], ["M"])
    labelled = MakeMore("ngram").fit(["ben", "anna"], ["M", "F"])
    with pytest.raises(DataError, match="fitted on lines with labels: give more lines with labels"):
        labelled.partial_fit(["ben"])
    assert labelled.partial_fit(["x\u00e9"], ["A"]).classes_.tolist() == ["A", "F", "M"]
    assert labelled.sample(5, label="A", seed=1)


def test_partial_fit_without_lines_is_rejected_and_changes_nothing():
    maker = MakeMore("ngram").fit(OLD)
    before = maker.learned_
    with pytest.raises(DataError, match="there is no line to learn"):
        maker.partial_fit([])
    assert maker.learned_ is before


def test_lines_held_out_by_both_fits_stay_unseen(us_names):
    lines = us_names.to_list()[:4000]
    maker = MakeMore("ngram", test=0.3).fit(lines[:2000])
    maker.set_params(test=0.1).partial_fit(lines[2000:])
    assert maker.learned_.report.test == 0.1
    unseen = maker.evaluate(lines).unseen
    assert unseen.lines == pytest.approx(400, abs=80)
