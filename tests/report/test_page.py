"""The page: what it shows of which model, and that it needs nothing but itself."""

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
    """A page taken apart: tags must close in order, and titles and links are kept."""

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
    """A model after a few steps, and the recording of its training."""
    recording = Recording()
    return MakeMore(options, steps=steps).fit(lines, on_step=recording), recording


def whole_page(options, line=None):
    """A page with everything that can be shown: lines, a recording, a line for attention."""
    maker, recording = trained(options)
    return page(maker, LINES, recording, line=line)


@pytest.fixture(scope="session")
def deep_page():
    """The whole page of a deep stack with batch normalisation."""
    return whole_page(DeepMLPOptions(hidden=16, layers=3))


@pytest.fixture(scope="session")
def mixture_page():
    """The whole page of a mixture of counts, a deep stack and a Transformer."""
    members = (
        "kneser_ney, deep_mlp(hidden=8, layers=2), transformer(layers=1, embedding=8, heads=2)"
    )
    return whole_page(MixtureOptions(members=members), line="hannah")


@pytest.fixture(scope="session")
def counted():
    """Kneser-Ney counts, and their page without lines."""
    maker = MakeMore("kneser_ney").fit(LINES)
    return maker, page(maker, seed=3)


@pytest.fixture(scope="session")
def small():
    """A small network, and its recording."""
    return trained(MLPOptions(hidden=8))


@pytest.fixture(scope="session")
def transformer():
    """A small Transformer."""
    return trained(TransformerOptions(layers=1, embedding=8, heads=2))[0]


def test_a_network_has_everything_with_lines_and_a_recording(deep_page):
    found = Parsed(deep_page)
    shown = dict(zip(found.pictures, found.needs, strict=True))
    lines, file, record = (
        f"From {needs}."
        for needs in ("the file and lines", "the model file", "a recording of its training")
    )
    assert shown == {
        "How long lines are": lines,
        "What they are made of": lines,
        "What follows what, counted": lines,
        "Counted, and learned": lines,
        "Learning curves": record,
        "Updates beside the weights": record,
        "Gradients beside the weights": record,
        "Saturated or off, over time": record,
        "Embedding": file,
        "Activations": lines,
        "Saturated or off": lines,
        "Gradients of activations": lines,
        "Gradients of weights": lines,
        "Gradient to data": lines,
        "Running and calibrated averages": lines,
        "What batch-mates do": lines,
    }
    assert "What is not shown" not in deep_page


def test_the_file_alone_has_less_and_says_what_is_missing(small):
    text = page(small[0])
    assert Parsed(text).pictures == ["How long lines are", "What they are made of", "Embedding"]
    assert "give lines, as in makemore report MODEL FILE" in text
    assert "as in makemore fit FILE --report FOLDER" in text


def test_counted_models_keep_their_table_and_have_nothing_more_to_show(counted):
    _, text = counted
    assert Parsed(text).pictures[2:] == ["What follows what, counted"]
    assert ">an</text>" in text
    assert "record the training" not in text
    assert "What is wrong" not in text
    members = MixtureOptions(members="ngram(window=2), mlp(hidden=8)")
    assert "What follows what, counted" in page(trained(members)[0])


def test_a_blend_has_counts_of_lines_given_alone():
    blend = MakeMore.blend(
        [MakeMore("ngram").fit(LINES), MakeMore("ngram").fit(["hanna", "jebot"])]
    )
    for maker in (blend, blend.partial_fit(["anna"])):
        text = page(maker)
        assert "What follows what, counted" not in text
        assert "counts beside what is learned: give lines" in text
    assert "What follows what, counted" in page(blend, LINES)


def test_learned_weights_of_the_neural_bigram_stand_alone_without_lines():
    maker, _ = trained(LinearOptions())
    assert "Counted, and learned" in Parsed(page(maker)).pictures
    assert ">counted</text>" not in page(maker)
    assert ">counted</text>" in page(maker, LINES)


