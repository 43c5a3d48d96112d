import pytest
from training_data import OPTIONS, equal, fresh, weights

from makemore.training import budget
from makemore.training.budget import steps_in_budget
from makemore.training.loop import Training, TrainOptions


@pytest.mark.parametrize("seconds", [0.001, 0.5])
def test_a_budget_is_converted_to_steps_without_changing_the_network(data, seconds):
    train, dev = data
    network = fresh()
    before = weights(network)
    steps = steps_in_budget(seconds, network, OPTIONS, train, dev)
    assert steps >= 1
    assert equal(weights(network), before)


@pytest.mark.parametrize(
    "step, look, seconds, expected",
    [(0.01, 0.001, 2, 196), (0.001, 0.5, 2, 18), (0.001, 0.01, 2, 1480)],
)
def test_a_budget_covers_steps_and_evaluations(data, monkeypatch, step, look, seconds, expected):
    """With a clock that advances only during training, the steps use up the budget."""
    train, dev = data
    clock = [0.0]
    monkeypatch.setattr(budget.time, "perf_counter", lambda: clock[0])
    plain_step, plain_measure = Training._step, Training.evaluate

    def slow_step(self, *args):
        clock[0] += step
        return plain_step(self, *args)

    def slow_measure(self, *args):
        clock[0] += look
        return plain_measure(self, *args)

    monkeypatch.setattr(Training, "_step", slow_step)
    monkeypatch.setattr(Training, "evaluate", slow_measure)
    steps = steps_in_budget(seconds, fresh(), OPTIONS, train, dev)
    interval = TrainOptions(steps=steps, rate=0.1).dev_interval
    spent = clock[0] + steps * step + steps // interval * look
    assert spent <= seconds * 1.05
    assert steps > 0.5 * expected
