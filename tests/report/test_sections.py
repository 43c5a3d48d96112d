"""The data shown by the pictures of a report."""

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
    """Return the data of each labelled line of a picture."""
    lines = picture.figure.axes[0].lines
    return {line.get_label(): line.get_xydata().tolist() for line in lines}


def pairs(points):
    return [list(point) for point in points]


@pytest.fixture(scope="module")
def inside():
    """The probe of a trained network, and its pictures."""
    recording = Recording()
    maker = MakeMore(DeepMLPOptions(hidden=8, layers=3), steps=20).fit(LINES, on_step=recording)
    probe = maker.probe(LINES, recording).networks[0]
    return probe, by_title(network_section(probe, display_names(maker.learned_.vocabulary)))


def test_plots_show_the_recorded_curves(inside):
    probe, shown = inside
    curve = probe.curve
    assert drawn(shown["Learning curves"])["train, each step"] == pairs(curve.loss)
    (said,) = shown["Learning curves"].figure.axes[0].texts
    assert said.get_text().startswith(f"uniform: ln {probe.network.vocabulary_size} = ")
    for title, what, points in (
        ("Update-to-weight ratio", "updates", curve.updates),
        ("Gradient-to-data ratio during training", "gradients", curve.gradients),
    ):
        picture = shown[title]
        lines = drawn(picture)
        assert {name: lines[name] for name in points} == {n: pairs(p) for n, p in points.items()}
        assert picture.figure.axes[0].get_ylabel() == f"log10 of std({what}) / std(weights)"
    flat = drawn(shown["Saturation during training"])
    assert flat == {f"{name} (tanh)": pairs(points) for name, points in curve.flat.items()}


def test_each_layer_plot_shows_its_own_numbers(inside):
    probe, shown = inside
    axes = {title: picture.figure.axes[0].get_xlabel() for title, picture in shown.items()}
    assert axes["Activation histograms"] == "activation"
    assert axes["Activation gradients"] == "gradient times number of rows"
    assert axes["Weight gradients"] == "gradient"
    title = "Effect of the other lines in a batch"
    assert f"deviation, {probe.batch_losses.std():.3f}," in shown[title].caption
    marks = shown[title].figure.axes[0].lines[0].get_xdata()
    np.testing.assert_array_equal(marks, probe.batch_losses)


def test_vowels_have_their_own_colour(inside):
    texts = inside[1]["Embedding"].figure.axes[0].texts
    heavy = {text.get_text() for text in texts if text.get_fontweight() == "bold"}
    assert heavy == {"a", "e", "o"}


def test_a_network_of_a_blend_is_shown_with_its_own_characters():
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


def test_sampled_lines_are_shown_beside_given_ones():
    maker = MakeMore("kneser_ney").fit(LINES)
    lines, samples = Lines.from_strings(["bob", "anna"], weights=[3.0, 1.0]), draw_samples(maker)
    shown, vocabulary = by_title(samples_section(maker, samples, lines)), maker.learned_.vocabulary
    axes = shown["Line lengths"].figure.axes[0]
    np.testing.assert_allclose(
        [bar.get_height() for bar in axes.patches], length_shares(samples.lines)
    )
    assert axes.lines[0].get_ydata().tolist() == [0, 0, 0, 0.75, 0.25]
    axes = shown["Character frequencies"].figure.axes[0]
    order = [vocabulary.characters.index(t.get_text()) + 1 for t in axes.get_xticklabels()]
    bars = [bar.get_height() for bar in axes.patches]
    np.testing.assert_allclose(bars, character_shares(samples.lines, vocabulary)[order])
    np.testing.assert_allclose(
        axes.lines[0].get_ydata(), character_shares(lines, vocabulary)[order]
    )


def test_counted_and_learned_bigram_tables_have_rows_of_shares():
    maker = MakeMore(LinearOptions(), steps=20).fit(LINES)
    W = maker.learned_.model.W.detach().numpy()
    learned = np.exp(W) / np.exp(W).sum(axis=1, keepdims=True)
    alone = by_title(bigram_section(maker, None))["Bigram frequencies and predictions"].figure.axes
    beside = by_title(bigram_section(maker, Lines.from_strings(LINES)))
    counted, right = beside["Bigram frequencies and predictions"].figure.axes
    for axes in (*alone, right):
        assert axes.get_title("left") == "predicted probability"
        np.testing.assert_allclose(np.square(axes.images[0].get_array()), learned, atol=1e-5)
    names = [".", *maker.learned_.vocabulary.characters]
    row = np.square(counted.images[0].get_array()[names.index("b")])
    expected = {"e": 0.5, "o": 0.25, ".": 0.25, "b": 0.0}
    assert {name: row[names.index(name)] for name in expected} == pytest.approx(expected)


def test_a_labelled_linear_model_has_no_bigram_table():
    labels = ["F", "F", "F", "M", "M", "M", "M", "F"] * 4
    maker = MakeMore(LinearOptions(), steps=3).fit(LINES, labels)
    assert bigram_section(maker, None).pictures == []


def test_a_network_without_lines_has_only_its_weights():
    members = MixtureOptions(members="ngram, mlp(hidden=4)")
    maker = MakeMore(members, steps=3).fit(LINES)
    (probe,) = maker.probe().networks
    assert set(by_title(network_section(probe, display_names(maker.learned_.vocabulary)))) == {
        "Embedding"
    }
    assert probe.name == "member 1, MLP"
    assert MakeMore(MLPOptions(hidden=4), steps=3).fit(LINES).probe().networks[0].name == "MLP"
