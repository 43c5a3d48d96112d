"""The report page: its contents for each kind of model, and that it is self-contained."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from makemore import (
    DataError,
    DeepMLPOptions,
    LinearOptions,
    MakeMore,
    MixtureOptions,
    MLPOptions,
    NotFittedError,
    TransformerOptions,
)
from makemore.corpus.control_characters import display_names
from makemore.evaluation.scoring import surprise
from makemore.probe.recording import Recording
from makemore.report.page import page

LINES = ["anna", "hannah", "johanna", "ben", "benno", "otto", "bob", "ann"] * 4
VOID = {"meta", "br", "hr", "img", "link", "input"}


class Parsed(HTMLParser):
    """Parser of a page: checks that tags are closed in order, and collects titles and links."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.pictures, self.needs = [], [], [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open += [] if tag in VOID else [tag]
        attrs = dict(attrs)
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.links += [attrs[name] for name in ("src", "href", "xlink:href") if name in attrs]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] == ["h3"]:
            self.pictures.append(data)
        if self.open[-1:] == ["small"]:
            self.needs.append(data)


def trained(options, lines=LINES, steps=20):
    """Return a briefly trained model and the recording of its training."""
    recording = Recording()
    return MakeMore(options, steps=steps).fit(lines, on_step=recording), recording


def whole_page(options, line=None):
    """Return a page with all optional inputs: lines, a recording, a line for attention."""
    maker, recording = trained(options)
    return page(maker, LINES, recording, line=line)


@pytest.fixture(scope="session")
def deep_page():
    """The complete page of a deep MLP with batch normalisation."""
    return whole_page(DeepMLPOptions(hidden=16, layers=3))


@pytest.fixture(scope="session")
def mixture_page():
    """The complete page of a mixture of Kneser-Ney, a deep MLP and a Transformer."""
    members = (
        "kneser_ney, deep_mlp(hidden=8, layers=2), transformer(layers=1, embedding=8, heads=2)"
    )
    return whole_page(MixtureOptions(members=members), line="hannah")


@pytest.fixture(scope="session")
def counted():
    """A Kneser-Ney model and its page without lines."""
    maker = MakeMore("kneser_ney").fit(LINES)
    return maker, page(maker, seed=3)


@pytest.fixture(scope="session")
def small():
    """A small network and its recording."""
    return trained(MLPOptions(hidden=8))


@pytest.fixture(scope="session")
def transformer():
    """A small Transformer."""
    return trained(TransformerOptions(layers=1, embedding=8, heads=2))[0]


def test_a_network_page_with_lines_and_a_recording_is_complete(deep_page):
    found = Parsed(deep_page)
    shown = dict(zip(found.pictures, found.needs, strict=True))
    lines, file, record = (
        f"From {needs}."
        for needs in (
            "the model file and the lines",
            "the model file",
            "the recording of the training",
        )
    )
    assert shown == {
        "Line lengths": lines,
        "Character frequencies": lines,
        "Bigram counts": lines,
        "Bigram frequencies and predictions": lines,
        "Learning curves": record,
        "Update-to-weight ratio": record,
        "Gradient-to-data ratio during training": record,
        "Saturation during training": record,
        "Embedding": file,
        "Activation histograms": lines,
        "Saturated and dead units": lines,
        "Activation gradients": lines,
        "Weight gradients": lines,
        "Gradient-to-data ratio": lines,
        "Running and calibrated BatchNorm statistics": lines,
        "Effect of the other lines in a batch": lines,
    }
    assert ">Not shown<" not in deep_page


def test_a_page_from_the_file_alone_says_what_is_missing(small):
    text = page(small[0])
    assert Parsed(text).pictures == ["Line lengths", "Character frequencies", "Embedding"]
    assert "give lines, as in makemore report MODEL FILE" in text
    assert "as in makemore fit FILE --report DIR" in text


def test_a_page_of_a_count_model_shows_its_bigram_table(counted):
    _, text = counted
    assert Parsed(text).pictures[2:] == ["Bigram counts"]
    assert ">an</text>" in text
    assert "record the training" not in text
    assert "Diagnosis" not in text
    members = MixtureOptions(members="ngram(window=2), mlp(hidden=8)")
    assert "Bigram counts" in page(trained(members)[0])


