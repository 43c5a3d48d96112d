"""What the command line says about the plan of a training, and its repetition."""

import shlex
from dataclasses import replace

import pytest

from makemore import MakeMore
from makemore.fitting import trainer

NAMES = [a + b + c + d for a in "bdfg" for b in "aeiou" for c in "lmnr" for d in ("a", "en", "i")]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "names.txt").write_text("\n".join(NAMES) + "\n")
    return tmp_path


def plan(monkeypatch, steps, cuts=()):
    def fixed(self, all_options, threads):
        return [replace(each, steps=steps, threads=2, cuts=cuts) for each in all_options]

    monkeypatch.setattr(trainer.NetworkTrainer, "_fit_to_budget", fixed)


def test_few_steps_are_said(run, monkeypatch):
    fit = "fit names.txt -o m --model gru -O hidden=4 --budget 60s"
    plan(monkeypatch, 1)
    assert "the budget allowed one step of training, too few to learn well" in run(fit)[1]
    plan(monkeypatch, 90, ((10, 30),))
    error = run(fit)[1]
    assert "30 steps in 2 threads; the machine became slower, so they are few; loss" in error
    assert "the budget allowed 30 steps of training" in error
    plan(monkeypatch, 60)
    assert "the budget allowed" not in run(fit)[1]
    assert "the budget allowed" not in run(fit.replace("--budget 60s", "--steps 2"))[1]


@pytest.mark.parametrize("options", ["", "--split clean --rate 0.01 --no-digests --batch 500"])
def test_info_prints_a_command_that_repeats_the_training(run, folder, monkeypatch, options):
    plan(monkeypatch, 40, ((10, 20),))
    run(f"fit names.txt -o m --model gru -O hidden=4 --seed 7 --budget 60s {options}")
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    (row,) = [row for row in run("info m")[0].splitlines() if row.startswith("repeat with")]
    command = row.removeprefix("repeat with").strip()
    assert "--plan 40/2/10-20" in command
    given = shlex.split(command.replace("LIST", "names.txt").replace("MODEL", "again"))
    assert given[0] == "makemore"
    assert run(shlex.join(given[1:]).replace("'", ""))[2] == 0
    one, two = (MakeMore.load(folder / name).learned_ for name in ("m", "again"))
    assert one.report == two.report
    for name, value in one.model.tensors().items():
        assert value.tobytes() == two.model.tensors()[name].tobytes()
    assert (one.digests is None) == (two.digests is None)


def test_a_training_that_cannot_be_repeated_has_no_such_command(run, folder):
    run("fit names.txt -o m --model gru -O hidden=4 --steps 3")
    assert "repeat with" in "".join(run("info m")[0])
    run("fit names.txt -o more --from m --steps 3")
    assert "repeat with" not in run("info more")[0]
    run("fit names.txt -o counts --model ngram")
    assert "repeat with" not in run("info counts")[0]
