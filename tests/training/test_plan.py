"""Plans: their text, and trainings that repeat them bit for bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore import MakeMore
from makemore.errors import OptionError
from makemore.fitting import trainer
from makemore.options.families import GRUOptions, MixtureOptions, MLPOptions, TransformerOptions
from makemore.probe.recording import Recording
from makemore.training import batches
from makemore.training.budget import Deadline
from makemore.training.plan import Plan, format_plans, parse_plans

NAMES = [a + b + c + d for a in "bdfg" for b in "aeiou" for c in "lmnr" for d in ("a", "en", "i")]
FAMILIES = [
    GRUOptions(hidden=8),
    MLPOptions(hidden=8),
    TransformerOptions(embedding=8, heads=2, layers=1),
]


def tensors(maker):
    return {k: v.tobytes() for k, v in maker.learned_.model.tensors().items()}


@given(
    st.lists(
        st.tuples(
            st.integers(1, 500),
            st.integers(1, 64),
            st.lists(st.integers(1, 500), max_size=3, unique=True).map(sorted),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_a_plan_is_read_from_its_own_text(given_plans):
    plans = []
    for steps, threads, numbers in given_plans:
        cuts = tuple((i + 1, 1000 - i) for i in range(len(numbers)))
        plans.append(Plan(1000 + steps, threads, cuts))
    assert parse_plans(format_plans(plans)) == plans


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "10", "10/0", "0/1", "10/1/", "10/1/5", "10/1/5-20", "10/1/8-5", "10/1,"),
        *("10/1/5-10", "10/1/5-8/7-9", "-1/1", "1e3/1", "9999999999/1", "10/1/6-8/5-7"),
    ],
)
def test_a_text_that_is_no_plan_is_refused(text):
    with pytest.raises(OptionError, match="give the one that info printed"):
        parse_plans(text)


@pytest.mark.parametrize("options", FAMILIES, ids=lambda o: type(o).__name__)
def test_weights_do_not_depend_on_the_number_of_processors(monkeypatch, options):
    monkeypatch.setattr(batches, "MIN_PART", 50)
    found = []
    for processors in (1, 2, 5):
        monkeypatch.setattr("makemore.parallel.available_processors", lambda p=processors: p)
        recording = Recording()
        maker = MakeMore(options, plan="12/3").fit(NAMES, on_step=recording)
        found.append((tensors(maker), recording.to_json_lines()))
    assert found[0] == found[1] == found[2]
    one = MakeMore(options, plan="12/1").fit(NAMES)
    assert tensors(one) != found[0][0]
    assert one.learned_.report.dev_loss == pytest.approx(maker.learned_.report.dev_loss, abs=0.02)


@pytest.mark.parametrize("options", [*FAMILIES, MixtureOptions(members="gru(hidden=4), rnn")])
def test_a_shortened_training_is_repeated_bit_for_bit_by_its_plan(monkeypatch, options):
    def keep(self, training, was_evaluated):
        if training.done in (7, 12):
            training.cut(27 - training.done)

    monkeypatch.setattr(Deadline, "keep", keep)
    monkeypatch.setattr(trainer.NetworkTrainer, "_fit_to_budget", fixed_steps)
    first = MakeMore(options, budget=5).fit(NAMES)
    plan = first.learned_.report.plan
    assert "/7-20/12-15" in plan
    monkeypatch.undo()
    again = MakeMore(options, plan=plan).fit(NAMES)
    assert tensors(again) == tensors(first)
    assert again.learned_.report.plan == plan
    whole = MakeMore(options, plan=plan.replace("/7-20/12-15", "")).fit(NAMES)
    assert tensors(whole) != tensors(first)


def fixed_steps(self, all_options, threads):
    from dataclasses import replace

    return [replace(each, steps=40, threads=2) for each in all_options]


def test_a_resumed_training_keeps_its_cuts(monkeypatch, tmp_path):
    def keep(self, training, was_evaluated):
        if training.done == 7:
            training.cut(20)

    def stop(step):
        if step.number == 10:
            raise StopIteration

    monkeypatch.setattr(Deadline, "keep", keep)
    monkeypatch.setattr(trainer.NetworkTrainer, "_fit_to_budget", fixed_steps)
    whole = MakeMore(FAMILIES[0], budget=5).fit(NAMES)
    MakeMore(FAMILIES[0], budget=5).fit(NAMES, run=tmp_path, on_step=stop)
    resumed = MakeMore(FAMILIES[0], budget=5).fit(NAMES, run=tmp_path)
    assert resumed.learned_.report.plan == whole.learned_.report.plan == "40/2/7-20"
    assert tensors(resumed) == tensors(whole)


def test_a_plan_for_another_number_of_networks_is_refused():
    with pytest.raises(OptionError, match="plan has 2 parts for 1 networks"):
        MakeMore(FAMILIES[0], plan="5/1,5/1").fit(NAMES)
    with pytest.raises(OptionError, match="plan holds steps and threads"):
        MakeMore(FAMILIES[0], plan="5/1", steps=3).fit(NAMES)
