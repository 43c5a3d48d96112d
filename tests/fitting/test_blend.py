"""Blends of several fitted models."""

import numpy as np
import pytest

from makemore import (
    DataError,
    GRUOptions,
    KneserNeyOptions,
    MakeMore,
    MLPOptions,
    NgramOptions,
    OptionError,
)
from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.sampling import strategies

ONE = ["anna", "hannah", "johanna", "ben", "benno"]
OTHER = ["zo\u00eb", "zora", "r\u00e9n\u00e9e", "noa", "eno"]
MODELS = {
    "window": KneserNeyOptions(window=3),
    "prefix": GRUOptions(embedding=8, hidden=16, dropout=0.0),
    "short": MLPOptions(window=2, embedding=4, hidden=16),
}


@pytest.fixture(scope="module", params=["window", "prefix", "short"])
def blend(request):
    """Two models fitted on lists with different characters, and their blend."""
    makers = [MakeMore(MODELS[request.param], steps=30).fit(lines) for lines in (ONE, OTHER)]
    return *makers, MakeMore.blend(makers, [3, 1])


def test_blended_probabilities_are_weighted_means(blend):
    one, other, both = blend
    for text in ("hanno", "en", "benoa"):
        (a,), (b,), (mixed,) = (m.score_characters([text]) for m in (one, other, both))
        b = np.where(np.isnan(b), -np.inf, b)  # scores after h, which it does not have, are nan
        first = np.log(0.75 * np.exp(a[0]) + 0.25 * np.exp(b[0]))
        assert mixed[0] == pytest.approx(first, abs=1e-5)
    (a,), (b,), (mixed,) = (m.score_characters(["noae"]) for m in (one, other, both))
    np.testing.assert_allclose(mixed, np.log(0.75 * np.exp(a) + 0.25 * np.exp(b)), atol=1e-5)


def test_an_unknown_character_is_read_as_its_base_letter(blend):
    one, other, both = blend
    (b,), (mixed,) = (m.score_characters(["noé"]) for m in (other, both))
    assert mixed[2] == pytest.approx(
        b[2] + np.log(0.25), abs=1e-5
    )  # the first model gives it probability 0
    (a,) = one.score_characters(["noe"])
    end = np.log(0.75 * np.exp(a[3]) + 0.25 * np.exp(b[3]))
    assert mixed[3] == pytest.approx(end, abs=1e-5)


def test_a_blend_supports_the_model_interface(blend, tmp_path):
    *_, both = blend
    model, vocabulary = both.learned_.model, both.learned_.vocabulary
    lines = Lines.from_strings(["benno\u00eb", "zora", "jo"])
    log_probs = model.log_probs(Contexts.of(lines, vocabulary, model.window))
    np.testing.assert_allclose(np.exp(log_probs).sum(axis=1), 1.0, atol=1e-5)
    by_steps = []
    for line in lines.to_list():
        rows, state = model.start(1)
        total = 0.0
        for i in [*vocabulary.encode(np.array([ord(c) for c in line], np.uint32)), 0]:
            total += float(rows[0, i])
            rows, state = model.step(np.array([i], np.int32), state) if i else (rows, state)
        by_steps.append(total)
    np.testing.assert_allclose(both.score_samples(lines), by_steps, atol=1e-4)
    both.save(tmp_path / "both")
    again = MakeMore.load(tmp_path / "both")
    np.testing.assert_array_equal(again.score_samples(lines), both.score_samples(lines))
    assert again.sample(10, seed=4) == both.sample(10, seed=4)


def test_the_automaton_of_a_blend_has_the_log_probs_of_the_blend(blend):
    *_, both = blend
    model = both.learned_.model
    automaton = model.automaton(10**6)
    if model.window is None:
        assert automaton is None
        return
    state, (rows, walked) = automaton.initial, model.start(1)
    for i in (5, 1, 9, 11, 2, 2):
        np.testing.assert_allclose(automaton.log_probs[state], rows[0], atol=1e-5)
        rows, walked = model.step(np.array([i], np.int32), walked)
        state = automaton.goto[state, i]


def test_a_blend_samples_characters_of_either_list(blend):
    *_, both = blend
    samples = both.sample(400, seed=1)
    assert any("z" in line for line in samples)
    assert any("h" in line for line in samples)
    assert both.sample(5, suffix="\u00eb", min_length=3)