def test_a_page_of_a_blend_shows_counts_only_of_given_lines():
    blend = MakeMore.blend(
        [MakeMore("ngram").fit(LINES), MakeMore("ngram").fit(["hanna", "jebot"])]
    )
    for maker in (blend, blend.partial_fit(["anna"])):
        text = page(maker)
        assert "Bigram counts" not in text
        assert "bigram frequencies beside predictions: give lines" in text
    assert "Bigram counts" in page(blend, LINES)


def test_learned_weights_of_the_neural_bigram_are_shown_without_lines():
    maker, _ = trained(LinearOptions())
    assert "Bigram frequencies and predictions" in Parsed(page(maker)).pictures
    assert ">relative frequency</text>" not in page(maker)
    assert ">relative frequency</text>" in page(maker, LINES)


def test_a_page_of_a_mixture_shows_its_members_and_each_network(mixture_page):
    found = Parsed(mixture_page).pictures
    assert found.count("Learning curves") == found.count("Embedding") == 2
    assert {"Contribution of each member", "Contribution by position"} <= set(found)
    assert "Attention along hannah" in found
    assert "Network: member 2, Transformer" in mixture_page


def test_attention_is_shown_along_the_first_sampled_line_by_default(transformer):
    (first,) = transformer.sample(1)
    assert f"Attention along {first}" in page(transformer)
    chosen = page(transformer, line="bob")
    assert "Attention along bob" in chosen
    assert "positions are shown" not in chosen
    with pytest.raises(DataError, match="no attention along 'xyz'"):
        page(transformer, line="xyz")
    with pytest.raises(DataError, match="no attention along ''"):
        page(transformer, line="")


def test_attention_is_labelled_with_the_cleaned_characters():
    maker, _ = trained(TransformerOptions(layers=1, embedding=8, heads=2), lines=["zoë", "a b\x07"])
    text = page(maker, line="zoe\u0308 ")  # is cleaned like the list
    assert "<h3>Attention along zoë</h3>" in text
    assert "<h3>Attention along a_b␇</h3>" in page(maker, line="a b\x07")
    labels = ["F", "M"]
    maker = MakeMore(TransformerOptions(layers=1, embedding=8, heads=2), steps=40)
    maker.fit(["anna", "otto"], labels)
    for line in ("anna", "otto"):
        probe = maker.probe(line=line).networks[0]
        names = display_names(maker.learned_.vocabulary)
        assert names[probe.line_ids[0]] == maker.predict([line])[0]
    assert {*maker.predict(["anna", "otto"])} == {"F", "M"}
    (label,) = maker.predict(["nat"])
    assert f">{label}</text>" in page(maker, line="nat")


def test_truncated_attention_and_embedding_are_marked_as_truncated():
    lines = ["".join(map(chr, range(0x4E00, 0x4E80))), "anna"]
    maker, _ = trained(TransformerOptions(layers=1, embedding=8, heads=1), steps=1, lines=lines)
    text = page(maker, line="an" * 25)
    assert "The first 40 positions are shown." in text
    assert "Embedding vector of each character, the first 120 of 131, projected" in text


def test_a_diagnosis_has_a_reason_and_a_cure(us_names):
    lines = [line for line in us_names.to_list() if set(line) <= set("aeilnrs")][:300]
    maker, _ = trained(MLPOptions(hidden=16), lines=lines)
    assert "No problems found." in page(maker, lines)
    maker.learned_.model.b1.data[4] = 99.0
    text = page(maker, lines)
    assert "<strong>h (tanh): 1 of 16 units are dead (units 4)</strong>" in text
    assert "Why it matters: they are saturated or inactive for every line" in text
    assert "Remedy: initialise the weights before them with a smaller" in text
    assert "No problems found." not in text
    text = page(maker, lines[:5])
    assert "are dead" not in text
    assert "<p>No diagnosis of the layers: too few lines.</p>" in text
    assert "No problems found." not in text


def test_a_page_starts_with_facts_about_the_fit(us_names):
    lines = [line for line in us_names.to_list() if set(line) <= set("aeilnrs")][:300]
    maker = MakeMore("ngram", test=0.1).fit(["", *lines])
    learned = maker.learned_
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page(maker)))
    assert facts["family"] == "ngram"
    assert facts["lines fitted on"] == "300"
    assert facts["distinct characters"] == "7"
    size = sum(value.size for value in learned.model.tensors().values())
    assert facts["stored values"] == f"{size:,}"
    losses = {part: facts[f"{part} loss, nats per character"] for part in ("dev", "test")}
    assert losses == {part: f"{getattr(learned.report, f'{part}_loss'):.4f}" for part in losses}