def test_a_mixture_shows_its_members_and_each_network(mixture_page):
    found = Parsed(mixture_page).pictures
    assert found.count("Learning curves") == found.count("Embedding") == 2
    assert {"What each member is good for", "Where each member helps"} <= set(found)
    assert "Attention along hannah" in found
    assert "Inside: member 2, Transformer" in mixture_page


def test_attention_is_shown_along_the_first_line_made_unless_one_is_chosen(transformer):
    (first,) = transformer.sample(1)
    assert f"Attention along {first}" in page(transformer)
    chosen = page(transformer, line="bob")
    assert "Attention along bob" in chosen
    assert "places are shown" not in chosen
    with pytest.raises(DataError, match="nothing is seen along 'xyz'"):
        page(transformer, line="xyz")
    with pytest.raises(DataError, match="nothing is seen along ''"):
        page(transformer, line="")


def test_attention_has_the_characters_that_were_read():
    maker, _ = trained(TransformerOptions(layers=1, embedding=8, heads=2), lines=["zoë", "a b\x07"])
    text = page(maker, line="zoe\u0308 ")  # cleaned as the list was
    assert "<h3>Attention along zoë</h3>" in text
    assert "<h3>Attention along a_b␇</h3>" in page(maker, line="a b\x07")
    labels = ["F", "M"]
    maker = MakeMore(TransformerOptions(layers=1, embedding=8, heads=2), steps=40)
    maker.fit(["anna", "otto"], labels)
    for line in ("anna", "otto"):
        probe = maker.probe(line=line).networks[0]
        names = display_names(maker.learned_.vocabulary)
        assert names[probe.read[0]] == maker.predict([line])[0]
    assert {*maker.predict(["anna", "otto"])} == {"F", "M"}
    (label,) = maker.predict(["nat"])
    assert f">{label}</text>" in page(maker, line="nat")


def test_it_is_said_that_only_the_first_places_and_characters_are_shown():
    lines = ["".join(map(chr, range(0x4E00, 0x4E80))), "anna"]
    maker, _ = trained(TransformerOptions(layers=1, embedding=8, heads=1), steps=1, lines=lines)
    text = page(maker, line="an" * 25)
    assert "The first 40 places are shown." in text
    assert "The vector of each character, the first 120 of 131, along" in text


def test_what_is_wrong_is_said_with_its_reason_and_cure(us_names):
    lines = [line for line in us_names.to_list() if set(line) <= set("aeilnrs")][:300]
    maker, _ = trained(MLPOptions(hidden=16), lines=lines)
    assert "Nothing that these numbers show." in page(maker, lines)
    maker.learned_.model.b1.data[4] = 99.0
    text = page(maker, lines)
    assert "<strong>h (tanh): 1 of 16 units are dead (units 4)</strong>" in text
    assert "Why it matters: they give the same for every line" in text
    assert "Cure: draw the weights before them smaller" in text
    assert "Nothing that these numbers show." not in text
    text = page(maker, lines[:5])
    assert "are dead" not in text
    assert "<p>The lines are too few to say what is wrong with layers.</p>" in text
    assert "Nothing that these numbers show." not in text


def test_a_page_starts_with_what_was_learned(us_names):
    lines = [line for line in us_names.to_list() if set(line) <= set("aeilnrs")][:300]
    maker = MakeMore("ngram", test=0.1).fit(["", *lines])
    learned = maker.learned_
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page(maker)))
    assert facts["family"] == "ngram"
    assert facts["lines learned"] == "300"
    assert facts["characters"] == "7"
    size = sum(value.size for value in learned.model.tensors().values())
    assert facts["numbers inside"] == f"{size:,}"
    losses = {part: facts[f"{part} loss, nats per character"] for part in ("dev", "test")}
    assert losses == {part: f"{getattr(learned.report, f'{part}_loss'):.4f}" for part in losses}


