import numpy as np
import pytest

from makemore import GRUOptions, MakeMore, MixtureOptions

TWO = MixtureOptions(members="kneser_ney, gru(hidden=16), rnn(hidden=16)")


@pytest.fixture
def names(us_names):
    return us_names.select(np.arange(0, 32_000, 40))


def test_the_progress_of_a_mixture_covers_all_its_networks(names):
    seen = []
    MakeMore(TWO, steps=12).fit(names, on_step=lambda step: seen.append((step.number, step.steps)))
    assert seen == [(number, 24) for number in range(1, 25)]


def test_a_budget_gives_every_network_the_same_reproducible_steps(names):
    first = MakeMore(TWO, budget=0.8).fit(names)
    again = MakeMore(TWO, plan=first.learned_.report.plan).fit(names)
    for name, value in first.learned_.model.tensors().items():
        np.testing.assert_array_equal(value, again.learned_.model.tensors()[name])


def test_members_of_the_same_family_have_different_seeds(names):
    options = MixtureOptions(members="gru(hidden=8), gru(hidden=8)")
    one, two = MakeMore(options, steps=3).fit(names).learned_.model.members
    assert np.abs(one.tensors()["U"] - two.tensors()["U"]).max() > 0.1


def test_the_given_rate_batch_and_weight_decay_are_used(names):
    how = {"rate": 0.003, "batch": 500, "weight_decay": 0.2}
    report = MakeMore(GRUOptions(hidden=8), steps=5, **how).fit(names).learned_.report
    assert {name: getattr(report, name) for name in how} == how


def test_a_mixture_of_count_models_takes_no_steps(names):
    options = MixtureOptions(members="kneser_ney(window=2), kneser_ney(window=4)")
    report = MakeMore(options).fit(names).learned_.report
    assert report.steps is None
    assert len(report.weights) == 2
