"""Budgets: steps and threads by timing, trials within their share, and late trainings shortened."""

import math
from dataclasses import replace

import pytest
from training_data import OPTIONS, equal, fresh, weights

from makemore.training import budget
from makemore.training.budget import Deadline, Timing, most_threads, time_training
from makemore.training.loop import Training, TrainOptions
from makemore.training.schedule import rate_at


@pytest.fixture
def clock(monkeypatch):
    """A clock that advances only during steps and evaluations: seconds of each, and the time."""
    now = {"time": 0.0, "step": 0.01, "evaluation": 0.001, "threads": {}}
    monkeypatch.setattr(budget.time, "perf_counter", lambda: now["time"])
    plain_step, plain_evaluate = Training._step, Training.evaluate

    def slow_step(self, parts, characters, *rest):
        share = min(1.0, characters / now.get("batch", characters))
        now["time"] += share * now["threads"].get(self.options.threads, now["step"])
        return plain_step(self, parts, characters, *rest)

    def slow_evaluate(self, dev):
        now["time"] += now.get("fixed", 0.0) + now["evaluation"] * len(dev.edge)
        return plain_evaluate(self, dev)

    monkeypatch.setattr(Training, "_step", slow_step)
    monkeypatch.setattr(Training, "evaluate", slow_evaluate)
    return now


@pytest.mark.parametrize("seconds", [0.001, 0.5])
def test_timing_does_not_change_the_network(data, seconds):
    network = fresh()
    before = weights(network)
    timing = time_training(network, OPTIONS, data, seconds)
    assert timing.step > 0
    assert timing.character > 0
    assert equal(weights(network), before)


@pytest.mark.parametrize(
    "step, character, seconds", [(0.01, 1e-6, 2), (0.001, 1e-4, 2), (0.001, 1e-5, 2)]
)
def test_a_budget_covers_steps_and_evaluations(data, step, character, seconds):
    _, dev = data
    steps = Timing(1, step, character).steps_in(seconds, dev)
    options = TrainOptions(steps=steps, rate=0.1)
    evaluations = math.ceil(steps / options.dev_interval)
    spent = steps * step + evaluations * character * len(dev.edge)
    assert 1.9 * seconds < spent < 2.1 * seconds  # deliberately twice as many as fit
    assert Timing(1, 5.0, 0.0).steps_in(2.0, dev) == 0


@pytest.mark.parametrize("step", [0.001, 0.05, 1.0, 30.0])
def test_the_trial_takes_at_most_its_share_however_slow_a_step_is(data, clock, step):
    train, _ = data
    options = replace(OPTIONS, batch=len(train.edge) // 2)
    clock |= {"step": step, "batch": options.batch, "evaluation": 0.0}
    timing = time_training(fresh(), options, data, 20.0)
    assert clock["time"] <= 1.0 + step / 16  # the smallest steps are always timed
    assert timing.step == pytest.approx(step, rel=0.15)


@pytest.mark.parametrize("fastest", [1, 2, 4, 6])
def test_the_number_of_threads_is_the_fastest(data, clock, monkeypatch, fastest):
    train, _ = data
    monkeypatch.setattr(budget, "available_processors", lambda: 6)
    monkeypatch.setattr(budget, "MIN_PART", 1)
    clock["threads"] = dict.fromkeys((1, 2, 4, 6), 0.02) | {fastest: 0.01}
    assert time_training(fresh(), OPTIONS, data, 20.0).threads == fastest
    assert time_training(fresh(), OPTIONS, data, 20.0, threads=3).threads == 3
    assert most_threads(fresh(), OPTIONS, train, 6) == 6


def test_a_small_step_has_few_threads(data):
    train, _ = data
    assert most_threads(fresh(), OPTIONS, train, 64) == 1
    assert most_threads(fresh(), replace(OPTIONS, batch=10**9), train, 64) < 3


def test_the_fixed_cost_of_an_evaluation_is_not_multiplied(data, clock):
    _, dev = data
    clock |= {"fixed": 0.02, "evaluation": 1e-6}
    timing = time_training(fresh(), OPTIONS, data, 2.0)
    assert 0.02 < timing.character * len(dev.edge) < 0.04


def test_a_network_that_couples_rows_takes_one_thread(data):
    class Coupled:
        has_coupled_rows = True

    assert most_threads(Coupled(), replace(OPTIONS, batch=10**9), data[0], 64) == 1


def run_until(clock, data, seconds, slow_from, factor, steps=100):
    """Train with a deadline while the machine becomes slower after some steps."""
    train, dev = data
    training = Training(fresh(), TrainOptions(steps=steps, rate=0.1))
    deadline = Deadline(clock["time"] + seconds, seconds)
    usual, rates = clock["step"], []
    for step in training.run(train, dev):
        rates.append(step.rate)
        deadline.keep(training, step.dev_loss is not None)
        clock["step"] = usual * (factor if step.number >= slow_from else 1)
    return training, rates


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.0, 1.02])
def test_a_training_that_is_in_time_is_not_shortened(clock, data, factor):
    clock |= {"step": 0.01, "evaluation": 1e-6}
    training, rates = run_until(clock, data, 1.0, 40, factor)
    assert training.options.cuts == ()
    assert len(rates) == 100


@pytest.mark.parametrize("slow_from", [0, 10, 50, 90])
@pytest.mark.parametrize("factor", [1.3, 2, 4, 20])
def test_a_training_on_a_slower_machine_ends_in_time_with_a_low_rate(
    clock, data, slow_from, factor
):
    clock |= {"step": 0.01, "evaluation": 1e-6}
    training, rates = run_until(clock, data, 1.0, slow_from, factor)
    assert clock["time"] <= 1.05 + 0.01 * factor
    if clock["time"] < 0.9:  # a step or two were left
        assert clock["time"] + 3 * 0.01 * factor > 1.0
    assert training.options.plan.end == len(rates) == training.done
    if factor <= 4 and slow_from < 90:
        assert rates[-1] < 0.2 * max(rates)
    plan = training.options.plan
    assert rates == [rate_at(i, plan, 0.1) for i in range(len(rates))]


def test_a_machine_that_is_slow_for_a_while_costs_no_steps(clock, data):
    train, dev = data
    clock |= {"step": 0.01, "evaluation": 1e-6}
    training = Training(fresh(), TrainOptions(steps=200, rate=0.1))
    deadline = Deadline(2.5, 2.5)
    for step in training.run(train, dev):
        deadline.keep(training, step.dev_loss is not None)
        clock["step"] = 0.03 if 60 <= step.number < 80 else 0.01
    assert training.options.cuts == ()


def test_a_deadline_that_has_passed_ends_the_training_after_a_step(clock, data):
    training, _ = run_until(clock, data, -1.0, 0, 1.0)
    assert training.done == 1
    assert training.options.plan.end == 1
