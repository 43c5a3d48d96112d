"""Every strategy of constrained sampling, on every family, compared with enumerated lines."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from enumeration import assert_drawn_from, is_selected, selected_probs, without
from small_families import SMALL_FAMILIES, fit_small, named

from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.errors import ConstraintError
from makemore.inference import likelihood
from makemore.options.verbs import ConstraintOptions, SampleOptions
from makemore.sampling import strategies
from makemore.sampling.request import Source
from makemore.sampling.stream import Stream, most_probable_lines

DRAWS, LONGEST = 3000, 3
CONSTRAINTS = {
    "suffix": {"suffix": "nn", "min_length": 3},
    "pattern": {"pattern": "[^o]*(?:ann|nn).?", "prefix": "a"},
    "letters": {"only": "abno", "forbid": ("ab", "oo"), "contains": "n"},
    "length": {"length": 3, "contains": "N", "ignore_case": True},
    "shape": {"suffix": "n", "temperature": 1.5},
}
# Each strategy, and the constants that force its choice.
STRATEGIES = {
    "rejection sampling": {"_FEW_LINES": 0, "_MIN_ACCEPTED": 0},
    "enumeration": {"_MIN_ACCEPTED": 10**9},
    "importance resampling": {
        "_FEW_LINES": 0,
        "_MIN_ACCEPTED": 10**9,
        "_MAX_ENUMERATED": 0,
    },
}


@pytest.fixture(scope="module", params=SMALL_FAMILIES, ids=named)
def source(request):
    """A briefly trained model of each family."""
    model, _, vocabulary = fit_small(request.param)
    shares = np.array([0.7, 0.3]) if vocabulary.labels else np.zeros(0)
    return Source(model, vocabulary, LONGEST, shares)


def every_line(source):
    """Return all lines of at most three characters."""
    return [
        "".join(line)
        for length in range(1, LONGEST + 1)
        for line in itertools.product(source.vocabulary.characters, repeat=length)
    ]


@pytest.mark.parametrize("constraints", CONSTRAINTS.values(), ids=CONSTRAINTS)
def test_allowed_lines_are_sampled_in_proportion_to_the_model(source, constraints):
    options = SampleOptions(**constraints)
    probs, _ = selected_probs(source, options)
    stream = Stream(source, options, ahead=DRAWS)
    assert stream.allowed == sum(is_selected(line, options) for line in every_line(source))
    assert stream.is_exact
    assert_drawn_from(probs, list(itertools.islice(stream, DRAWS)))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_samples_in_proportion_to_the_model(source, strategy, monkeypatch):
    monkeypatch.setattr(strategies, "_plan_automaton", lambda request, constraint: None)
    for name, value in STRATEGIES[strategy].items():
        monkeypatch.setattr(strategies, name, value)
    options = SampleOptions(prefix="a", only="abno", forbid=("ab", "oo"), contains="n")
    probs, _ = selected_probs(source, options)
    stream = Stream(source, options, ahead=DRAWS)
    assert strategy in stream.method
    assert stream.is_exact == (strategy != "importance resampling")
    assert stream.is_exact == ("approximate" not in stream.method)
    slack = 0.0 if stream.is_exact else 0.05  # in total variation
    assert_drawn_from(probs, list(itertools.islice(stream, DRAWS)), slack)


def test_exact_rejects_an_approximate_strategy(source, monkeypatch):
    monkeypatch.setattr(strategies, "_plan_automaton", lambda request, constraint: None)
    for name, value in STRATEGIES["importance resampling"].items():
        monkeypatch.setattr(strategies, name, value)
    with pytest.raises(ConstraintError, match="only approximately, and exact forbids that"):
        Stream(source, SampleOptions(suffix="n", exact=True))


def test_distinct_lines_are_all_allowed_lines_without_replacement(source):
    options = SampleOptions(only="an", distinct=True, max_length=3)
    lines = list(Stream(source, options))
    allowed = [line for line in every_line(source) if len(line) <= 3 and set(line) <= set("an")]
    assert sorted(lines) == sorted(allowed)
    assert list(itertools.islice(Stream(source, options, ahead=1), 5)) == lines[:5]


def test_new_and_non_excluded_lines_keep_their_proportions(source):
    known, excluded = Lines.from_strings(["ann", "nan", "n"]), frozenset(["an", "na"])
    knowing = replace(source, digests=lambda: np.unique(known.digests))
    options = SampleOptions(only="an", max_length=3, contains="n", new=True, temperature=2.0)
    probs, _ = selected_probs(source, options)
    left = without(probs, {*known.to_list(), *excluded})
    lines = list(itertools.islice(Stream(knowing, options, excluded, ahead=DRAWS), DRAWS))
    assert_drawn_from(left, lines)
    to_the_end = list(Stream(knowing, options.replace(distinct=True), excluded))
    assert sorted(to_the_end) == sorted(left)


@pytest.mark.parametrize("constraints", [{}, {"contains": "n", "distinct": True}])
def test_the_first_lines_do_not_depend_on_the_number_requested(source, constraints, monkeypatch):
    monkeypatch.setattr(strategies, "_plan_automaton", lambda request, constraint: None)
    monkeypatch.setattr(
        strategies, "_MIN_TABLE_LINES", 400
    )  # number of lines from which tables are used
    options, many = SampleOptions(**constraints, patience=10_000), 20_000
    heads = [
        list(itertools.islice(Stream(source, options, ahead=ahead), 300)) for ahead in (1, many)
    ]
    assert heads[0] == heads[1]


def test_the_most_probable_lines_come_first(source):
    label = source.vocabulary.labels[0] if source.vocabulary.labels else None
    options = ConstraintOptions(suffix="n", forbid=("bb",))
    texts = [line for line in every_line(source) if is_selected(line, options)]
    lines = Lines.from_strings(texts, None if label is None else [label] * len(texts))
    c = Contexts.of(lines, source.vocabulary, source.model.window)
    expected = np.sort(likelihood.line_log_probs(source.model, c))[::-1]
    found = list(itertools.islice(most_probable_lines(source, options, label, nodes=10**6), 30))
    np.testing.assert_allclose([nats for _, nats in found], expected[:30], atol=1e-3)
    assert len({line for line, _ in found}) == 30
