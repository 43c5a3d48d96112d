from dataclasses import replace

import pytest

from makemore import Lines, MakeMore
from makemore.corpus.vocabulary import Vocabulary
from makemore.fitting import trainer
from makemore.fitting.auto import COUNT_MEMBERS, choose_family
from makemore.fitting.start import Start
from makemore.options.families import GRUOptions, MixtureOptions
from makemore.options.verbs import FitOptions
from makemore.registry import family_and_options, parse_members


@pytest.mark.parametrize(
    "lines, options, name, sentence",
    [
        (99, FitOptions(budget="10m"), "kneser_ney", "99 lines are too few"),
        (30_000, FitOptions(budget="1s"), "kneser_ney", "it needs no training; a budget of"),
        (30_000, FitOptions(budget="10s"), "mixture", "30,000 lines, and 10 s to train on them"),
        (30_000, FitOptions(), "mixture", "and 30 s to train on them"),
        (400, FitOptions(), "mixture", "and 6 s to train on them"),
        (30_000, FitOptions(steps=9), "mixture", "and 9 steps each to train on them"),
    ],
)
def test_auto_chooses_by_list_size_and_budget_and_gives_the_reason(lines, options, name, sentence):
    family, _, reason = choose_family(lines, options)
    assert family.name == name
    assert sentence in reason


def test_a_larger_budget_never_means_fewer_members():
    members = [
        len(parse_members(choose_family(30_000, FitOptions(budget=seconds))[1].members))
        for seconds in (5, 30, 120, 3600)
    ]
    assert members == sorted(members)
    assert members[0] < members[-1]


def test_a_named_family_is_used_without_a_reason():
    assert family_and_options("gru")[1] == GRUOptions()
    family, options = family_and_options(GRUOptions(hidden=7))
    assert (family.name, options.hidden) == ("gru", 7)
    lines = Lines.from_strings(["anna", "ben"])
    assert Start.fresh("ngram", 2, Vocabulary.of(lines), FitOptions()).chosen is None


def test_the_members_chosen_for_every_budget_can_be_parsed():
    for seconds in (3, 20, 60, 120, 1000):
        _, options, _ = choose_family(10**6, FitOptions(budget=seconds))
        assert isinstance(options, MixtureOptions)
        assert parse_members(options.members)


@pytest.mark.parametrize("steps, reason", [(3, "fewer than 10 steps"), (10, "allowed few steps")])
def test_auto_leaves_out_networks_that_had_too_few_steps_to_help(
    us_names, monkeypatch, steps, reason
):
    def few_steps(self, all_options, threads):
        return [replace(each, steps=steps, rate=1e-6) for each in all_options]

    monkeypatch.setattr(trainer.NetworkTrainer, "_fit_to_budget", few_steps)
    names = Lines.from_strings(us_names.to_list()[::20])
    learned = MakeMore(budget="4s", starter=False).fit(names).learned_
    counts = MakeMore(MixtureOptions(members=COUNT_MEMBERS)).fit(names).learned_
    assert learned.options == counts.options
    assert learned.report.chosen.startswith("a mixture of counts: ")
    assert reason in learned.report.chosen
    assert learned.report.steps is learned.report.plan is None
    assert learned.report.dev_loss == counts.report.dev_loss
    named = MakeMore(MixtureOptions(members="kneser_ney, gru(hidden=4)"), budget="4s").fit(names)
    assert named.learned_.report.plan is not None  # a network that was asked for is kept


def test_auto_keeps_networks_that_help(us_names):
    names = Lines.from_strings(us_names.to_list()[::20])
    learned = MakeMore(steps=60, starter=False).fit(names).learned_
    assert "networks" in learned.report.chosen
    assert len(learned.report.weights) == 4