def test_lines_made_are_shown_with_their_surprises(counted):
    maker, text = counted
    first = maker.sample(1, seed=3)[0]
    row = re.search(r"<li><b>(.*?)</b><span>(.*?)</span>", text)
    assert re.sub(r"<.*?>", "", row[1]) == f"{first}·"
    scores = np.concatenate(maker.score_characters(maker.sample(24, seed=3)))
    levels = [surprise(nats) for nats in scores]
    listed = text.split('<ul class="made">')[1].split("</ul>")[0]
    assert [int(level) for level in re.findall(r'class="r(\d)"', listed)] == levels
    assert {0, 1} <= set(levels)
    assert row[2] == f"{maker.score_samples([first])[0]:.1f}"
    made = maker.sample(2000, seed=3)
    assert f"<dd>{len(set(made)) / 2000:.1%}</dd>" in text
    new = sum(line not in LINES for line in made) / 2000
    assert f"<dt>new</dt><dd>{new:.1%}</dd>" in text
    assert f"<dt>seen in the list</dt><dd>{1 - new:.1%}</dd>" in text


def test_lines_run_in_their_own_direction_and_it_is_said_what_a_space_is(counted):
    text = page(MakeMore("kneser_ney").fit(["שלום רחל", "דוד"]))
    assert "the last dot is the end, _ a space." in text
    assert "unicode-bidi: plaintext" in text  # Hebrew starts at the right
    assert "the last dot is the end." in counted[1]


def test_it_needs_nothing_but_itself_and_ids_are_unique(mixture_page):
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


def test_hostile_lines_are_only_text():
    lines = ["<script>alert(1)</script>", "{{ 7 * 7 }}", "$x^2$", "a\x1b[2J", "&amp;", "\u202eab"]
    maker, recording = trained(TransformerOptions(layers=1, embedding=8, heads=2), lines=lines)
    title = "<script>title</script>"
    text = page(maker, lines, recording, title=title, line="$x^2$")
    Parsed(text)
    assert "<script" not in text
    assert "&lt;script&gt;title" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_characters_that_matplotlib_s_font_lacks_are_no_matter():
    lines = ["東京", "京都", "大阪", "😀京"]
    maker, recording = trained(MLPOptions(hidden=8), lines=lines)
    assert ">京</text>" in page(maker, lines, recording)


@pytest.mark.parametrize("shown", ["counted", "deep_page"])
def test_every_part_is_linked_from_the_top_by_its_title(shown, request):
    found = request.getfixturevalue(shown)
    text = found if isinstance(found, str) else found[1]
    parts = re.findall(r'<section id="([^"]+)">\s*<h2>([^<]+)</h2>', text)
    assert re.findall(r'<a href="#([^"]+)">([^<]+)</a>', text) == parts
    assert len(parts) >= 4


def test_labels_have_their_place_in_the_embedding():
    labels = ["F", "F", "F", "M", "M", "M", "M", "F"] * 4
    recording = Recording()
    maker = MakeMore("gru", steps=5).fit(LINES, labels, on_step=recording)
    text = page(maker, LINES and parsed_with(labels), recording)
    assert ">F</text>" in text
    assert "commonest of" not in text  # labels are no rows of the table


def parsed_with(labels):
    from makemore import Lines

    return Lines.from_strings(LINES, labels)


def test_what_cannot_be_shown_is_refused(small):
    with pytest.raises(NotFittedError, match="nothing is learned yet"):
        page(MakeMore())
    maker, recording = small
    for options in ("kneser_ney", MLPOptions(hidden=9), DeepMLPOptions(hidden=8)):
        other = MakeMore(options, steps=2).fit(LINES)
        with pytest.raises(DataError, match="of another model: its tensors are not this one's"):
            page(other, LINES, recording)
    with pytest.raises(DataError, match="no line to look at"):
        page(maker, ["xyz"])
