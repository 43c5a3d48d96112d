"""Invariants of every model family, with and without labels."""

import copy
import pickle

import numpy as np
import pytest
from small_families import (
    CASES,
    LABELS,
    LINES,
    SMALL,
    SMALL_FAMILIES,
    WEIGHTS,
    fit_small,
    learn,
    named,
)

from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.inference import likelihood
from makemore.options.families import NgramOptions
from makemore.registry import FAMILIES, parse_members

# In nats. Rows of a matrix product differ in their last digits by their position in the batch and
# by the processor, since kernels of different widths add in different orders.
ROUNDING = 1e-5


def assert_same_rows(model, one, other):
    """Compare log-probabilities, bit by bit if the model guarantees exact rows."""
    np.testing.assert_allclose(one, other, rtol=0, atol=0 if model.has_exact_rows else ROUNDING)


@pytest.fixture(params=SMALL_FAMILIES, ids=named)
def fitted(request):
    """A briefly trained model of each family, its lines and its vocabulary."""
    return fit_small(request.param)


def plain_line_log_prob(model, ids, label):
    """Return the log-probability of a line, character by character, with `start` and `step`."""
    log_probs, state = model.start(1, label)
    total = 0.0
    for i in [*ids, 0]:
        total += float(log_probs[0, i])
        if i:
            log_probs, state = model.step(np.array([i], np.int32), state)
    return total


def fits(options, model):
    """Whether a model was built with these options; distinguishes only the small families."""
    members = getattr(options, "members", None)
    if members is not None:
        return len(parse_members(members)) == len(model.members)
    return getattr(options, "window", None) == model.window


def origin(lines, vocabulary, b):
    if lines.labels is None:
        return None
    return vocabulary.label_id(lines.label_names[lines.labels[b]])


def ids_of(lines, vocabulary, b):
    return vocabulary.encode(lines.codes[lines.offsets[b] : lines.offsets[b + 1]]).tolist()


def test_the_small_options_cover_every_family():
    assert set(SMALL) == set(FAMILIES)


def test_log_probs_are_normalised(fitted):
    model, lines, vocabulary = fitted
    log_probs = model.log_probs(Contexts.of(lines, vocabulary, model.window))
    assert log_probs.dtype == np.float32
    np.testing.assert_allclose(np.exp(log_probs).sum(axis=1), 1.0, atol=1e-5)


def test_stepping_gives_the_same_log_probs_as_the_table(fitted):
    model, lines, vocabulary = fitted
    c = Contexts.of(lines, vocabulary, None)
    by_table = likelihood.line_log_probs(model, c)
    one_by_one = [
        plain_line_log_prob(model, ids_of(lines, vocabulary, b), origin(lines, vocabulary, b))
        for b in range(len(lines))
    ]
    np.testing.assert_allclose(by_table, one_by_one, atol=1e-4)


@pytest.mark.parametrize("window", ["own", "prefix"])
def test_the_loss_over_contexts_equals_the_loss_over_characters(fitted, window):
    model, lines, vocabulary = fitted
    c = Contexts.of(lines, vocabulary, model.window if window == "own" else None)
    total = characters = 0.0
    for b in range(len(lines)):
        ids = ids_of(lines, vocabulary, b)
        log_prob = plain_line_log_prob(model, ids, origin(lines, vocabulary, b))
        total += lines.weights[b] * log_prob
        characters += lines.weights[b] * (len(ids) + 1)
    assert likelihood.loss(model, c) == pytest.approx(-total / characters, abs=1e-5)


@pytest.mark.parametrize(
    "name, options", [case for case in CASES if FAMILIES[case[0]].fit_method == "training"]
)
def test_only_relative_weights_of_lines_matter(name, options):
    lines = Lines.from_strings(LINES, LABELS, WEIGHTS)
    small = Lines.from_strings(LINES, LABELS, [weight / 1000 for weight in WEIGHTS])
    vocabulary = Vocabulary.of(lines)
    c = Contexts.of(lines, vocabulary, options.window if hasattr(options, "window") else None)
    one, other = (learn(name, options, each, vocabulary) for each in (lines, small))
    np.testing.assert_allclose(other.log_probs(c), one.log_probs(c), atol=2e-3)


