from itertools import islice

import numpy as np
import pytest

from makemore import MakeMore
from makemore.options.verbs import ConstraintOptions
from makemore.sampling.backward_messages import backward_messages
from makemore.sampling.constraint import Constraint
from makemore.sampling.exhaustive import ExhaustiveSampler, enumerate_lines
from makemore.sampling.request import Request
from makemore.sampling.samplers import Warper
from makemore.sampling.search import AutomatonExpander, ConditionalExpander, ModelExpander, search

NOTHING = np.zeros(0, np.int32)


@pytest.fixture(scope="module")
def parts():
    """A request, a constraint, their backward messages, and the log-probability of every line."""
    learned = MakeMore("kneser_ney").fit(["anna", "nan", "ban", "an", "bob", "abba"]).learned_
    constraint = Constraint.of(ConstraintOptions(suffix="a", only="abn"), learned.vocabulary, 4)
    request = Request(
        learned.model, learned.vocabulary, Warper(), NOTHING, 4, (None,), np.ones(1), seed=0
    )
    messages = backward_messages(learned.model.automaton(2**20), Warper(), constraint, NOTHING)
    lines = enumerate_lines(constraint, NOTHING)
    listed = ExhaustiveSampler(learned.model, Warper(), lines, NOTHING, None, 0)
    texts = [learned.vocabulary.text(line) for line in lines.tolist()]
    return request, constraint, messages, dict(zip(texts, listed.log_probs.tolist(), strict=True))


@pytest.mark.parametrize("method", ["model", "automaton"])
def test_search_returns_every_line_once_in_order_of_probability(parts, method):
    request, constraint, messages, log_probs = parts
    steps = (
        AutomatonExpander(messages, NOTHING)
        if method == "automaton"
        else ModelExpander(request, constraint, None)
    )
    found = list(search([steps], max_expansions=10**6))
    assert {request.vocabulary.text(prefix.ids) for prefix in found} == set(log_probs)
    assert len(found) == len(log_probs)
    expected = sorted(log_probs.values(), reverse=True)
    np.testing.assert_allclose([prefix.log_prob for prefix in found], expected, atol=1e-4)


@pytest.mark.parametrize("method", ["model", "conditional"])
def test_perturbed_search_samples_without_replacement(parts, method):
    request, constraint, messages, log_probs = parts
    steps = (
        ConditionalExpander(messages, NOTHING)
        if method == "conditional"
        else ModelExpander(request, constraint, None)
    )
    texts, probs = list(log_probs), np.exp(list(log_probs.values()))
    probs /= probs.sum()
    seconds = probs * (probs / (1 - probs)).sum() - probs**2 / (1 - probs)
    n = 1500
    counted = np.zeros((2, len(texts)))
    for seed in range(n):
        pair = islice(search([steps], 10**6, np.random.default_rng(seed)), 2)
        for place, prefix in enumerate(pair):
            counted[place, texts.index(request.vocabulary.text(prefix.ids))] += 1
    for observed, expected in zip(counted, (probs, seconds), strict=True):
        spread = np.sqrt(expected * (1 - expected) / n)
        assert (np.abs(observed / n - expected) < 4.5 * spread + 1 / n).all()


def test_search_with_exact_bounds_expands_few_prefixes(parts, monkeypatch):
    request, constraint, messages, _ = parts
    monkeypatch.setattr("makemore.sampling.search._MAX_BATCH", 1)

    def expanded_prefixes(steps):
        for most in range(1, 300):
            if next(search([steps], most), None) is not None:
                return most
        return 300

    exact, heuristic = (
        AutomatonExpander(messages, NOTHING),
        ModelExpander(request, constraint, None),
    )
    assert (
        expanded_prefixes(exact) <= 5 < expanded_prefixes(heuristic)
    )  # at most one per character, and one for the end


def test_a_search_at_its_limit_returns_the_head_of_the_full_result(parts):
    request, constraint, _, _ = parts
    whole = list(search([ModelExpander(request, constraint, None)], max_expansions=10**6))
    head = list(search([ModelExpander(request, constraint, None)], max_expansions=20))
    assert 0 < len(head) < len(whole)
    assert [prefix.ids for prefix in head] == [prefix.ids for prefix in whole[: len(head)]]


def test_labels_are_chosen_in_proportion_to_their_shares(parts):
    _, _, messages, _ = parts
    steps = ConditionalExpander(messages, NOTHING)
    shares, n = (0.8, 0.2), 800
    firsts = 0
    for seed in range(n):
        rng = np.random.default_rng(seed)
        marked = [steps, Marked(steps)]
        first = next(search(marked, 10**6, rng, np.log(shares).tolist()))
        firsts += first.state != Marked.state
    assert firsts / n == pytest.approx(0.8, abs=0.06)


class Marked:
    """The same steps with marked states, so that their lines can be distinguished."""

    state = 77

    def __init__(self, steps):
        self.steps, self.root = steps, steps.root

    def expand(self, prefixes):
        found = self.steps.expand(prefixes)
        found.states[:, 0] = np.where(found.states[:, 0] >= 0, self.state, -1)
        return found
