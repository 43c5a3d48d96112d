import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from makemore import Lines, MakeMore
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import Vocabulary
from makemore.fitting import adaptation, held_out
from makemore.fitting.auto import SMALL_LIST
from makemore.fitting.fit import fit_blocks, fit_lines
from makemore.fitting.held_out import HeldOut, count_members, folds, weigh
from makemore.inference import likelihood
from makemore.options.verbs import FitOptions

READ, LEARN = {"budget": 1.0}, {"steps": 4}


@pytest.fixture(scope="module")
def names(us_names):
    """Sixty names, and a thousand others."""
    order = np.random.default_rng(5).permutation(len(us_names))
    return us_names.select(order[:60]), us_names.select(order[60:1060])


def test_sixty_names_are_learned_far_better_than_by_counting(names):
    few, others = names
    vocabulary = Vocabulary.of(Lines.concatenate(names))
    losses = {}
    for starter in (True, False):
        options = FitOptions(starter=starter, **READ)
        model = fit_lines(few, "auto", options, vocabulary=vocabulary).model
        c = Contexts.of(others, vocabulary, model.window)
        losses[starter] = likelihood.loss(model, c)
    assert losses[True] < losses[False] - 0.25


@pytest.mark.parametrize("options", [READ, LEARN])
def test_the_same_list_gives_the_same_model(names, options):
    one, two = (MakeMore(**options).fit(names[0]).learned_ for _ in range(2))
    assert replace(one.report, seconds=0) == replace(two.report, seconds=0)
    for name, value in one.model.tensors().items():
        np.testing.assert_array_equal(value, two.model.tensors()[name])


@pytest.mark.parametrize("options", [READ, LEARN])
def test_every_line_is_counted_and_no_other_character_is_possible(names, options):
    learned = MakeMore(**options).fit(names[0]).learned_
    assert learned.vocabulary.characters == Vocabulary.of(names[0]).characters
    for member, expected in zip(
        learned.model.members, count_members(learned.vocabulary), strict=False
    ):
        expected.count(Contexts.of(names[0], learned.vocabulary, expected.window))
        for name, value in expected.tensors().items():
            np.testing.assert_array_equal(member.tensors()[name], value)


def test_a_model_of_the_starter_is_saved_sampled_and_learns_more(names, tmp_path):
    maker = MakeMore(**LEARN).fit(names[0])
    maker.save(tmp_path / "m")
    again = MakeMore.load(tmp_path / "m")
    assert again.learned_.report == replace(maker.learned_.report, seconds=None)
    np.testing.assert_allclose(again.score(["anna"]), maker.score(["anna"]), atol=1e-4)
    assert len(again.sample(5, prefix="a", new=True)) == 5
    more = again.set_params(steps=2).partial_fit(names[1].to_list()[:50])
    assert more.learned_.cleaning.kept == 110


def test_the_report_tells_what_the_starter_did(names):
    report = MakeMore(**LEARN).fit(names[0]).learned_.report
    assert (report.train_lines, report.dev_lines, report.steps) == (60, 60, 4)
    assert set(report.starter_steps) <= {0, 4, 12}
    assert len(report.weights) == 3 + len(report.starter_steps)
    assert sum(report.weights) == pytest.approx(1)
    assert report.dev_loss > report.train_loss
    assert report.format_steps().startswith(("the starter ", "networks learned "))


@pytest.mark.parametrize(
    "lines",
    [
        ["anna", "hannah", "johanna"],
        ["\U00013080\U000130e0", *("\U00013080" * n for n in range(2, 20))],
        ["anna"] * 30,
    ],
)
def test_few_or_unknown_lines_are_only_counted(lines):
    assert MakeMore().fit(lines).learned_.family == "kneser_ney"


@pytest.mark.parametrize(
    "options", [{"starter": False}, {"rate": 0.1}, {"batch": 99}, {"canaries": 2}]
)
def test_options_of_a_training_from_scratch_leave_the_starter_out(names, options):
    assert MakeMore(**READ, **options).fit(names[0]).learned_.family == "kneser_ney"


def test_longer_lists_are_counted_block_by_block(us_names):
    few, many = us_names.select(np.arange(SMALL_LIST)), us_names.select(np.arange(SMALL_LIST + 1))
    options = FitOptions(**READ)
    assert fit_lines(few, "auto", options).report.starter_steps == (0,)
    for fitted in (
        fit_lines(many, "auto", options),
        fit_blocks([few, many.select(np.array([SMALL_LIST]))], "auto", options),
    ):
        assert fitted.family == "kneser_ney"


def test_a_small_list_in_blocks_gives_the_same_model(names):
    options = FitOptions(min_count=1, **READ)
    blocks = [names[0].select(np.arange(low, low + 20)) for low in (0, 20, 40)]
    whole, in_blocks = fit_lines(names[0], "auto", options), fit_blocks(blocks, "auto", options)
    for name, value in whole.model.tensors().items():
        np.testing.assert_array_equal(value, in_blocks.model.tensors()[name])


@pytest.mark.parametrize("options", [READ, LEARN])
def test_labels_are_learned(names, options):
    lines = names[0].to_list()
    labels = ["long" if len(line) > 6 else "short" for line in lines]
    maker = MakeMore(**options).fit(lines, labels=labels)
    assert maker.learned_.report.starter_steps is not None
    assert set(maker.learned_.vocabulary.labels) == {"long", "short"}
    assert len(maker.sample(5, label="short")) == 5


