"""Kneser-Ney compared with a slow transcription of the definitions of Chen and Goodman."""

import tracemalloc
from collections import Counter, defaultdict
from dataclasses import replace

import hypothesis
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from makemore import MakeMore
from makemore.contexts.adjusted_counts import discounts as discounts_of
from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.split import split_lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import OptionError
from makemore.inference import automaton, likelihood
from makemore.models.kneser_ney import KneserNey
from makemore.options.families import KneserNeyOptions


def counted(lines, weights, K):
    """Return the counts a(h x), weighted and unweighted; h has the oldest id first."""
    weight, repeats, longest = defaultdict(Counter), defaultdict(Counter), set()
    for ids, w in zip(lines, weights, strict=True):
        for t, x in enumerate([*ids, 0]):
            h = (*((0,) if t < K else ()), *ids[max(0, t - K) : t])
            weight[h][x] += w
            repeats[h][x] += 1
            longest.add(h)
    # continuation counts: in how many contexts that are one id longer x follows h
    level = {(h, x) for h in repeats for x in repeats[h]}
    for length in range(max(map(len, longest)), 0, -1):
        for h, x in [(h, x) for h, x in level if len(h) == length]:
            weight[h[1:]][x] += 1
            repeats[h[1:]][x] += 1
            level.add((h[1:], x))
    return weight, repeats


def discounts(tables):
    """Return the discounts D of each history length, from counts of counts over all tables."""
    found = {}
    for length in {len(h) for table in tables for h in table}:
        counts = [
            r for table in tables for h in table if len(h) == length for r in table[h].values()
        ]
        n1, n2, n3, n4 = (counts.count(k) for k in (1, 2, 3, 4))
        found[length] = (0.5, 1.0, 1.5)
        if n1 and n2 and n3 and n4:
            Y = n1 / (n1 + 2 * n2)
            D = (1 - 2 * Y * n2 / n1, 2 - 3 * Y * n3 / n2, 3 - 4 * Y * n4 / n3)
            if all(0 < d < k for k, d in enumerate(D, 1)):
                found[length] = D
    return found


def given(weight, repeats, D, h, x):
    """Return the discounted probability of x after h, and the back-off weight of h."""
    total = sum(weight[h].values())
    kept = {
        y: weight[h][y] * max(r - D[len(h)][min(r, 3) - 1], 0) / r / total
        for y, r in repeats[h].items()
    }
    return kept.get(x, 0.0), 1 - sum(kept.values())


def slow(lines, weights, labels, K, V):
    """Return p(x | label, history) as a function, computed with dictionaries of tuples."""
    weight, repeats = counted(lines, weights, K)
    D = discounts([repeats])
    within = {}
    for label in set(labels) - {None}:
        mine = [i for i, each in enumerate(labels) if each == label]
        within[label] = counted([lines[i] for i in mine], [weights[i] for i in mine], K)
    within_D = discounts([table for _, table in within.values()])

    def pooled(h, x):
        if h not in weight:
            return pooled(h[1:], x)
        kept, gamma = given(weight, repeats, D, h, x)
        return kept + gamma * (pooled(h[1:], x) if h else 1 / V)

    def p(label, h, x):
        if label is None:
            return pooled(h, x)
        if h not in weight:
            return p(label, h[1:], x)
        base = (2 * p(label, h[1:], x) + pooled(h, x)) / 3 if h else pooled(h, x)
        if h not in within[label][0]:
            return base
        kept, gamma = given(*within[label], within_D, h, x)
        return kept + gamma * base

    return p


