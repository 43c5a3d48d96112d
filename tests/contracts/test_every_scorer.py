"""Scores of every family, compared with plain evaluation character by character."""

import numpy as np
import pytest
from small_families import SMALL_FAMILIES, fit_small, named

from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.evaluation.scoring import Scorer
from makemore.registry import FAMILIES

TEXTS = ["anna", "bens", "o", "josanna", "otto"]
SHARES = np.array([0.7, 0.3])


def small_scorer(small_family):
    model, _, vocabulary = fit_small(small_family)
    return Scorer(model, vocabulary, SHARES if vocabulary.labels else np.zeros(0))


@pytest.fixture(params=SMALL_FAMILIES, ids=named, scope="module")
def scorer(request):
    """A scorer of each family, briefly trained."""
    return small_scorer(request.param)


@pytest.fixture(params=[each for each in SMALL_FAMILIES if each[2]], ids=named, scope="module")
def labelled(request):
    """A scorer of each labelled family."""
    return small_scorer(request.param)


def distributions(scorer, text, label):
    """Return (characters + 1, V) log-probabilities along a line, and the ids of the line."""
    vocabulary = scorer.vocabulary
    ids = vocabulary.encode(np.array([ord(c) for c in text], np.uint32)).tolist()
    own = None if label is None else vocabulary.label_id(label)
    log_probs, state = scorer.model.start(1, own)
    rows = [log_probs[0]]
    for i in ids:
        log_probs, state = scorer.model.step(np.array([i], np.int32), state)
        rows.append(log_probs[0])
    return np.stack(rows).astype(np.float64), [*ids, 0]


def plain_characters(scorer, text, label):
    rows, ids = distributions(scorer, text, label)
    return rows[np.arange(len(ids)), ids]


def plain_mixed(scorer, text):
    """Return character scores of a line without a label, by the chain rule over its prefixes."""
    labels = scorer.vocabulary.labels
    each = np.stack([np.cumsum(plain_characters(scorer, text, label)) for label in labels])
    heads = np.log((SHARES[:, None] * np.exp(each)).sum(axis=0))
    return np.diff(heads, prepend=0.0)


def test_character_scores_match_the_model_and_sum_to_the_line_score(scorer):
    lines = Lines.from_strings(TEXTS)
    labels = scorer.vocabulary.labels
    found = scorer.characters(lines)
    for text, characters in zip(TEXTS, found, strict=True):
        plain = plain_mixed(scorer, text) if labels else plain_characters(scorer, text, None)
        np.testing.assert_allclose(characters, plain, atol=1e-4)
    np.testing.assert_allclose([c.sum() for c in found], scorer.lines(lines), atol=1e-4)
    for label in labels:
        own = lines.with_label(label)
        np.testing.assert_allclose(
            scorer.characters(own)[1], plain_characters(scorer, TEXTS[1], label), atol=1e-4
        )


def test_an_empty_list_gives_empty_scores(scorer):
    nothing = Lines.from_strings([])
    assert scorer.lines(nothing).shape == (0,)
    assert scorer.characters(nothing) == []
    assert scorer.oddness(nothing).deviations.shape == (0,)


def test_label_posteriors_follow_bayes_rule(labelled):
    labels, lines = labelled.vocabulary.labels, Lines.from_strings(TEXTS)
    each = [[plain_characters(labelled, text, label).sum() for label in labels] for text in TEXTS]
    np.testing.assert_allclose(labelled.labels(lines), each, atol=1e-4)
    joint = np.exp(each) * SHARES
    expected = joint / joint.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(labelled.posterior(lines), expected, atol=1e-4)


def test_oddness_is_the_standardised_excess_surprise(scorer):
    labels = scorer.vocabulary.labels
    found = scorer.oddness(Lines.from_strings(TEXTS))
    for b, text in enumerate(TEXTS):
        label = None
        if labels:
            label = max(labels, key=lambda name: plain_characters(scorer, text, name).sum())
        rows, ids = distributions(scorer, text, label)
        surprise = -rows[np.arange(len(ids)), ids]
        probs = np.exp(rows)
        entropy = -(probs * rows).sum(axis=1)
        variance = (probs * (-rows - entropy[:, None]) ** 2).sum(axis=1)
        expected = (surprise - entropy).sum() / np.sqrt(variance.sum())
        assert found.deviations[b] == pytest.approx(expected, abs=2e-3)
        excess = surprise - entropy
        assert excess[found.place[b]] == pytest.approx(excess.max(), abs=1e-4)
        assert found.log_prob[b] == pytest.approx(-surprise[found.place[b]], abs=1e-4)


def test_resizing_keeps_the_relative_probabilities_of_old_characters(scorer, request):
    """Probabilities of the old characters, normalised among themselves, are unchanged."""
    name, options, _ = request.node.callspec.params["scorer"]
    narrow = scorer.vocabulary
    wide = narrow.union(Vocabulary("\u00e9mz", tuple("AZ") if narrow.labels else ()))
    grown = FAMILIES[name].build(options, len(wide), len(wide.labels))
    ids = narrow.ids_in(wide)
    grown.load(grown.resize_tensors(scorer.model.tensors(), ids))
    label = narrow.labels[0] if narrow.labels else None
    for text in TEXTS:
        before, _ = distributions(scorer, text, label)
        after, _ = distributions(Scorer(grown, wide, SHARES), text, label)
        assert np.isfinite(after).all()
        np.testing.assert_allclose(np.exp(after).sum(axis=1), 1.0, atol=1e-4)
        known = np.exp(after[:, ids[: len(narrow)]])
        known /= known.sum(axis=1, keepdims=True)
        is_network = FAMILIES[name].fit_method == "training"
        np.testing.assert_allclose(known, np.exp(before), atol=1e-4 if is_network else 0.2)
        new = np.setdiff1d(np.arange(len(wide)), ids)
        assert np.exp(after[:, new]).max() < 0.5
