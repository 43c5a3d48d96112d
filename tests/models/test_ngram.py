from collections import Counter

import numpy as np
import pytest

from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.inference import likelihood
from makemore.models.ngram import Ngram
from makemore.options.families import NgramOptions


@pytest.mark.parametrize("add, loss", [(0.0, 2.4540), (1.0, 2.4546)])
def test_the_bigram_has_the_loss_of_the_lectures(us_names, add, loss):
    vocabulary = Vocabulary.of(us_names)
    c = Contexts.of(us_names, vocabulary, 1)
    assert c.total == 228_146
    model = Ngram(NgramOptions(window=1, add=add), 27, 0).count(c)
    assert likelihood.loss(model, c) == pytest.approx(loss, abs=5e-5)


def test_u_follows_q_206_times_out_of_272(us_names):
    vocabulary = Vocabulary.of(us_names)
    model = Ngram(NgramOptions(window=1, add=0), 27, 0)
    model.count(Contexts.of(us_names, vocabulary, 1))
    q, u = (vocabulary.characters.index(c) + 1 for c in "qu")
    row = model.log_probs_at(np.array([[q]], np.int32))[0]
    assert np.exp(row[u]) == pytest.approx(206 / 272, abs=1e-6)


def test_andrejq_is_impossible_without_smoothing(us_names):
    vocabulary = Vocabulary.of(us_names)
    c = Contexts.of(us_names, vocabulary, 1)
    line = Contexts.of(Lines.from_strings(["andrejq"]), vocabulary, 1)
    nothing = Ngram(NgramOptions(window=1, add=0), 27, 0).count(c)
    one = Ngram(NgramOptions(window=1, add=1), 27, 0).count(c)
    assert likelihood.line_log_probs(nothing, line)[0] == -np.inf
    assert -50 < likelihood.line_log_probs(one, line)[0] < 0


def test_it_equals_hand_counted_probabilities():
    texts, weights, k, K = ["abab", "ba"], [2.0, 3.0], 0.5, 2
    lines = Lines.from_strings(texts, weights=weights)
    vocabulary = Vocabulary.of(lines)
    model = Ngram(NgramOptions(window=K, add=k), 3, 0).count(Contexts.of(lines, vocabulary, K))
    counts = Counter()
    for text, weight in zip(texts, weights, strict=True):
        padded = [0] * K + [vocabulary.characters.index(c) + 1 for c in text] + [0]
        for t in range(K, len(padded)):
            counts[(*padded[t - K : t], padded[t])] += weight
    for h in [(0, 0), (0, 1), (1, 2), (2, 1), (2, 2)]:
        total = sum(counts[(*h, x)] for x in range(3))
        expected = [(counts[(*h, x)] + k) / (total + 3 * k) for x in range(3)]
        found = np.exp(model.log_probs_at(np.array([h], np.int32))[0])
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_an_unseen_context_is_uniform_without_smoothing():
    lines = Lines.from_strings(["ab"])
    vocabulary = Vocabulary.of(lines)
    model = Ngram(NgramOptions(window=1, add=0), 3, 0)
    model.count(Contexts.of(Lines.from_strings(["a"]), vocabulary, 1))
    found = np.exp(model.log_probs_at(np.array([[2]], np.int32))[0])
    np.testing.assert_allclose(found, 1 / 3, atol=1e-6)
