"""Lines selected by any options are sampled in proportion to the model.

Lists, labels, weights, models and combinations of options are generated. The distribution that
each strategy must draw from is enumerated by `enumeration.py`.
"""

import random
import re
from collections import Counter
from functools import cache, wraps
from itertools import islice

import numpy as np
import pytest
from enumeration import (
    NearTieError,
    assert_drawn_from,
    assert_shares,
    is_selected,
    line_probs,
    longest_of,
    selected_probs,
    without,
)
from hypothesis import Phase, assume, given, reject, settings
from hypothesis import strategies as st

from makemore import MakeMore
from makemore.corpus.case import fold_case
from makemore.corpus.lines import line_digests
from makemore.errors import ConstraintError
from makemore.options.families import (
    GRUOptions,
    KneserNeyOptions,
    MixtureOptions,
    MLPOptions,
    NgramOptions,
    TransformerOptions,
)
from makemore.options.verbs import ConstraintOptions, SampleOptions
from makemore.sampling import strategies, stream
from makemore.sampling.request import Source, build_request, compile_constraint
from makemore.sampling.search import search

DRAWS, LONGEST = 1500, 4
MOST_DISTANT = 0.15  # maximum distance of an approximation that is compared with the enumeration
TEMPERATURES, SHARES = (
    (0.6, 1.0, 1.7),
    (0.37, 0.61, 0.83, 0.97),
)  # top_p is never a sum of count shares
COUNTED = {
    "ngram": NgramOptions(window=1, add=0.0),
    "kneser_ney": KneserNeyOptions(window=2),
    "counts": MixtureOptions(members="kneser_ney(window=1), ngram(window=2, add=0.5)"),
}
NETWORKS = {
    "mlp": MLPOptions(window=2, embedding=4, hidden=8),
    "gru": GRUOptions(embedding=4, hidden=8),
    "transformer": TransformerOptions(layers=1, embedding=8, heads=2),
    "mixture": MixtureOptions(members="kneser_ney(window=2), gru(embedding=4, hidden=8)"),
}
# Constants and functions that force each strategy.
FORCED = {
    "unconstrained": {"_MIN_TABLE_LINES": 300},  # number of lines from which tables are used
    "automaton": {},
    "rejection sampling": {
        "_plan_automaton": lambda request, constraint: None,
        "_FEW_LINES": 0,
        "_MIN_ACCEPTED": 1,
    },
    "enumeration": {"_plan_automaton": lambda request, constraint: None, "_MIN_ACCEPTED": 10**9},
    "importance resampling": {
        "_plan_automaton": lambda request, constraint: None,
        "_FEW_LINES": 0,
        "_MIN_ACCEPTED": 10**9,
        "_MAX_ENUMERATED": 0,
    },
}


def generated(examples):
    """Run a test with random number generators, from which it draws its example.

    Hypothesis varies and replays the seed; shrinking is off, since it would not simplify examples.
    """

    def decorate(test):
        @wraps(test)
        def tried(rng, **parameters):
            try:
                test(rng=rng, **parameters)
            except NearTieError:
                reject()

        phases = [Phase.explicit, Phase.reuse, Phase.generate]
        chosen = settings(max_examples=examples, deadline=None, phases=phases)
        return chosen(given(rng=st.randoms(use_true_random=True))(tried))

    return decorate


def text(rng, alphabet, shortest, longest):
    """Return a random text without a space at either end."""
    found = "".join(rng.choices(alphabet, k=rng.randint(shortest, longest)))
    return found if found == found.strip() else text(rng, alphabet, shortest, longest)


def random_list(rng, lines=(1, 8)):
    """Return lines, labels or None, and weights or None."""
    alphabet = rng.choice(["ab", "abB", "aA-b", "ab c"])
    texts = [text(rng, alphabet, 1, LONGEST) for _ in range(rng.randint(*lines))]
    labels = [rng.choice("FFMX") for _ in texts] if rng.random() < 0.7 else None
    weights = [rng.choice([0.5, 1.0, 30.0]) for _ in texts] if rng.random() < 0.5 else None
    return texts, labels, weights


