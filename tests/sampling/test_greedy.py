"""Temperature 0 is the limit of the distribution over the allowed lines, with ties shared."""

from collections import Counter
from itertools import islice

import numpy as np
import pytest
from enumeration import is_selected

from makemore import MakeMore
from makemore.errors import OptionError
from makemore.options.verbs import SampleOptions
from makemore.sampling.request import Source

LINES = ["abab", "ab", "ba", "bba", "aab", "baa"]
REQUESTS = [
    {},
    {"prefix": "b"},
    {"suffix": "b"},
    {"contains": "bb"},
    {"length": 3},
    {"min_length": 4},
    {"forbid": ("ab",)},
    {"pattern": "(?!a).*b"},
    {"new": True},
    {"prefix": "aa", "new": True},
]


def limit(maker, options, label=None, temperature=2e-4):
    """The distribution over the selected lines at a low temperature, by enumeration."""
    source, o = Source.of(maker.learned_), SampleOptions(**options)
    V, labels = len(source.vocabulary), source.vocabulary.labels
    longest = o.length or source.longest
    chosen = [label] if label else list(labels) or [None]
    shares = {}
    for each in chosen:
        prior = 1.0 if label or not labels else source.label_shares[labels.index(each)]
        start = None if each is None else source.vocabulary.label_id(each)
        log_probs, state = maker.learned_.model.start(1, start)
        pending = [("", np.log(prior), log_probs[0].astype(float), state)]
        while pending:
            text, nats, row, state = pending.pop()
            shaped = (row - row.max()) / temperature
            shaped -= np.log(np.exp(shaped).sum())
            if text and is_selected(text, o):
                shares[text] = np.logaddexp(shares.get(text, -np.inf), nats + shaped[0])
            if len(text) < longest:
                for i in range(1, V):
                    rows, after = maker.learned_.model.step(np.array([i], np.int32), state)
                    letter = source.vocabulary.characters[i - 1]
                    pending.append((text + letter, nats + shaped[i], rows[0].astype(float), after))
    if o.new:
        seen = maker.is_seen(list(shares))
        shares = {
            line: p for (line, p), is_old in zip(shares.items(), seen, strict=True) if not is_old
        }
    best = max(shares.values())
    weights = {line: np.exp(p - best) for line, p in shares.items()}
    total = sum(weights.values())
    return {line: p / total for line, p in weights.items() if p / total > 1e-3}


def assert_close(lines, expected):
    count = Counter(lines)
    assert set(count) == set(expected)
    for line, share in expected.items():
        assert count[line] / len(lines) == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("options", REQUESTS, ids=str)
@pytest.mark.parametrize("family", ["ngram", "kneser_ney", "gru"])
def test_lines_are_those_of_the_limit(family, options):
    steps = {"steps": 20} if family == "gru" else {}
    maker = MakeMore(family, **steps).fit(LINES)
    lines = maker.sample(3000, temperature=0, **options)
    assert_close(lines, limit(maker, options))


@pytest.mark.parametrize("label", [None, "F", "M"])
def test_labels_keep_their_shares_among_the_best_lines(label):
    maker = MakeMore("ngram").fit(LINES, list("FFMMMM"))
    for options in REQUESTS:
        lines = maker.sample(3000, temperature=0, label=label, **options)
        assert_close(lines, limit(maker, options, label))


def test_ties_are_shared_equally():
    maker = MakeMore("ngram", random_state=0).fit(["ab", "ba", "cd", "dc"])
    assert_close(maker.sample(4000, temperature=0), limit(maker, {}))
    assert len(set(maker.sample(100, temperature=0))) == 4


def test_distinct_lines_come_in_the_order_of_the_limit():
    maker = MakeMore("kneser_ney").fit(LINES)
    lines = maker.sample(10, temperature=0, distinct=True, max_length=4)
    assert len(set(lines)) == 10
    assert lines[0] in limit(maker, {"max_length": 4})
    rest = maker.sample(200, temperature=0, exclude=lines[:3], max_length=4)
    assert lines[3] in set(rest)


def test_the_first_lines_do_not_depend_on_the_number_requested():
    maker = MakeMore("ngram").fit(["ab", "ba", "cd", "dc"])
    assert maker.sample(30, temperature=0)[:10] == maker.sample(10, temperature=0)
    assert maker.sample(30, temperature=0, seed=1) != maker.sample(30, temperature=0)
    stream = maker.stream(temperature=0)
    assert (stream.method[:5], stream.is_exact) == ("exact", True)
    assert list(islice(stream, 3)) == maker.sample(3, temperature=0)


@pytest.mark.parametrize("options", [{"temperature": 1e-4}, {"temperature": 0, "top_k": 3}])
def test_contradicting_options_are_refused(options):
    with pytest.raises(OptionError, match="temperature"):
        MakeMore("ngram").fit(LINES).sample(3, **options)