def test_later_characters_do_not_change_earlier_predictions(fitted):
    model, lines, vocabulary = fitted
    label = None if lines.labels is None else vocabulary.label_id("F")
    texts = [[1, 2, 3, 4], [1, 2, 3, 1]]
    rows = []
    for ids in texts:
        log_probs, state = model.start(1, label)
        seen = [log_probs]
        for i in ids[:-1]:
            log_probs, state = model.step(np.array([i], np.int32), state)
            seen.append(log_probs)
        rows.append(np.concatenate(seen))
    assert_same_rows(model, rows[0], rows[1])


def test_rows_of_a_state_can_be_selected_and_repeated(fitted):
    model, lines, vocabulary = fitted
    label = None if lines.labels is None else vocabulary.label_id("M")
    _, state = model.start(3, label)
    _, state = model.step(np.array([1, 2, 3], np.int32), state)
    both, _ = model.step(np.array([1, 1, 1], np.int32), state[np.array([2, 0, 2])])
    alone, _ = model.step(np.array([1], np.int32), state[np.array([2])])
    assert_same_rows(model, both[0], alone[0])
    assert_same_rows(model, both[0], both[2])


def test_a_label_changes_the_first_distribution(fitted):
    model, lines, vocabulary = fitted
    if lines.labels is None:
        return
    first = {label: model.start(1, vocabulary.label_id(label))[0][0] for label in ("F", "M")}
    b = vocabulary.characters.index("b") + 1
    assert first["M"][b] > first["F"][b]  # bob, ben and benno are all M


def test_a_labelled_model_cannot_start_without_a_label(fitted):
    model, lines, _ = fitted
    if lines.labels is not None:
        with pytest.raises(AssertionError, match="label"):
            model.start(1)


def test_true_labels_give_a_lower_loss_than_swapped_ones(fitted):
    model, lines, vocabulary = fitted
    if lines.labels is None or type(model).__name__ == "Linear":  # 30 steps are too few for it
        return
    from dataclasses import replace

    c = Contexts.of(lines, vocabulary, model.window)
    swapped = replace(lines, labels=1 - lines.labels)
    assert likelihood.loss(model, c) < likelihood.loss(
        model, Contexts.of(swapped, vocabulary, model.window)
    )


def test_loaded_tensors_give_the_same_log_probs(fitted):
    model, lines, vocabulary = fitted
    c = Contexts.of(lines, vocabulary, model.window)
    name = next(n for n, f in FAMILIES.items() if f.model.endswith(f":{type(model).__name__}"))
    options = next(o for n, o in CASES if n == name and fits(o, model))
    fresh = FAMILIES[name].build(options, len(vocabulary), len(vocabulary.labels))
    copied = {key: value.copy() for key, value in model.tensors().items()}
    assert_same_rows(model, fresh.load(copied).log_probs(c), model.log_probs(c))


def test_copies_are_independent(fitted):
    model, lines, vocabulary = fitted
    c = Contexts.of(lines, vocabulary, model.window)
    before = model.log_probs(c)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert_same_rows(model, twin.log_probs(c), before)
        for key, value in twin.tensors().items():
            assert not np.shares_memory(value, model.tensors()[key])


@pytest.mark.parametrize("name, options", CASES)
def test_the_same_seed_gives_the_same_model(name, options):
    lines = Lines.from_strings(LINES)
    vocabulary = Vocabulary.of(lines)
    one, two = (learn(name, options, lines, vocabulary) for _ in range(2))
    for key, value in one.tensors().items():
        np.testing.assert_array_equal(value, two.tensors()[key])


@pytest.mark.parametrize("name, options", CASES)
def test_eight_lines_can_be_memorised(name, options):
    lines = Lines.from_strings(["abc", "bca", "cab", "dd", "efg", "fge", "gef", "hh"])
    vocabulary = Vocabulary.of(lines)
    if name == "ngram":
        options = NgramOptions(window=options.window, add=0.0)
    model = learn(name, options, lines, vocabulary, steps=400)
    c = Contexts.of(lines, vocabulary, model.window)
    best = (
        -(c.count @ np.log(c.count / c.weight[c.row])) / c.total
    )  # loss of the empirical distribution
    slack = (
        0.35 if name in ("kneser_ney", "mixture") else 0.02
    )  # smoothing reserves probability for unseen events
    assert best <= likelihood.loss(model, c) + 1e-6
    assert likelihood.loss(model, c) <= best + slack


