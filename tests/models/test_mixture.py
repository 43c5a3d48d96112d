import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore import GRUOptions, MakeMore, MixtureOptions
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import OptionError
from makemore.inference import likelihood
from makemore.models.mixture import likeliest_weights
from makemore.models.ngram import Ngram
from makemore.options.families import NgramOptions
from makemore.registry import FAMILIES, parse_members

TWO = MixtureOptions(members="kneser_ney(window=2), ngram(window=4)")


def mixture_of(options, vocabulary_size):
    return FAMILIES["mixture"].build(options, vocabulary_size, 0)


@pytest.fixture
def counted(us_names):
    """A mixture of two count models, and contexts of lines that they were not fitted on."""
    vocabulary = Vocabulary.of(us_names)
    mixture = mixture_of(TWO, len(vocabulary))
    for member in mixture.members:
        member.count(Contexts.of(us_names.select(np.arange(0, 3000)), vocabulary, member.window))
    held_out = Contexts.of(us_names.select(np.arange(20_000, 20_500)), vocabulary, mixture.window)
    return mixture, held_out


def test_its_probabilities_are_the_weighted_mean_of_its_members(counted):
    mixture, c = counted
    mixture.weights = np.array([0.3, 0.7])
    one, two = (np.exp(member.log_probs(c).astype(np.float64)) for member in mixture.members)
    np.testing.assert_allclose(np.exp(mixture.log_probs(c)), 0.3 * one + 0.7 * two, rtol=1e-5)


def test_it_beats_every_member_on_the_lines_its_weights_were_fitted_on(counted):
    mixture, c = counted
    mixture.fit_weights(c)
    assert likelihood.loss(mixture, c) < min(likelihood.loss(m, c) for m in mixture.members)


def test_no_weights_on_a_fine_grid_have_a_lower_loss(counted):
    mixture, c = counted
    best = mixture.fit_weights(c).weights[0]
    losses = {}
    for weight in np.linspace(0, 1, 201):
        mixture.weights = np.array([weight, 1 - weight])
        losses[weight] = likelihood.loss(mixture, c)
    assert min(losses, key=losses.get) == pytest.approx(best, abs=0.006)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 5), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_weights_form_a_distribution_and_beat_every_single_member(members, characters, seed):
    rng = np.random.default_rng(seed)
    log_probs = np.log(rng.random((members, characters))).astype(np.float32)
    count = rng.integers(1, 9, characters).astype(float)
    weights = likeliest_weights(log_probs, count)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)
    mixed = count @ np.log(weights @ np.exp(log_probs.astype(np.float64)))
    assert mixed >= (log_probs.astype(np.float64) @ count).max() - 1e-3 * count.sum()


def test_a_member_that_excludes_the_observed_characters_gets_no_weight():
    log_probs = np.array([[-1.0, -1.0], [-np.inf, -np.inf]], np.float32)
    np.testing.assert_allclose(likeliest_weights(log_probs, np.ones(2)), [1.0, 0.0])


def test_characters_excluded_by_every_member_are_ignored():
    log_probs = np.array([[-1.0, -np.inf], [-2.0, -np.inf]], np.float32)
    assert likeliest_weights(log_probs, np.ones(2))[0] == pytest.approx(1.0, abs=1e-3)


def test_weights_are_equal_if_no_member_allows_any_character():
    unknown = np.full((2, 3), -np.inf, np.float32)
    assert likeliest_weights(unknown, np.ones(3)).tolist() == [0.5, 0.5]


def test_very_improbable_characters_do_not_become_impossible(counted):
    mixture, _ = counted
    mixture.weights = np.array([0.5, 0.5])
    one = np.array([[-120.0, -0.5, -np.inf]], np.float32)
    two = np.array([[-np.inf, -0.5, -np.inf]], np.float32)
    expected = [[-120.0 + np.log(0.5), -0.5, -np.inf]]
    np.testing.assert_allclose(mixture._mix([one, two]), expected, rtol=1e-6)
    assert one[0, 2] == -np.inf  # the inputs are not modified


def test_its_window_is_the_longest_of_its_members():
    assert mixture_of(TWO, 5).window == 4
    assert mixture_of(MixtureOptions(members="kneser_ney, gru(hidden=4)"), 5).window is None


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("", "members is '', which cannot be parsed: write"),
        ("gru(", r"members is 'gru\(', which cannot be parsed: write"),
        ("grue", "model 'grue' is unknown"),
        ("gru(hiden=3)", "option 'hiden' is unknown"),
        ("gru(hidden=x)", "hidden is 'x': give a whole number"),
        ("gru(hidden)", r"members is 'gru\(hidden\)', which cannot be parsed: write"),
        ("mixture", "members contains a mixture: list the members"),
        (f"gru(hidden={'-' * 400}1)", "members is 'gru"),
        (f"gru(hidden=1{'+1' * 400})", "members is 'gru"),
        ("(" * 500, r"members is '\("),
        ("gru], [gru", r"members is 'gru\], \[gru', which cannot be parsed: write"),
    ],
)
def test_members_that_cannot_be_parsed_are_rejected(text, sentence):
    with pytest.raises(OptionError, match=sentence):
        parse_members(text)
    with pytest.raises(OptionError, match=sentence):
        MakeMore(MixtureOptions(members=text)).fit(["anna", "ben"])


def test_members_are_parsed_with_their_options():
    found = parse_members(" kneser_ney ,gru( hidden = 8, dropout=0.5 ), ngram()")
    assert [family.name for family, _ in found] == ["kneser_ney", "gru", "ngram"]
    assert found[1][1] == GRUOptions(hidden=8, dropout=0.5)


def test_numbers_may_have_leading_zeros_as_in_older_files():
    (_, own), (_, other) = parse_members("kneser_ney(window=05), ngram(add=00.5, window=3)")
    assert (own.window, other.add, other.window) == (5, 0.5, 3)


def test_mixture_weights_are_fitted_on_dev_and_saved_in_one_file(us_names, tmp_path):
    lines = us_names.select(np.arange(0, 32_000, 16))
    options = MixtureOptions(members="kneser_ney(window=2), kneser_ney(window=4), rnn(hidden=16)")
    maker = MakeMore(options, steps=30).fit(lines)
    report = maker.learned_.report
    assert report.steps == 30
    assert sum(report.weights) == pytest.approx(1)
    maker.save(tmp_path / "m.safetensors")
    again = MakeMore.load(tmp_path / "m.safetensors")
    assert again.sample(20) == maker.sample(20)
    np.testing.assert_allclose(
        again.score_samples(["anna", "xyz"]), maker.score_samples(["anna", "xyz"]), atol=1e-5
    )


def test_count_members_are_refitted_with_the_dev_lines(us_names):
    lines = us_names.select(np.arange(0, 32_000, 40))
    learned = MakeMore(TWO).fit(lines).learned_
    whole = Ngram(NgramOptions(window=4), len(learned.vocabulary), 0)
    whole.count(Contexts.of(lines, learned.vocabulary, 4))
    found = learned.model.members[1].tensors()
    for name, value in whole.tensors().items():
        np.testing.assert_array_equal(found[name], value)