def test_blends_of_blends_are_flattened(blend):
    one, other, both = blend
    third = MakeMore("ngram").fit(["\u00f6zil", "anna", "zo\u00eb"])
    wider = MakeMore.blend([both, third], [1, 1])
    model = wider.learned_.model
    np.testing.assert_allclose(model.weights, [0.375, 0.125, 0.5])
    (a,), (c,) = (m.score_characters(["noa"]) for m in (both, third))
    (mixed,) = wider.score_characters(["noa"])
    assert mixed[0] == pytest.approx(np.log((np.exp(a[0]) + np.exp(c[0])) / 2), abs=1e-5)
    once = MakeMore.blend([one, other, third], [3, 1, 4])
    np.testing.assert_allclose(
        once.score_samples(["noa", "zo\u00ebl"]), wider.score_samples(["noa", "zo\u00ebl"])
    )


def test_blend_weights_are_fitted_on_given_lines():
    makers = [MakeMore("kneser_ney").fit(lines) for lines in (ONE, OTHER)]
    like_one = MakeMore.blend(makers, lines=["hanna", "johann", "x"])
    assert like_one.learned_.model.weights[0] > 0.9
    report = like_one.learned_.report
    assert report.dev_lines == 2
    assert report.dev_loss == pytest.approx(-like_one.score(["hanna", "johann"]), abs=1e-5)
    for weights in ([1, 0], [0.5, 0.5]):
        fixed = MakeMore.blend(makers, weights)
        assert fixed.score(["hanna", "johann"]) <= like_one.score(["hanna", "johann"]) + 1e-6


def test_the_loss_is_none_if_no_member_can_generate_the_lines():
    makers = [MakeMore(NgramOptions(window=1, add=0.0)).fit([line]) for line in ("ab", "ba")]
    assert MakeMore.blend(makers, lines=["bb"]).learned_.report.dev_loss is None


def test_labels_and_digests_are_merged():
    makers = [
        MakeMore("kneser_ney").fit(["anna", "ben"], ["F", "M"], [3.0, 1.0]),
        MakeMore("kneser_ney").fit(["zo\u00eb", "max"], ["F", "M"], [1.0, 3.0]),
    ]
    both = MakeMore.blend(makers)
    np.testing.assert_allclose(both.learned_.label_shares, [0.5, 0.5])
    assert both.predict(["anna", "max"]).tolist() == ["F", "M"]
    assert not set(both.sample(100, new=True)) & {"anna", "ben", "zo\u00eb", "max"}
    assert both.learned_.longest == 4


def test_models_that_cannot_be_blended_are_rejected():
    one, other = (MakeMore("ngram").fit(lines) for lines in (ONE, OTHER))
    labelled = MakeMore("ngram").fit(["anna"], ["F"])
    with pytest.raises(OptionError, match="a blend needs at least two models"):
        MakeMore.blend([one])
    with pytest.raises(DataError, match="different labels cannot be blended"):
        MakeMore.blend([one, labelled])
    for weights in ([1.0], [1.0, -1.0], [0.0, 0.0], [1.0, float("nan")], [1.0, float("inf")]):
        with pytest.raises(OptionError, match=r"give one number of 0 or more for each of 2 models"):
            MakeMore.blend([one, other], weights)
    with pytest.raises(OptionError, match="weights and lines both determine"):
        MakeMore.blend([one, other], [1, 1], ["anna"])
    with pytest.raises(DataError, match="each has an unknown character"):
        MakeMore.blend([one, other], lines=["\u4e00"])
    with pytest.raises(DataError, match="fit its members to the new lines, and blend them again"):
        MakeMore.blend([one, other]).partial_fit(["anna"])


def test_guided_sampling_works_if_a_member_excludes_a_character(monkeypatch):
    monkeypatch.setattr(strategies, "_FEW_LINES", 0)
    monkeypatch.setattr(strategies, "_MIN_ACCEPTED", 10**9)
    monkeypatch.setattr(strategies, "_MAX_ENUMERATED", 0)
    sure = MakeMore(NgramOptions(window=1, add=0.0)).fit(["ab", "aab"])
    unsure = MakeMore(MODELS["prefix"], steps=10).fit(["ab", "ba", "bba"])
    both = MakeMore.blend([sure, unsure])
    stream = both.stream(suffix="ba", seed=1)
    assert "importance resampling" in stream.method
    assert next(stream).endswith("ba")
