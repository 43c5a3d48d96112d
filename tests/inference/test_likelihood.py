import numpy as np
import pytest

from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.inference import likelihood
from makemore.inference import model as protocols
from makemore.models.kneser_ney import KneserNey
from makemore.options.families import KneserNeyOptions


@pytest.fixture
def model_and_contexts(few):
    vocabulary = Vocabulary.of(few)
    c = Contexts.of(few, vocabulary, None)
    model = KneserNey(KneserNeyOptions(window=3), len(vocabulary), 0)
    return model.count(c), c


def test_log_softmax_normalises_and_is_stable_for_extreme_logits():
    found = likelihood.log_softmax(np.array([[1e4, 0, -1e4], [0, 0, 0]], np.float32))
    np.testing.assert_allclose(found[0], [0, -1e4, -2e4])
    np.testing.assert_allclose(found[1], -np.log(3), rtol=1e-6)


def test_the_loss_is_the_mean_over_the_characters_of_all_lines(model_and_contexts):
    model, c = model_and_contexts
    lines = likelihood.line_log_probs(model, c)
    assert likelihood.loss(model, c) == pytest.approx(-lines.sum() / len(c.edge), abs=1e-6)


def test_equal_lines_have_equal_scores(model_and_contexts, few):
    model, c = model_and_contexts
    scores, texts = likelihood.line_log_probs(model, c), few.to_list()
    assert scores[texts.index("anna")] == scores[len(texts) - 1 - texts[::-1].index("anna")]


@pytest.mark.parametrize("cells", [1, 40, 10**9])
def test_scores_do_not_depend_on_the_block_size(model_and_contexts, monkeypatch, cells):
    model, c = model_and_contexts
    whole = likelihood.edge_log_probs(model, c)
    monkeypatch.setattr(protocols, "_BLOCK_ENTRIES", cells)
    np.testing.assert_allclose(likelihood.edge_log_probs(model, c), whole, atol=1e-5)
    windows = c.windows(3)
    found = likelihood.line_log_probs(model, windows)
    np.testing.assert_allclose(found, likelihood.line_log_probs(model, c), atol=1e-5)


def test_an_empty_list_gives_empty_scores(model_and_contexts):
    model, c = model_and_contexts
    assert likelihood.line_log_probs(model, c.lines(np.zeros(0, np.int64))).shape == (0,)


def test_an_impossible_line_makes_the_loss_infinite(few):
    from makemore.models.ngram import Ngram
    from makemore.options.families import NgramOptions

    vocabulary = Vocabulary.of(few)
    model = Ngram(NgramOptions(window=1, add=0), len(vocabulary), 0)
    model.count(Contexts.of(few, vocabulary, 1))
    line = Contexts.of(Lines.from_strings(["ttt", "ann"]), vocabulary, 1)
    assert likelihood.loss(model, line) == np.inf