def test_sampled_lines_are_shown_with_their_surprise(counted):
    maker, text = counted
    first = maker.sample(1, seed=3)[0]
    row = re.search(r"<li><b>(.*?)</b><span>(.*?)</span>", text)
    assert re.sub(r"<.*?>", "", row[1]) == f"{first}·"
    scores = np.concatenate(maker.score_characters(maker.sample(24, seed=3)))
    levels = [surprise(nats) for nats in scores]
    listed = text.split('<ul class="samples">')[1].split("</ul>")[0]
    assert [int(level) for level in re.findall(r'class="r(\d)"', listed)] == levels
    assert {0, 1} <= set(levels)
    assert row[2] == f"{maker.score_samples([first])[0]:.1f}"
    samples = maker.sample(2000, seed=3)
    assert f"<dd>{len(set(samples)) / 2000:.1%}</dd>" in text
    new = sum(line not in LINES for line in samples) / 2000
    assert f"<dt>new samples</dt><dd>{new:.1%}</dd>" in text
    assert f"<dt>samples in the list</dt><dd>{1 - new:.1%}</dd>" in text


def test_lines_keep_their_writing_direction_and_the_space_symbol_is_explained(counted):
    text = page(MakeMore("kneser_ney").fit(["שלום רחל", "דוד"]))
    assert "The last dot is the end of the line, _ is a space." in text
    assert "unicode-bidi: plaintext" in text  # Hebrew is written from right to left
    assert "The last dot is the end of the line." in counted[1]


def test_a_page_is_self_contained_and_its_ids_are_unique(mixture_page):
    text, found = mixture_page, Parsed(mixture_page)
    assert len(set(found.ids)) == len(found.ids)
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in found.links)
    assert {link[1:] for link in found.links if link.startswith("#")} <= set(found.ids)
    assert set(re.findall(r"url\(#(.*?)\)", text)) <= set(found.ids)
    assert not re.findall(r"url\((?!#)", text)
    assert set(re.findall(r"https?://[^\"' <]*", text)) <= {
        "http://www.w3.org/1999/xlink",
        "http://www.w3.org/2000/svg",
    }
    assert "<script" not in text


def test_the_same_model_gives_the_same_page(small):
    maker, recording = small
    assert page(maker, LINES, recording) == page(maker, LINES, recording)


def test_hostile_lines_are_escaped():
    lines = ["<script>alert(1)</script>", "{{ 7 * 7 }}", "$x^2$", "a\x1b[2J", "&amp;", "\u202eab"]
    maker, recording = trained(TransformerOptions(layers=1, embedding=8, heads=2), lines=lines)
    title = "<script>title</script>"
    text = page(maker, lines, recording, title=title, line="$x^2$")
    Parsed(text)
    assert "<script" not in text
    assert "&lt;script&gt;title" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_characters_missing_from_the_font_of_matplotlib_are_shown():
    lines = ["東京", "京都", "大阪", "😀京"]
    maker, recording = trained(MLPOptions(hidden=8), lines=lines)
    assert ">京</text>" in page(maker, lines, recording)


@pytest.mark.parametrize("shown", ["counted", "deep_page"])
def test_every_section_is_linked_from_the_top_by_its_title(shown, request):
    found = request.getfixturevalue(shown)
    text = found if isinstance(found, str) else found[1]
    parts = re.findall(r'<section id="([^"]+)">\s*<h2>([^<]+)</h2>', text)
    assert re.findall(r'<a href="#([^"]+)">([^<]+)</a>', text) == parts
    assert len(parts) >= 4


def test_labels_are_shown_in_the_embedding():
    labels = ["F", "F", "F", "M", "M", "M", "M", "F"] * 4
    recording = Recording()
    maker = MakeMore("gru", steps=5).fit(LINES, labels, on_step=recording)
    text = page(maker, LINES and parsed_with(labels), recording)
    assert ">F</text>" in text
    assert "most frequent of" not in text  # labels are not rows of the table


def parsed_with(labels):
    from makemore import Lines

    return Lines.from_strings(LINES, labels)


def test_invalid_page_requests_are_rejected(small):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        page(MakeMore())
    maker, recording = small
    for options in ("kneser_ney", MLPOptions(hidden=9), DeepMLPOptions(hidden=8)):
        other = MakeMore(options, steps=2).fit(LINES)
        with pytest.raises(DataError, match="of another model: the shapes of its tensors differ"):
            page(other, LINES, recording)
    with pytest.raises(DataError, match="no line to examine"):
        page(maker, ["xyz"])