def predicting(fold, probability):
    """Rows of a network that gives each held-out character a probability, (M, V)."""
    following = fold.held_out.next[fold.held_out.edge]
    others = fold.counts.shape[2] - 1
    rows = np.log((1 - probability) / others * np.ones(fold.counts.shape[1:]))
    rows[np.arange(len(following)), following] = np.log(probability)
    return rows.astype(np.float32)


def test_networks_that_do_not_help_are_left_out(names):
    (fold,) = folds(names[1], Vocabulary.of(names[1]), 1)
    useless = np.full_like(fold.counts[:1], -np.log(fold.counts.shape[2]))
    for rows in (useless, fold.counts[:1]):
        found = HeldOut.of(fold, rows[:, None])
        weighed = weigh(found, rows)
        assert weighed.exponents is None
        assert len(weighed.weights) == 3
        assert weighed.loss == found.mixture(rows[:0])[1]


def test_a_network_that_helps_has_an_exponent_where_it_helps(names):
    (fold,) = folds(names[0], Vocabulary.of(names[0]), 1)
    uniform = np.full(fold.counts.shape[1:], -np.log(fold.counts.shape[2]), np.float32)
    rows = np.where((fold.length < 2)[:, None], predicting(fold, 0.9), uniform)[None]
    found = HeldOut.of(fold, rows[:, None])
    weighed = weigh(found, rows)
    assert weighed.exponents.shape == (fold.length.max() + 1, 4)
    assert weighed.exponents[1, -1] > 0.5
    assert weighed.loss < found.mixture(rows)[1]
    assert weighed.loss < found.mixture(rows[:0])[1] - 0.3


def test_each_line_is_held_out_once_and_not_counted_then(names):
    vocabulary = Vocabulary.of(names[0])
    parts = list(folds(names[0], vocabulary, held_out.FOLDS))
    assert sum(len(part.held_out.line_weight) for part in parts) == 60
    assert [len(part.lines) + len(part.held_out.line_weight) for part in parts] == [60] * 5
    known = Lines.from_strings(["anna", "anna", "bella", "cara", "dora"])
    for part in folds(known, Vocabulary.of(known), 5):
        assert "anna" not in part.lines.to_list() or len(part.held_out.line_weight) == 1


def test_a_slow_machine_compares_fewer_steps(names, monkeypatch):
    monkeypatch.setattr(adaptation, "_CHARACTERS", 10**8)
    monkeypatch.setattr(adaptation, "_EPOCHS", 10**5)
    learned = MakeMore(budget="3s").fit(names[0]).learned_
    assert learned.report.seconds < 30
    assert all(steps < learned.report.steps for steps in learned.report.starter_steps)


def test_without_training_torch_is_not_imported():
    program = (
        "import sys; from makemore import MakeMore\n"
        "words = [f'{a}{b}{c}' for a in 'bdk' for b in 'aeiou' for c in 'nrt']\n"
        "maker = MakeMore(budget=1).fit(words); maker.sample(9, new=True)\n"
        "assert maker.learned_.report.starter_steps == (0,), maker.learned_.report\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("options", [READ, LEARN, {"model": "kneser_ney"}])
def test_an_open_alphabet_has_letters_that_the_list_does_not_have(names, options):
    lines = [line for line in names[0].to_list() if "x" not in line]
    closed = MakeMore(**options).fit(lines)
    opened = MakeMore(open_alphabet=True, **options).fit(lines)
    assert "x" not in closed.learned_.vocabulary.characters
    assert "x" in opened.learned_.vocabulary.characters
    assert np.isfinite(opened.score(["max"])).all()
    assert len(opened.sample(2, contains="x")) == 2


def test_an_open_alphabet_is_the_same_for_a_list_in_blocks(us_names):
    options = FitOptions(open_alphabet=True, **READ)
    many = us_names.select(np.arange(SMALL_LIST + 1))
    whole, in_blocks = fit_lines(many, "auto", options), fit_blocks([many], "auto", options)
    assert whole.vocabulary.characters == in_blocks.vocabulary.characters
    assert len(whole.vocabulary.characters) > 26


def test_lines_far_longer_than_those_it_has_read_are_only_counted(names):
    lines = names[0].to_list()
    assert MakeMore(**READ).fit([*lines, "ab" * 200]).learned_.family == "kneser_ney"
    assert MakeMore(**READ).fit([line * 20 for line in lines]).learned_.family == "kneser_ney"


def test_of_a_large_part_some_lines_are_scored(us_names):
    lines = Lines.from_strings([f"{line} and more" for line in us_names.to_list()[::10]])
    for part in folds(lines, Vocabulary.of(lines), 2):
        scored = part.held_out.line_weight
        assert len(scored) < 0.15 * len(lines)
        assert 2_500 < len(part.held_out.edge) < 3_500


def test_a_model_that_has_read_a_list_learns_more(names):
    maker = MakeMore(**READ).fit(names[0])
    more = maker.set_params(budget=None, steps=2).partial_fit(names[1].to_list()[:50])
    assert more.learned_.cleaning.kept == 110


def test_a_list_of_many_characters_is_left_to_networks_from_scratch(us_names):
    lines = [f"{line} and more of {line}" for line in us_names.to_list()[:2000]]
    assert MakeMore(**READ).fit(lines).learned_.family == "kneser_ney"
    assert MakeMore(**READ).fit(lines[:200]).learned_.report.starter_steps is not None
