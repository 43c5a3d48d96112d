import numpy as np
import pytest

from makemore import KneserNeyOptions, LinearOptions, Lines, MakeMore, NgramOptions
from makemore.contexts.bigrams import bigrams
from makemore.contexts.table import Contexts
from makemore.inference import likelihood
from makemore.inference.model import block_rows
from makemore.probe.next_characters import mean_next_probs

LINES = ["anna", "hannah", "johanna", "ben", "benno", "otto", "bob", "ann"] * 2
LABELS = ["F", "F", "F", "M", "M", "M", "M", "F"] * 2


@pytest.mark.parametrize("options", [NgramOptions(window=3, add=0.0), LinearOptions()])
def test_a_memorised_list_gives_the_counted_bigram_shares(options):
    maker = MakeMore(options, steps=2000, rate=0.3, batch=10**6, weight_decay=0.0).fit(LINES)
    model, vocabulary = maker.learned_.model, maker.learned_.vocabulary
    c = Contexts.of(Lines.from_strings(LINES), vocabulary, model.window)
    counts = bigrams(c)
    shares = counts / counts.sum(axis=1, keepdims=True)
    atol = 1e-6 if isinstance(options, NgramOptions) else 0.02
    np.testing.assert_allclose(mean_next_probs(model, c), shares, atol=atol)


@pytest.mark.parametrize("options", [KneserNeyOptions(), "gru"])
def test_predictions_are_averaged_over_characters_in_blocks_of_any_size(options, monkeypatch):
    maker = MakeMore(options, steps=5).fit(LINES, LABELS)
    model, vocabulary = maker.learned_.model, maker.learned_.vocabulary
    c = Contexts.of(Lines.from_strings(LINES, LABELS), vocabulary, model.window)
    expected = np.zeros((len(vocabulary), len(vocabulary)))
    probs, last = np.exp(model.log_probs(c)), np.where(c.last < len(vocabulary), c.last, 0)
    for row, weight in enumerate(c.weight):
        expected[last[row]] += weight * probs[row]
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(mean_next_probs(model, c), expected, atol=1e-6)
    assert block_rows(len(vocabulary)) > len(c)
    monkeypatch.setattr(likelihood, "block_rows", lambda size: 3)
    np.testing.assert_allclose(mean_next_probs(model, c), expected, atol=1e-6)


def test_a_character_that_does_not_occur_has_zeros():
    maker = MakeMore("kneser_ney").fit(LINES)
    vocabulary = maker.learned_.vocabulary
    c = Contexts.of(Lines.from_strings(["bob"]), vocabulary, maker.learned_.model.window)
    found = mean_next_probs(maker.learned_.model, c)
    is_there = np.isin([".", *vocabulary.characters], [".", "b", "o"])
    np.testing.assert_allclose(found.sum(axis=1), is_there, atol=1e-6)