def counted(name, texts, labels, weights):
    """Return a count model, or a blend of two with different characters and the same labels."""
    if name != "blend":
        return MakeMore(COUNTED[name]).fit(texts, labels, weights)
    part = slice(0, 1 + len(texts) // 2)
    whole = MakeMore(KneserNeyOptions(window=1)).fit(texts, labels, weights)
    if labels is None or {*labels[part]} == {*labels}:
        own = None if labels is None else labels[part]
        other = MakeMore(KneserNeyOptions(window=2)).fit(texts[part], own)
        return MakeMore.blend([whole, other], [0.3, 0.7])
    return whole


@cache
def trained(name, seed):
    """Return a network trained briefly on a random list."""
    # Few steps at a high rate give non-uniform distributions that differ by label.
    return MakeMore(NETWORKS[name], steps=12, rate=0.1, device="cpu").fit(
        *random_list(random.Random(seed), lines=(12, 12))
    )


def random_model(rng, kinds=(*COUNTED, "blend", *NETWORKS)):
    """Return a fitted model of one of the given kinds."""
    kind = rng.choice(kinds)
    return (
        trained(kind, rng.randint(0, 3)) if kind in NETWORKS else counted(kind, *random_list(rng))
    )


def random_constraints(rng, maker):
    """Return constraints that some line satisfies, unless two of them contradict each other."""
    characters = maker.learned_.vocabulary.characters
    line = text(rng, characters, 1, LONGEST)
    low, high = sorted(rng.choices(range(len(line) + 1), k=2))
    patterns = [
        f"[{line[0]}-].*",
        f"(?:.|{line[-1]}.)+",
        ".*[a-c].*",
        f"[^{line[-1]}]*.?",
        ".{2,3}",
        f"(?=.*{re.escape(line[-1])}).*",
        rf"(?!.*{re.escape(line)}.).*\b.*",
    ]
    each = {
        "prefix": line[: max(low, 1)].rstrip(),
        "suffix": line[high:],
        "contains": (line[low:high], rng.choice(line))[: rng.randint(1, 2)],
        "pattern": tuple(rng.choices(patterns, k=rng.randint(1, 2))),
        "forbid": tuple(text(rng, characters, 1, 3) for _ in range(rng.randint(1, 2))),
        "only": line + rng.choice(characters),
        "ignore_case": True,
        "min_length": rng.randint(1, len(line)),
        "max_length": rng.randint(len(line), LONGEST),
    }
    chance = rng.choice([0.1, 0.25, 0.5])  # a few options at once, or many
    found = {name: value for name, value in each.items() if rng.random() < chance}
    if rng.random() < 0.3:
        found["prefix"] = each["prefix"]
    if not found.keys() & {"min_length", "max_length"} and rng.random() < chance / 2:
        found["length"] = len(line)
    return found


def random_request(rng, maker, is_free=False):
    """Return a random combination of sampling options; if free, only a prefix and a length."""
    labels = maker.learned_.vocabulary.labels
    each = {
        "label": rng.choice(labels) if labels else None,
        "temperature": rng.choice(TEMPERATURES),
        "top_k": rng.randint(1, 4),
        "top_p": rng.choice(SHARES),
    }
    found = {name: value for name, value in each.items() if rng.random() < 0.25}
    constraints = random_constraints(rng, maker)
    if is_free:
        free = constraints.keys() & {"prefix", "max_length"}
        constraints = {name: constraints[name] for name in free}
    return SampleOptions(**constraints, **found, seed=rng.randint(0, 99), patience=20_000)


def strategy_of(maker, options, strategy):
    """Return the stream of a strategy, or None if the request cannot use it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in FORCED.get(strategy, {}).items():
            patch.setattr(strategies, name, value)
        found = maker.stream(ahead=DRAWS, **options.to_dict())
    return found if strategy is None or strategy in found.method else None


def check_stream(maker, options, strategy):
    """Compare the lines of a strategy with the enumeration."""
    probs, accepted = selected_probs(Source.of(maker.learned_), options)
    if not probs:
        with pytest.raises(ConstraintError):
            maker.sample(1, **options.to_dict())
        return
    is_drawn_in_vain = not options.is_constrained or strategy == "rejection sampling"
    assume(not is_drawn_in_vain or accepted > 0.02)
    found = strategy_of(maker, options, strategy)
    assume(found is not None)
    lines = list(islice(found, DRAWS))
    assert len(lines) == DRAWS
    assert found.is_exact == ("importance resampling" not in found.method)
    assert found.is_exact == (found.distance == 0) or found.distance < 1e-6
    assume(found.distance <= MOST_DISTANT)  # seldom more, if the guide is far from the model
    assert_drawn_from(probs, lines, found.distance)


@generated(150)
def test_lines_are_sampled_in_proportion_to_the_model(rng):
    maker = random_model(rng)
    check_stream(maker, random_request(rng, maker), None)


@pytest.mark.parametrize("strategy", FORCED)
@generated(40)
def test_every_strategy_samples_lines_in_proportion_to_the_model(strategy, rng):
    maker = random_model(rng)
    options = random_request(rng, maker, is_free=strategy == "unconstrained")
    assume(options.is_constrained == (strategy != "unconstrained"))
    check_stream(maker, options, strategy)


@generated(40)
def test_excluding_lines_keeps_the_proportions_of_the_others(rng):
    maker = random_model(rng)
    options = random_request(rng, maker).replace(new=True)
    probs, accepted = selected_probs(Source.of(maker.learned_), options)
    excluded = frozenset(line for line in probs if rng.random() < 0.2)
    key = fold_case if options.ignore_case else str
    learned = maker.learned_.folded_digests if options.ignore_case else maker.learned_.digests
    unwanted = set(map(key, excluded))
    left = without(
        probs,
        {
            line
            for line in probs
            if key(line) in unwanted or line_digests([key(line).encode()])[0] in learned()
        },
    )
    assume(sum(probs[line] for line in left) * (1 if options.is_constrained else accepted) > 0.02)
    found = maker.stream(ahead=DRAWS, exclude=excluded, **options.to_dict())
    assume(found.is_exact)
    assert_drawn_from(left, list(islice(found, DRAWS)))


@generated(60)
def test_distinct_lines_are_sampled_without_replacement(rng):
    maker = random_model(rng, (*COUNTED, "blend", "mlp"))
    check_search(maker, random_request(rng, maker).replace(label=None), searches=400)


@generated(15)
def test_the_step_by_step_search_samples_without_replacement(rng):
    maker = random_model(rng, (*COUNTED, "blend"))  # which are fast to evaluate
    options = random_request(rng, maker, is_free=rng.random() < 0.5).replace(label=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "messages_by_label", lambda request, constraint: None)
        check_search(maker, options, searches=300)


@generated(4)
def test_the_search_samples_networks_without_replacement(rng):
    maker = random_model(rng, ("gru", "transformer", "mixture"))
    check_search(maker, random_request(rng, maker), searches=100)


def check_search(maker, options, searches):
    """Compare the first two lines of many searches with the probabilities by enumeration."""
    probs, _ = selected_probs(Source.of(maker.learned_), options)
    assume(probs)
    request = build_request(Source.of(maker.learned_), options)
    steps, log_shares = stream.build_expanders(request, compile_constraint(request, options))
    keys, pairs = np.random.default_rng(options.seed), []
    for _ in range(searches):
        found = (request.vocabulary.text(x.ids) for x in search(steps, 10**6, keys, log_shares))
        first = next(found)  # a line occurs once under each label; only its first occurrence counts
        pairs.append((first, next((line for line in found if line != first), None)))
    assert_drawn_from(probs, [first for first, _ in pairs])
    if len(probs) > 1:
        often = max(probs, key=probs.get)
        second = sum(p * probs[often] / (1 - p) for line, p in probs.items() if line != often)
        expected, observed = (
            {True: second, False: 1 - second},
            Counter(b == often for _, b in pairs),
        )
        assert_shares(expected, observed, 0.0, f"{often!r} second: {observed} for {expected}")


@generated(25)
def test_distinct_sampling_returns_every_selected_line(rng):
    maker = random_model(rng)
    options = random_request(rng, maker).replace(distinct=True)
    probs, accepted = selected_probs(Source.of(maker.learned_), options)
    assume(probs and (options.is_constrained or accepted > 0.02))
    lines = list(maker.stream(**options.to_dict()))
    key = fold_case if options.ignore_case else str
    keys = set(map(key, lines))
    assert len(lines) == len(keys)
    assert {key(line) for line, p in probs.items() if p > 1e-9} <= keys
    assert set(lines) <= set(probs)


@generated(40)
def test_top_returns_lines_in_order_of_probability(rng):
    maker = random_model(rng)
    options = ConstraintOptions(**random_constraints(rng, maker))
    labels = maker.learned_.vocabulary.labels
    label = rng.choice(labels) if labels else None
    wanted, source = SampleOptions(**options.to_dict(), label=label), Source.of(maker.learned_)
    lines, _ = line_probs(source, wanted, longest_of(source, wanted))
    probs = [p for line, p in lines.items() if p > 1e-20 and is_selected(line, options)]
    assume(probs)
    expected = np.log(np.sort(probs)[::-1])[:12]
    found = maker.top(12, label=label, **options.to_dict())
    np.testing.assert_allclose([nats for _, nats in found[: len(expected)]], expected, atol=1e-4)
    for line, nats in found:
        assert nats == pytest.approx(np.log(max(lines[line], 1e-300)), abs=1e-4)


@generated(30)
def test_the_enumerated_probabilities_equal_those_of_score(rng):
    maker = random_model(rng)
    plain = SampleOptions(max_length=LONGEST)
    lines, _ = line_probs(Source.of(maker.learned_), plain, LONGEST)
    texts = [line for line in lines if is_selected(line, plain)]
    with np.errstate(divide="ignore"):
        expected = np.log([lines[line] for line in texts])
    np.testing.assert_allclose(maker.score_samples(texts), expected, atol=1e-4)
