import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.models.kneser_ney import KneserNey
from makemore.options.families import KneserNeyOptions
from makemore.sampling.samplers import (
    BLOCK,
    Uniforms,
    Warper,
    cumulative_sums,
    inverse_cdf,
)
from makemore.sampling.shared import JoinedUniforms
from makemore.sampling.stepwise import PrefixState, StepwiseSampler
from makemore.sampling.table_walk import TableSampler

NOTHING = np.zeros(0, np.int32)


@pytest.fixture(scope="module")
def model():
    lines = Lines.from_strings(["abba", "abab", "baba", "cab", "cc"])
    vocabulary = Vocabulary.of(lines)
    return KneserNey(KneserNeyOptions(window=3), len(vocabulary), 0).count(
        Contexts.of(lines, vocabulary, 3)
    )


def rows(count, V, seed=0):
    rng = np.random.default_rng(seed)
    return np.log(rng.dirichlet(np.ones(V), count)).astype(np.float32)


@settings(deadline=None)
@given(st.integers(2, 70), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_inverse_cdf_equals_searchsorted_in_each_row(V, n, seed):
    cumulative = cumulative_sums(Warper().weights(rows(n, V, seed)))
    rng = np.random.default_rng(seed)
    row, u = rng.integers(0, n, 50), rng.random(50)
    expected = [
        np.searchsorted(cumulative[r], x, side="right") for r, x in zip(row, u, strict=True)
    ]
    np.testing.assert_array_equal(inverse_cdf(cumulative, row, u), expected)
    assert inverse_cdf(cumulative, row, u).max() < V


def test_impossible_ids_are_never_drawn():
    log_probs = np.array([[-np.inf, -0.7, -np.inf, -0.7, -np.inf]], np.float32)
    cumulative = cumulative_sums(Warper().weights(log_probs))
    edges = np.array([0.0, 0.5, np.nextafter(0.5, 0), np.nextafter(1.0, 0)])
    assert set(inverse_cdf(cumulative, np.zeros(4, int), edges).tolist()) == {1, 3}


def chosen(shape, log_probs):
    """Return the distribution after temperature, top-k and top-p."""
    return np.diff(
        cumulative_sums(shape.weights(log_probs))[:, : log_probs.shape[1]], axis=1, prepend=0
    )


@pytest.mark.parametrize("shape", [Warper(0.7), Warper(top_k=3), Warper(1.5, top_p=0.6)])
def test_log_probs_are_the_logarithms_of_probs(shape):
    log_probs = rows(20, 7)
    np.testing.assert_allclose(np.exp(shape.log_probs(log_probs)), shape.probs(log_probs))


def test_log_probs_do_not_underflow_at_a_low_temperature():
    found = Warper(0.001).log_probs(np.log(np.array([[0.9, 0.1]], np.float32)))
    np.testing.assert_allclose(found, [[0.0, -1000 * np.log(9)]], rtol=1e-5)


def test_temperature_is_an_inverse_exponent():
    log_probs = rows(5, 9)
    for temperature in (0.25, 1.0, 3.0):
        power = np.exp(log_probs.astype(float)) ** (1 / temperature)
        expected = power / power.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(chosen(Warper(temperature), log_probs), expected, atol=1e-9)


def test_top_k_keeps_the_most_probable_ids_in_proportion():
    log_probs = rows(6, 9)
    probs = np.exp(log_probs.astype(float))
    found = chosen(Warper(top_k=3), log_probs)
    for p, q in zip(probs, found, strict=True):
        kept = np.argsort(-p)[:3]
        assert set(np.flatnonzero(q > 0)) == set(kept)
        np.testing.assert_allclose(q[kept], p[kept] / p[kept].sum(), atol=1e-9)


@pytest.mark.parametrize(
    "top_p, kept", [(0.0, 1), (0.49, 1), (0.51, 2), (0.79, 2), (0.81, 3), (1, 4)]
)
def test_top_p_keeps_the_smallest_set_that_reaches_the_share(top_p, kept):
    log_probs = np.log(np.array([[0.05, 0.5, 0.3, 0.15]], np.float32))
    assert np.count_nonzero(chosen(Warper(top_p=top_p), log_probs) > 0) == kept


def test_the_random_numbers_of_a_line_do_not_depend_on_other_lines():
    whole = Uniforms(7, 0, 3 * BLOCK)
    part = Uniforms(7, BLOCK - 5, BLOCK + 5)
    for position in (0, 1, 4):
        np.testing.assert_array_equal(whole.at(position)[BLOCK - 5 : BLOCK + 5], part.at(position))
    one_by_one = Uniforms(7, BLOCK - 5, BLOCK + 5)
    expected = [one_by_one.at(position) for position in range(5)]
    np.testing.assert_array_equal(Uniforms(7, BLOCK - 5, BLOCK + 5).at(4), expected[4])
    assert not np.array_equal(part.at(0), part.at(1))
    assert not np.array_equal(Uniforms(8, 0, 5).at(0), Uniforms(7, 0, 5).at(0))


def test_joined_uniform_numbers_are_those_of_their_parts():
    parts = [Uniforms(7, 3, 9), Uniforms(8, BLOCK - 1, BLOCK + 2), Uniforms(7, 0, 1)]
    joined = JoinedUniforms(
        [Uniforms(7, 3, 9), Uniforms(8, BLOCK - 1, BLOCK + 2), Uniforms(7, 0, 1)]
    )
    assert len(joined) == 10
    for position in (0, 1, 5):
        expected = np.concatenate([part.at(position) for part in parts])
        np.testing.assert_array_equal(joined.at(position), expected)
    expected = np.concatenate([part.spawn(2).at(0) for part in parts])
    np.testing.assert_array_equal(joined.spawn(2).at(0), expected)


@pytest.mark.parametrize("prefix", [[], [1], [1, 2, 2, 1, 3]])
def test_table_and_walk_samplers_draw_the_same_lines(model, prefix):
    ids, shape, n = np.array(prefix, np.int32), Warper(0.8, top_k=3), 3000
    walk = StepwiseSampler(model, shape, PrefixState.of(model, shape, ids, None)).draw(
        Uniforms(1, 0, n), np.arange(n), 0, 9
    )
    table = TableSampler(model.automaton(2**24), shape, ids).draw(
        Uniforms(1, 0, n), np.arange(n), 0, 9
    )
    np.testing.assert_array_equal(walk, table)


def line_probability(model, line):
    log_probs, state = model.start(1)
    total = 0.0
    for i in [*line, 0]:
        total += float(log_probs[0, i])
        if i:
            log_probs, state = model.step(np.array([i], np.int32), state)
    return float(np.exp(total))


@pytest.mark.parametrize("engine", ["walk", "table"])
def test_line_frequencies_match_the_model(model, engine):
    n, most = 40_000, 6
    which = np.arange(n)
    if engine == "walk":
        ids = StepwiseSampler(model, Warper(), PrefixState.of(model, Warper(), NOTHING, None)).draw(
            Uniforms(3, 0, n), which, 0, most
        )
    else:
        ids = TableSampler(model.automaton(2**24), Warper(), NOTHING).draw(
            Uniforms(3, 0, n), which, 0, most
        )
    lines, counts = np.unique(ids, axis=0, return_counts=True)
    observed, expected = [], []
    for line, count in zip(lines, counts, strict=True):
        if line[-1] == 0:
            p = line_probability(model, [i for i in line.tolist() if i])
            if p * n >= 5:
                observed.append(count)
                expected.append(p * n)
    observed.append(n - sum(observed))
    expected.append(n - sum(expected))
    observed, expected = np.array(observed), np.array(expected)
    assert len(observed) > 100
    chi_square = ((observed - expected) ** 2 / expected).sum()
    freedom = len(observed) - 1
    assert chi_square < freedom + 4 * np.sqrt(2 * freedom)


def test_lines_drawn_together_are_independent(model):
    n = 20_000
    ids = StepwiseSampler(model, Warper(), PrefixState.of(model, Warper(), NOTHING, None)).draw(
        Uniforms(5, 0, n), np.arange(n), 0, 6
    )
    first = ids[:, 0]
    pairs = np.zeros((model.vocabulary_size, model.vocabulary_size))
    np.add.at(pairs, (first[:-1], first[1:]), 1)
    expected = np.outer(pairs.sum(axis=1), pairs.sum(axis=0)) / pairs.sum()
    enough = expected >= 5
    chi_square = ((pairs - expected)[enough] ** 2 / expected[enough]).sum()
    assert chi_square < enough.sum() + 4 * np.sqrt(2 * enough.sum())
