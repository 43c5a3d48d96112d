"""What the pictures of a report are drawn from."""

import numpy as np
import pytest

from makemore import (
    DeepMLPOptions,
    LinearOptions,
    Lines,
    MakeMore,
    MixtureOptions,
    MLPOptions,
    TransformerOptions,
)
from makemore.corpus.control_characters import display_names
from makemore.probe.recording import Recording
from makemore.report.network import network_section
from makemore.report.samples import character_shares, draw_samples, length_shares
from makemore.report.sections import bigram_section, samples_section

LINES = ["anna", "hannah", "johanna", "ben", "benno", "otto", "bob", "ann"] * 4


def by_title(section):
    return {picture.title: picture for picture in section.pictures}


def drawn(picture):
    """The lines of a picture that have a name: what they show."""
    lines = picture.figure.axes[0].lines
    return {line.get_label(): line.get_xydata().tolist() for line in lines}


def pairs(points):
    return [list(point) for point in points]


@pytest.fixture(scope="module")
def inside():
    """A network trained and asked, and the pictures of it."""
    recording = Recording()
    maker = MakeMore(DeepMLPOptions(hidden=8, layers=3), steps=20).fit(LINES, on_step=recording)
    probe = maker.probe(LINES, recording).networks[0]
    return probe, by_title(network_section(probe, display_names(maker.learned_.vocabulary)))


def test_a_recording_is_drawn_as_it_is(inside):
    probe, shown = inside
    curve = probe.curve
    assert drawn(shown["Learning curves"])["each step"] == pairs(curve.loss)
    (said,) = shown["Learning curves"].figure.axes[0].texts
    assert said.get_text().startswith(f"knowing nothing: ln {probe.network.vocabulary_size} = ")
    for what, points in (("Updates", curve.updates), ("Gradients", curve.gradients)):
        picture = shown[f"{what} beside the weights"]
        lines = drawn(picture)
        assert {name: lines[name] for name in points} == {n: pairs(p) for n, p in points.items()}
        assert picture.figure.axes[0].get_ylabel() == f"log10 of {what.lower()} to weights"
    flat = drawn(shown["Saturated or off, over time"])
    assert flat == {f"{name} (tanh)": pairs(points) for name, points in curve.flat.items()}


def test_each_picture_of_layers_is_of_its_own_numbers(inside):
    probe, shown = inside
    axes = {title: picture.figure.axes[0].get_xlabel() for title, picture in shown.items()}
    assert axes["Activations"] == "activation"
    assert axes["Gradients of activations"] == "gradient, times how often the layer was asked"
    assert axes["Gradients of weights"] == "gradient"
    assert f"a spread of {probe.mates.std():.3f} " in shown["What batch-mates do"].caption
    marks = shown["What batch-mates do"].figure.axes[0].lines[0].get_xdata()
    np.testing.assert_array_equal(marks, probe.mates)


def test_vowels_have_a_colour_of_their_own(inside):
    texts = inside[1]["Embedding"].figure.axes[0].texts
    heavy = {text.get_text() for text in texts if text.get_fontweight() == "bold"}
    assert heavy == {"a", "e", "o"}


def test_a_network_of_a_blend_is_shown_in_its_own_characters():
    options = TransformerOptions(layers=1, embedding=8, heads=2)
    own = MakeMore(options, steps=3).fit(LINES)
    blend = MakeMore.blend([MakeMore("ngram").fit(["adam", "yusuf"]), own])
    probe = blend.probe(line="bob").networks[0]
    shown = by_title(network_section(probe, display_names(blend.learned_.vocabulary)))
    letters = [text.get_text() for text in shown["Embedding"].figure.axes[0].texts]
    assert letters == [".", *own.learned_.vocabulary.characters]
    rows = shown["Attention along bob"].figure.axes[0].get_yticklabels()
    assert [text.get_text() for text in rows] == [".", "b", "o", "b"]
    (alone,) = own.probe(line="bob").networks
    np.testing.assert_allclose(probe.attention, alone.attention, atol=1e-6)
    assert blend.probe(line="adam").networks[0].attention is None


def test_lines_made_stand_beside_those_given():
    maker = MakeMore("kneser_ney").fit(LINES)
    lines, made = Lines.from_strings(["bob", "anna"], weights=[3.0, 1.0]), draw_samples(maker)
    shown, vocabulary = by_title(samples_section(maker, made, lines)), maker.learned_.vocabulary
    axes = shown["How long lines are"].figure.axes[0]
    np.testing.assert_allclose(
        [bar.get_height() for bar in axes.patches], length_shares(made.lines)
    )
    assert axes.lines[0].get_ydata().tolist() == [0, 0, 0, 0.75, 0.25]
    axes = shown["What they are made of"].figure.axes[0]
    order = [vocabulary.characters.index(t.get_text()) + 1 for t in axes.get_xticklabels()]
    bars = [bar.get_height() for bar in axes.patches]
    np.testing.assert_allclose(bars, character_shares(made.lines, vocabulary)[order])
    np.testing.assert_allclose(
        axes.lines[0].get_ydata(), character_shares(lines, vocabulary)[order]
    )


def test_counts_and_what_is_learned_have_rows_that_are_shares():
    maker = MakeMore(LinearOptions(), steps=20).fit(LINES)
    W = maker.learned_.model.W.detach().numpy()
    learned = np.exp(W) / np.exp(W).sum(axis=1, keepdims=True)
    alone = by_title(bigram_section(maker, None))["Counted, and learned"].figure.axes
    beside = by_title(bigram_section(maker, Lines.from_strings(LINES)))
    counted, right = beside["Counted, and learned"].figure.axes
    for axes in (*alone, right):
        assert axes.get_title("left") == "learned"
        np.testing.assert_allclose(np.square(axes.images[0].get_array()), learned, atol=1e-5)
    names = [".", *maker.learned_.vocabulary.characters]
    row = np.square(counted.images[0].get_array()[names.index("b")])
    expected = {"e": 0.5, "o": 0.25, ".": 0.25, "b": 0.0}
    assert {name: row[names.index(name)] for name in expected} == pytest.approx(expected)


def test_weights_of_a_linear_model_with_labels_are_no_table_of_what_follows():
    labels = ["F", "F", "F", "M", "M", "M", "M", "F"] * 4
    maker = MakeMore(LinearOptions(), steps=3).fit(LINES, labels)
    assert bigram_section(maker, None).pictures == []


def test_members_and_networks_without_lines_have_their_weights_alone():
    members = MixtureOptions(members="ngram, mlp(hidden=4)")
    maker = MakeMore(members, steps=3).fit(LINES)
    (probe,) = maker.probe().networks
    assert set(by_title(network_section(probe, display_names(maker.learned_.vocabulary)))) == {
        "Embedding"
    }
    assert probe.name == "member 1, MLP"
    assert MakeMore(MLPOptions(hidden=4), steps=3).fit(LINES).probe().networks[0].name == "MLP"
