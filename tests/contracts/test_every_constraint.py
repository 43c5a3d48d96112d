"""Every way of drawing allowed lines, on every family, against all lines written out."""

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest
from small_families import SMALL_FAMILIES, fit_small, named

from makemore import likelihood
from makemore.corpus.contexts import Contexts
from makemore.corpus.lines import Lines
from makemore.errors import ConstraintError
from makemore.options.verbs import ConstraintOptions, SampleOptions
from makemore.sampling import tiers
from makemore.sampling.stream import Stream, most_probable
from makemore.sampling.task import Source

DRAWN, LONGEST = 4000, 4
ASKED = {
    "suffix": {"suffix": "nn", "min_length": 3},
    "pattern": {"pattern": "[^o]*(?:ann|nn).?", "prefix": "a"},
    "letters": {"only": "abno", "forbid": ("ab", "oo"), "contains": "n"},
    "length": {"length": 3, "contains": "N", "ignore_case": True},
    "shape": {"suffix": "n", "temperature": 1.5, "top_k": 6},
}
# What each way is called, and what forces it upon a model.
WAYS = {
    "by trial": {"_FEWEST_HITS": 0},
    "by list": {"_FEWEST_HITS": 10**9},
    "by guide": {"_FEWEST_HITS": 10**9, "_MOST_LISTED": 0},
}


@pytest.fixture(scope="module", params=SMALL_FAMILIES, ids=named)
def source(request):
    """A model of each family after a little learning."""
    model, _, vocabulary = fit_small(request.param)
    shares = np.array([0.7, 0.3]) if vocabulary.labels else np.zeros(0)
    return Source(model, vocabulary, LONGEST, shares)


def every_line(source):
    """All lines of at most four characters."""
    characters = source.vocabulary.characters
    return [
        "".join(line)
        for length in range(1, LONGEST + 1)
        for line in itertools.product(characters, repeat=length)
    ]


def log_probs_of(source, texts, shape, given):
    """(n,) of each line, what is given of it left out, its labels mixed by their shares."""
    vocabulary, each = source.vocabulary, []
    model = Shaped(source.model, shape)
    for number, share in enumerate(source.label_shares if vocabulary.labels else [1.0]):
        lines = Lines.from_strings(
            texts, [vocabulary.labels[number]] * len(texts) if vocabulary.labels else None
        )
        c = Contexts.of(lines, vocabulary, source.model.window)
        along = likelihood.edge_log_probs(model, c).astype(float)[c.edge]
        along[np.arange(len(along)) - np.repeat(c.start[:-1], np.diff(c.start)) < given] = 0.0
        each.append(np.add.reduceat(along, c.start[:-1]) + np.log(share))
    return np.logaddexp.reduce(each, axis=0)


class Shaped:
    """A model whose rows are shaped, written out without the package's own help."""

    def __init__(self, model, options):
        self.model, self.temperature = model, options.temperature
        self.top_k = options.top_k or model.vocabulary_size

    def log_probs(self, c):
        logits = self.model.log_probs(c).astype(float) / self.temperature
        place = np.argsort(np.argsort(-logits, axis=1, kind="stable"), axis=1)  # ties go by id
        weights = np.where(place < self.top_k, np.exp(logits), 0.0)
        with np.errstate(divide="ignore"):
            return np.log(weights / weights.sum(axis=1, keepdims=True))


def is_allowed(line, o):
    low = str.lower if o.ignore_case else str
    return (
        line.startswith(o.prefix)
        and line.endswith(o.suffix)
        and low(o.contains) in low(line)
        and (o.pattern is None or re.fullmatch(o.pattern, line) is not None)
        and not any(each in line for each in o.forbid)
        and (o.only is None or set(line) <= set(o.only))
        and len(line) >= (o.length or o.min_length or 0)
        and len(line) <= (o.length or LONGEST)
    )


def expected_of(source, options):
    """The allowed lines, and the share of each."""
    texts = [line for line in every_line(source) if is_allowed(line, options)]
    log_probs = log_probs_of(source, texts, options, len(options.prefix))
    probs = np.exp(log_probs - log_probs.max())
    return texts, probs / probs.sum()


def shares_of(texts, lines):
    """(n,) how many of some lines are each text; there is no other among them."""
    place = {text: i for i, text in enumerate(texts)}
    return np.bincount([place[line] for line in lines], minlength=len(texts))