@pytest.mark.parametrize(
    "name", [name for name, family in FAMILIES.items() if family.fit_method == "training"]
)
def test_gradients_reach_every_parameter(name):
    import torch

    from makemore.layers.loss import negative_log_likelihood

    lines = Lines.from_strings(LINES, LABELS)
    vocabulary = Vocabulary.of(lines)
    model = FAMILIES[name].build(SMALL[name][0], len(vocabulary), len(vocabulary.labels))
    model.initialise(torch.Generator().manual_seed(0))
    c = Contexts.of(lines, vocabulary, model.window)
    negative_log_likelihood(model(c), c).backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.abs().sum() > 0, key


def formula(name, o, V, labels):
    """Return the number of parameters of a network, from its formula."""
    ids, first = V + labels, 1 if labels else 0
    if name == "linear":
        return (o.window + first) * ids * V
    E = o.embedding
    if name == "transformer":
        return ids * E + o.layers * (12 * E * E + 9 * E) + 2 * E + E * V
    H = o.hidden
    if name in ("rnn", "gru", "lstm"):
        gates = {"rnn": 1, "gru": 3, "lstm": 4}[name]
        return ids * E + gates * (E + H + 1) * H + (H + 1) * V
    if name == "bow":
        return ids * E + (E + 1) * H + (H + 1) * E + (E + 1) * V
    if name == "wavenet":
        fusions = {8: 3, 5: 3}[o.window]
        return (V * E + labels * H + 2 * E * H + (fusions - 1) * 2 * H * H + 2 * fusions * H) + (
            H + 1
        ) * V
    read = ids * E + (o.window + first) * E * H
    if name == "resnet":
        return read + 2 * H + o.blocks * (2 * H * H + 4 * H) + (H + 1) * V
    inner, per_neuron = {"mlp": (0, 1)}.get(name) or (
        o.layers - 2,
        {"plain_mlp": 1, "deep_mlp": 2}[name],
    )
    return read + inner * H * H + (inner + 1) * per_neuron * H + (H + 1) * V


@pytest.mark.parametrize("labels", [0, 2])
@pytest.mark.parametrize(
    "name", [name for name, family in FAMILIES.items() if family.fit_method == "training"]
)
def test_the_number_of_parameters_equals_its_formula(name, labels):
    for options in SMALL[name]:
        model = FAMILIES[name].build(options, 27, labels)
        count = sum(p.numel() for p in model.parameters())
        assert count == formula(name, options, 27, labels)


def test_an_automaton_gives_the_log_probs_of_the_model(fitted):
    model, lines, vocabulary = fitted
    label = None if lines.labels is None else vocabulary.label_id("F")
    automaton = model.automaton(2**24, label)
    if automaton is None:
        return
    rng = np.random.default_rng(0)
    for _ in range(50):
        log_probs, state = model.start(1, label)
        at = automaton.initial
        for i in rng.integers(1, len(vocabulary), 9):
            np.testing.assert_allclose(automaton.log_probs[at], log_probs[0], atol=1e-5)
            log_probs, state = model.step(np.array([i], np.int32), state)
            at = automaton.goto[at, i]


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize(
    "odd",
    [
        ["a"],
        ["same", "same"],
        [chr(0x4E00 + i) for i in range(60)],
        ["x" * 1000],
        ["".join(chr(0x4E00 + i) for i in range(300))],
        ["a b", "...", "**", "é"],
    ],
    ids=["one", "two-equal", "one-character-lines", "thousand", "many-characters", "signs"],
)
def test_unusual_lists_are_accepted(name, odd):
    lines = Lines.from_strings(odd)
    vocabulary = Vocabulary.of(lines)
    model = learn(name, SMALL[name][-1], lines, vocabulary, steps=3)
    assert np.isfinite(likelihood.loss(model, Contexts.of(lines, vocabulary, None)))