words = st.lists(st.text("abc", min_size=1, max_size=6), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@hypothesis.given(
    words, st.integers(1, 4), st.booleans(), st.booleans(), st.randoms(use_true_random=False)
)
def test_it_equals_a_slow_transcription_of_the_definitions(texts, K, labelled, weighted, rng):
    names = [rng.choice("FM") for _ in texts] if labelled else None
    weights = [rng.choice([1.0, 2.0, 0.5, 10.0]) for _ in texts] if weighted else None
    lines = Lines.from_strings(texts, names, weights)
    vocabulary = Vocabulary.of(lines)
    V = len(vocabulary)
    model = KneserNey(KneserNeyOptions(window=K), V, len(vocabulary.labels))
    model.count(Contexts.of(lines, vocabulary, K))
    ids = [
        vocabulary.encode(np.array([ord(c) for c in text], np.uint32)).tolist() for text in texts
    ]
    origins = [vocabulary.label_id(n) for n in names] if names else [None] * len(texts)
    p = slow(ids, weights or [1.0] * len(texts), origins, K, V)
    for label in set(origins):
        for before in ([], [1], [1, 1], [V - 1, 1, V - 1, 1], [1] * 5):
            row = model.start(1, label)
            for i in before:
                row = model.step(np.array([i], np.int32), row[1])
            seen = tuple(before[max(0, len(before) - K) :])
            h = (*((0,) if len(before) < K else ()), *seen)
            expected = [p(label, h, x) for x in range(V)]
            np.testing.assert_allclose(np.exp(row[0][0]), expected, atol=2e-6)


@pytest.mark.parametrize(
    "split, dev_at_most, test_at_most", [("lecture", 1.991, 1.991), ("clean", 2.012, 2.020)]
)
def test_the_bundled_names_reach_the_known_losses(us_names, split, dev_at_most, test_at_most):
    vocabulary = Vocabulary.of(us_names)
    parts = split_lines(us_names, split)
    options = KneserNeyOptions()
    train, dev, test = (
        Contexts.of(us_names.select(part), vocabulary, options.window) for part in parts
    )
    model = KneserNey(options, len(vocabulary), 0).count(train)
    assert likelihood.loss(model, dev) <= dev_at_most
    assert likelihood.loss(model, test) <= test_at_most
    assert (
        likelihood.loss(model, dev) > 1.9
    )  # a lower loss would mean that dev leaked into the counts


def test_memory_depends_on_occurring_contexts_not_on_vocabulary_squared(monkeypatch):
    lines = Lines.from_strings(
        [chr(0x4E00 + i) + chr(0x4E00 + (7 * i) % 2000) for i in range(2000)]
    )
    vocabulary = Vocabulary.of(lines)
    model = KneserNey(KneserNeyOptions(), len(vocabulary), 0)
    model.count(Contexts.of(lines, vocabulary, 5))
    assert sum(value.nbytes for value in model.tensors().values()) < 1_000_000
    assert np.isfinite(likelihood.loss(model, Contexts.of(lines, vocabulary, None)))
    states, V = model.automaton(2**24).goto.shape
    assert model.automaton(states) is not None
    assert model.automaton(states - 1) is None
    monkeypatch.setattr(automaton, "MAX_TABLE_ENTRIES", states * V - 1)
    assert model.automaton(2**24) is None


def test_two_thousand_one_character_lines_can_be_fitted():
    lines = Lines.from_strings([chr(0x4E00 + i) for i in range(2048)])
    vocabulary = Vocabulary.of(lines)
    model = KneserNey(KneserNeyOptions(), len(vocabulary), 0)
    model.count(Contexts.of(lines, vocabulary, 5))
    first, _ = model.start(1)
    np.testing.assert_allclose(first[0, 1:], first[0, 1], atol=1e-5)  # all equally likely
    after, _ = model.step(np.array([7], np.int32), model.start(1)[1])
    assert np.exp(after[0, 0]) > 0.7  # then the line ends


def test_lines_of_small_weight_keep_a_positive_probability():
    lines = Lines.from_strings(["ab", "cd"], weights=[1000.0, 0.001])
    vocabulary = Vocabulary.of(lines)
    model = KneserNey(KneserNeyOptions(window=2), len(vocabulary), 0)
    model.count(Contexts.of(lines, vocabulary, 2))
    heavy, light = likelihood.line_log_probs(model, Contexts.of(lines, vocabulary, None))
    assert heavy > light > -15


@settings(max_examples=300, deadline=None)
@hypothesis.given(words, st.integers(1, 4))
def test_no_known_character_is_impossible(texts, K):
    lines = Lines.from_strings(texts)
    vocabulary = Vocabulary.of(lines)
    model = KneserNey(KneserNeyOptions(window=K), len(vocabulary), 0)
    c = Contexts.of(lines, vocabulary, K)
    assert np.isfinite(model.count(c).log_probs(c)).all()


def test_labels_lower_the_loss():
    from makemore.corpus.named.corpora import dataset_named

    lines = dataset_named("us-names").load(with_labels=True)
    plain = dataset_named("us-names").load()
    split = split_lines(lines, "lecture")
    losses = []
    for each in (plain, lines):
        vocabulary = Vocabulary.of(each)
        train, dev = (Contexts.of(each.select(part), vocabulary, 5) for part in split[:2])
        model = KneserNey(KneserNeyOptions(), len(vocabulary), len(vocabulary.labels)).count(train)
        losses.append(likelihood.loss(model, dev))
    assert losses[1] < losses[0] - 0.01


@pytest.mark.parametrize(
    "n1, n2, n3, n4",
    [(0, 1, 1, 1), (1, 1, 1, 0), (1, 1, 2, 1), (4, 4, 4, 9)],
    ids=["none of one", "none of four", "D2 of nothing", "D3 of nothing"],
)
def test_degenerate_counts_of_counts_fall_back_to_default_discounts(n1, n2, n3, n4):
    repeats = np.repeat([1, 2, 3, 4], [n1, n2, n3, n4])
    assert discounts_of(repeats) == (0.5, 1.0, 1.5)


def test_discounts_equal_those_of_chen_and_goodman():
    Y = 100 / (100 + 2 * 40)
    expected = (1 - 2 * Y * 40 / 100, 2 - 3 * Y * 20 / 40, 3 - 4 * Y * 12 / 20)
    assert discounts_of(np.repeat([1, 2, 3, 4], [100, 40, 20, 12])) == pytest.approx(expected)


def test_huge_counts_leave_a_positive_backoff_weight():
    lines = Lines.from_strings(["anna"])
    c = Contexts.of(lines, Vocabulary.of(lines), 2)
    many = replace(c, count=c.count * 1e8, untracked_repeats=c.repeats * 10**8)
    model = KneserNey(KneserNeyOptions(window=2), 3, 0).count(many)
    assert np.isfinite(model.log_probs(c)).all()


def slow_pruned(texts, K, thresholds):
    """Return p(x | h) after pruning, by the definition: like `slow`, but kept pairs only."""
    lines = [list(map(ord, text)) for text in texts]
    ids = {c: i + 1 for i, c in enumerate(sorted({c for line in lines for c in line}))}
    lines = [[ids[c] for c in line] for line in lines]
    weight, _ = counted(lines, [1.0] * len(lines), K)
    D = discounts([weight])
    occurrences = Counter()
    for line in lines:
        for t, x in enumerate([*line, 0]):
            h = (*((0,) if t < K else ()), *line[max(0, t - K) : t])
            for start in range(len(h) + 1):
                occurrences[h[start:], x] += 1
    V = len(ids) + 1

    def p(h, x):
        kept = {y for y in weight.get(h, ()) if occurrences[h, y] > thresholds[len(h)]}
        if not kept:
            return p(h[1:], x)
        total = sum(weight[h].values())
        share = {
            y: max(weight[h][y] - D[len(h)][min(int(weight[h][y]), 3) - 1], 0) / total for y in kept
        }
        return share.get(x, 0) + (1 - sum(share.values())) * (p(h[1:], x) if h else 1 / V)

    return p, ids


@settings(max_examples=80, deadline=None)
@hypothesis.given(words, st.integers(1, 4), st.lists(st.integers(0, 3), min_size=1, max_size=4))
def test_pruning_drops_what_its_definition_drops(texts, K, numbers):
    numbers = [0, *sorted(numbers)][: K + 1]
    options = KneserNeyOptions(window=K, prune=",".join(map(str, numbers)))
    lines = Lines.from_strings(texts)
    vocabulary = Vocabulary.of(lines)
    model = KneserNey(options, len(vocabulary), 0).count(Contexts.of(lines, vocabulary, K))
    again = KneserNey(options, len(vocabulary), 0).load(model.tensors())
    p, ids = slow_pruned(texts, K, options.thresholds())
    for before in ([], [1], [1, 1], [len(vocabulary) - 1, 1], [1] * 5):
        found, back = model.start(1)
        for i in before:
            found, back = model.step(np.array([i], np.int32), back)
        h = (*((0,) if len(before) < K else ()), *before[max(0, len(before) - K) :])
        expected = [p(h, x) for x in range(len(ids) + 1)]
        np.testing.assert_allclose(np.exp(found[0]), expected, atol=2e-6)
        assert sum(expected) == pytest.approx(1)
        assert again.log_probs_at(back).tolist() == found.tolist()


@settings(max_examples=60, deadline=None)
@hypothesis.given(words, st.integers(1, 4), st.booleans(), st.sampled_from(["0", "0,1"]))
def test_probabilities_of_edges_equal_those_of_whole_rows(texts, K, labelled, prune):
    names = ["FM"[len(text) % 2] for text in texts] if labelled else None
    lines = Lines.from_strings(texts, names)
    vocabulary = Vocabulary.of(lines)
    half = Contexts.of(lines.select(np.arange(0, len(lines), 2)), vocabulary, K)
    options = KneserNeyOptions(window=K, prune=prune)
    model = KneserNey(options, len(vocabulary), len(vocabulary.labels)).count(half)
    for c in (half, Contexts.of(lines, vocabulary, K), Contexts.of(lines, vocabulary, None)):
        rows = model.log_probs(c)[c.row, c.next]
        np.testing.assert_allclose(likelihood.edge_log_probs(model, c), rows, rtol=1e-6)


@pytest.mark.parametrize("prune", ["1", "0,2,1", "0,x", "", "0,0,0,0", "0,-1", "0,1.5"])
def test_wrong_pruning_thresholds_are_rejected(prune):
    with pytest.raises(OptionError, match="prune is"):
        KneserNeyOptions(window=2, prune=prune)


def test_a_pruned_model_saves_samples_and_refuses_more_lines(tmp_path):
    options = KneserNeyOptions(prune="0,0,1")
    maker = MakeMore(options).fit(["anna", "hannah", "johanna", "ben", "benno"] * 3)
    maker.save(tmp_path / "model")
    again = MakeMore.load(tmp_path / "model")
    assert again.sample(5, seed=1) == maker.sample(5, seed=1)
    with pytest.raises(OptionError, match="rare n-grams of this model were dropped"):
        again.partial_fit(["otto"])


def test_pruning_drops_singletons_and_costs_little(us_names):
    plain, pruned = (
        MakeMore(KneserNeyOptions(prune=prune)).fit(us_names) for prune in ("0", "0,0,0,0,0,1")
    )
    sizes = [len(maker.learned_.model.pooled.next) for maker in (plain, pruned)]
    assert sizes[1] < 0.8 * sizes[0]
    losses = [maker.learned_.report.dev_loss for maker in (plain, pruned)]
    assert losses[1] < losses[0] + 0.02


def test_fifty_thousand_characters_are_scored_without_a_row_of_them_for_each_context():
    texts = [chr(0x4E00 + i % 20_000) + chr(0xAC00 + i % 11_000) for i in range(22_000)]
    lines = Lines.from_strings(texts)
    vocabulary = Vocabulary.of(lines)
    c = Contexts.of(lines, vocabulary, 5)
    model = KneserNey(KneserNeyOptions(), len(vocabulary), 0).count(c)
    tracemalloc.start()
    assert np.isfinite(likelihood.loss(model, c))
    assert tracemalloc.get_traced_memory()[1] < 50_000_000  # the rows take five gigabytes
    tracemalloc.stop()


@pytest.mark.parametrize(
    "name, change",
    [
        ("total", lambda total: total // 2),
        ("total", lambda total: total * np.nan),
        ("total", lambda total: total[1:]),
        ("total", lambda total: total.astype(np.int64)),
        ("discounts", lambda found: found * 0),
        ("discounts", lambda found: found + 3),
        ("discounts", lambda found: found[:-1]),
        ("repeats", lambda repeats: repeats * 0),
        ("older", lambda older: older * 0),
        ("entries", lambda entries: entries[::-1]),
    ],
)
def test_forged_pruned_counts_are_rejected(us_names, name, change):
    options = KneserNeyOptions(window=2, prune="0,0,1")
    vocabulary = Vocabulary.of(us_names)
    model = KneserNey(options, len(vocabulary), 0)
    tensors = dict(model.count(Contexts.of(us_names, vocabulary, 2)).tensors())
    KneserNey(options, len(vocabulary), 0).load(tensors)
    with pytest.raises(ValueError, match=r"total|discount|count|tree"):
        KneserNey(options, len(vocabulary), 0).load(tensors | {name: change(tensors[name])})


def test_the_known_length_is_that_of_the_longest_suffix_that_was_counted():
    lines, asked = Lines.from_strings(["anna", "hannah", "bob"]), ["hannb", "xanna", "nab"]
    vocabulary = Vocabulary.of(Lines.from_strings([*lines.to_list(), *asked]))
    K = 4
    model = KneserNey(KneserNeyOptions(window=K), len(vocabulary), 0)
    model.count(Contexts.of(lines, vocabulary, K))
    counted_before = {
        f"^{line}"[max(0, t - length) : t]
        for line in lines.to_list()
        for t in range(1, len(line) + 2)
        for length in range(K + 1)
    }
    for line in asked:
        for t in range(1, len(line) + 2):
            before = f"^{line}"[max(0, t - K) : t]
            ids = [0 if c == "^" else vocabulary.characters.index(c) + 1 for c in before]
            window = np.array([[0] * (K - len(ids)) + ids], np.int32)
            known = max(
                n for n in range(len(before) + 1) if before[len(before) - n :] in counted_before
            )
            assert model.known_length(window).tolist() == [known], before