def assert_same_proportions(observed, expected):
    """A chi-square test, lines that are seldom taken together; one in thirty thousand fails."""
    seldom = expected < 5
    observed = np.append(observed[~seldom], observed[seldom].sum())
    expected = np.append(expected[~seldom], expected[seldom].sum() + 1e-9)
    chi_square = ((observed - expected) ** 2 / np.maximum(expected, 1e-3)).sum()
    freedom = len(expected) - 1
    assert chi_square < freedom + 4 * np.sqrt(2 * max(freedom, 1)) + 8


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_lines_have_the_models_proportions_among_those_allowed(source, asked):
    options = SampleOptions(**asked)
    texts, probs = expected_of(source, options)
    stream = Stream(source, options, ahead=DRAWN)
    assert stream.allowed == len(texts)
    assert stream.is_exact
    lines = list(itertools.islice(stream, DRAWN))
    assert_same_proportions(shares_of(texts, lines), probs * DRAWN)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_them(source, way, monkeypatch):
    monkeypatch.setattr(tiers, "_by_states", lambda task, constraint: None)
    for name, value in WAYS[way].items():
        monkeypatch.setattr(tiers, name, value)
    options = SampleOptions(prefix="a", only="abno", forbid=("ab", "oo"), contains="n")
    texts, probs = expected_of(source, options)
    stream = Stream(source, options, ahead=DRAWN)
    assert way in stream.how
    lines = list(itertools.islice(stream, DRAWN))
    if way == "by guide":
        assert not stream.is_exact
        assert "approximate" in stream.how
        noise = np.sqrt(probs * (1 - probs) / DRAWN).sum() / 2
        apart = np.abs(shares_of(texts, lines) / DRAWN - probs).sum() / 2
        assert apart < noise + 0.05  # what an approximation may be off, in total variation
    else:
        assert_same_proportions(shares_of(texts, lines), probs * DRAWN)


def test_exact_refuses_an_approximation(source, monkeypatch):
    monkeypatch.setattr(tiers, "_by_states", lambda task, constraint: None)
    for name, value in WAYS["by guide"].items():
        monkeypatch.setattr(tiers, name, value)
    with pytest.raises(ConstraintError, match="only approximately, and exact forbids that"):
        Stream(source, SampleOptions(suffix="n", exact=True))


def test_distinct_lines_are_all_there_is_and_come_without_replacement(source):
    options = SampleOptions(only="an", distinct=True, max_length=3)
    lines = list(Stream(source, options))
    allowed = [line for line in every_line(source) if len(line) <= 3 and set(line) <= set("an")]
    assert sorted(lines) == sorted(allowed)
    assert list(itertools.islice(Stream(source, options, ahead=1), 5)) == lines[:5]


def test_new_lines_and_those_not_excluded_keep_their_proportions(source):
    known, excluded = Lines.from_strings(["ann", "nan", "n"]), frozenset(["an", "na"])
    knowing = replace(source, known=lambda: np.unique(known.digests))
    options = SampleOptions(only="an", max_length=3, contains="n", new=True)
    texts, probs = expected_of(source, options.replace(new=False))
    is_left = np.array([len(t) <= 3 and t not in {*known.to_list(), *excluded} for t in texts])
    texts = [text for text, yes in zip(texts, is_left, strict=True) if yes]
    probs = probs[is_left] / probs[is_left].sum()
    lines = list(itertools.islice(Stream(knowing, options, excluded, ahead=DRAWN), DRAWN))
    assert_same_proportions(shares_of(texts, lines), probs * DRAWN)
    to_the_end = list(Stream(knowing, options.replace(distinct=True), excluded))
    assert sorted(to_the_end) == sorted(texts)


def test_the_most_probable_lines_come_first(source):
    label = source.vocabulary.labels[0] if source.vocabulary.labels else None
    options = ConstraintOptions(suffix="n", forbid=("bb",))
    texts = [line for line in every_line(source) if is_allowed(line, options)]
    lines = Lines.from_strings(texts, None if label is None else [label] * len(texts))
    c = Contexts.of(lines, source.vocabulary, source.model.window)
    expected = np.sort(likelihood.line_log_probs(source.model, c))[::-1]
    found = list(itertools.islice(most_probable(source, options, label, nodes=10**6), 30))
    np.testing.assert_allclose([nats for _, nats in found], expected[:30], atol=1e-3)
    assert len({line for line, _ in found}) == 30
