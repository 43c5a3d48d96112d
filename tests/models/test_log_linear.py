import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import Vocabulary
from makemore.inference import likelihood
from makemore.models.log_linear import LogLinearMixture, combine, likeliest_exponents, maximise
from makemore.options.families import MixtureOptions
from makemore.registry import FAMILIES

TWO = MixtureOptions(members="kneser_ney(window=2), ngram(window=4)")
EXPONENTS = np.array([[0.1, 0.9], [0.4, 0.7], [0.8, -0.2]])


@pytest.fixture(scope="module")
def counted(us_names):
    """A log-linear mixture of two count models, and contexts of other lines."""
    vocabulary = Vocabulary.of(us_names)
    members = FAMILIES["mixture"].build(TWO, len(vocabulary), 0).members
    for member in members:
        member.count(Contexts.of(us_names.select(np.arange(0, 3000)), vocabulary, member.window))
    held_out = Contexts.of(us_names.select(np.arange(20_000, 20_500)), vocabulary, 4)
    return LogLinearMixture(members, np.array([0.5, 0.5]), EXPONENTS), held_out


def test_its_probabilities_are_the_normalised_product_of_powers(counted):
    mixture, c = counted
    one, two = (np.exp(member.log_probs(c).astype(np.float64)) for member in mixture.members)
    length = mixture.members[0].known_length(c.lookback(2))
    assert set(length.tolist()) == {1, 2}
    a, b = EXPONENTS[length].T[:, :, None]
    product = one**a * two**b
    expected = product / product.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.exp(mixture.log_probs(c)), expected, rtol=1e-4, atol=1e-7)
    assert mixture.automaton(10**6) is None


def test_step_by_step_its_probabilities_are_the_same(counted):
    mixture, c = counted
    edges = c.edge[c.start[7] : c.start[8]]
    log_probs, state = mixture.start(1)
    expected = mixture.log_probs(c)
    for edge in edges.tolist():
        np.testing.assert_allclose(log_probs[0], expected[c.row[edge]], atol=1e-5)
        log_probs, state = mixture.step(c.next[[edge]], state)


def test_where_more_is_known_than_there_are_rows_the_last_row_holds(counted):
    mixture, c = counted
    short = LogLinearMixture(mixture.members, mixture.weights, EXPONENTS[:2])
    same = LogLinearMixture(mixture.members, mixture.weights, EXPONENTS[[0, 1, 1]])
    np.testing.assert_array_equal(short.log_probs(c), same.log_probs(c))


def test_its_exponents_are_stored(counted):
    mixture, _ = counted
    tensors = mixture.tensors()
    zeros = LogLinearMixture(mixture.members, np.array([1.0, 0.0]), np.zeros((1, 2)))
    np.testing.assert_array_equal(zeros.load(tensors).exponents, EXPONENTS)
    resized = mixture.resize_tensors(tensors, np.arange(mixture.vocabulary_size))
    np.testing.assert_array_equal(resized["exponents"], EXPONENTS)
    size = mixture.vocabulary_size
    loaded = FAMILIES["mixture"].load(TWO, size, 0, tensors)
    assert isinstance(loaded, LogLinearMixture)


def test_refitted_it_is_better_than_before_and_than_each_member(counted):
    mixture, c = counted
    again = mixture.refitted(c.windows(4), mixture.weights)
    loss = likelihood.loss(again, c)
    assert loss < likelihood.loss(mixture, c) - 0.05
    assert loss < min(likelihood.loss(member, c) for member in mixture.members)


def test_without_a_member_the_others_are_left(counted):
    mixture, c = counted
    one = LogLinearMixture(mixture.members, mixture.weights, np.array([[1.0, 0.5]]))
    alone = mixture.members[0].log_probs(c)
    np.testing.assert_allclose(one.without(1).log_probs(c), alone, atol=1e-5)
    assert one.without(1).without(0) is None


@pytest.mark.parametrize("exponents", [[0.5, 0.5], [[1.0]], np.zeros((0, 2)), [[0.5, np.nan]]])
def test_invalid_exponents_are_rejected(counted, exponents):
    mixture, _ = counted
    with pytest.raises(ValueError, match="exponent"):
        LogLinearMixture(mixture.members, mixture.weights, np.array(exponents))


def test_a_member_must_know_the_length(counted):
    ngram = counted[0].members[1]
    with pytest.raises(ValueError, match="which no member tells"):
        LogLinearMixture([ngram, ngram], np.array([0.5, 0.5]), np.array([[0.5, 0.5]]))


def test_a_character_that_a_member_excludes_becomes_very_unlikely():
    log_probs = np.log(np.array([[[0.5, 0.5, 1e-30]], [[0.2, 0.3, 0.5]]], np.float32))
    log_probs[0, 0, 2] = -np.inf
    combined = combine(log_probs, np.array([[0.5, 0.5]]))
    assert np.isfinite(combined).all()
    assert combined[0, 2] < -13
    np.testing.assert_allclose(np.exp(combined).sum(), 1, rtol=1e-6)


def drawn(seed, members=3, contexts=60, size=5):
    """Random distributions, and ids drawn from the first one."""
    rng = np.random.default_rng(seed)
    log_probs = np.log(rng.dirichlet(np.ones(size), (members, contexts)))
    following = np.array([rng.choice(size, p=np.exp(row)) for row in log_probs[0]])
    return log_probs.astype(np.float32), following


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_exponents_nearby_are_likelier(seed):
    log_probs, following = drawn(seed)
    count = np.random.default_rng(seed).integers(1, 4, len(following)).astype(float)
    centre = np.array([0.5, 0.25, 0.25])

    def objective(exponents):
        chosen = combine(log_probs, exponents[None])[np.arange(len(following)), following]
        return (count * chosen).sum() - 7.0 / 2 * ((exponents - centre) ** 2).sum()

    found = maximise(log_probs, following, count, centre, 7.0)
    for change in np.concatenate([np.eye(3), -np.eye(3)]) * 0.05:
        assert objective(found) > objective(found + change)


def test_with_many_characters_the_generating_member_has_an_exponent_of_one():
    log_probs, following = drawn(1, contexts=20_000)
    length = np.arange(len(following)) % 2
    found = likeliest_exponents(log_probs, following, np.full(len(following), 9.0), length)
    np.testing.assert_allclose(found, [[1, 0, 0], [1, 0, 0]], atol=0.06)


def test_the_exponents_of_a_length_with_few_characters_are_nearly_the_common_ones():
    log_probs, following = drawn(2, contexts=2_000)
    length = np.repeat([0, 3], [1_999, 1])
    found = likeliest_exponents(log_probs, following, np.ones(2_000), length)
    assert found.shape == (4, 3)
    np.testing.assert_array_equal(found[1], found[2])
    assert 0 < np.abs(found[3] - found[1]).max() < 0.02
