from dataclasses import replace

import numpy as np
import pytest
import torch
from training_data import OPTIONS, equal, fresh, weights

from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import DivergedError
from makemore.inference import likelihood, model
from makemore.models.linear import Linear
from makemore.models.mlp import MLP
from makemore.options.families import LinearOptions, MLPOptions
from makemore.registry import FAMILIES
from makemore.training import loop
from makemore.training.batches import Batches
from makemore.training.loop import Training, TrainOptions


@pytest.mark.parametrize("batch", [None, 64])
def test_training_lowers_the_loss(data, batch):
    train, dev = data
    network = fresh()
    before = likelihood.loss(network, dev)
    options = TrainOptions(steps=60, rate=0.05, batch=batch)
    steps = list(Training(network, options).run(train, dev))
    assert [step.number for step in steps] == list(range(1, 61))
    assert likelihood.loss(network, dev) < before - 0.4
    assert steps[0].loss == pytest.approx(before, abs=0.1 if batch is None else 0.4)


@pytest.mark.parametrize("batch", [None, 64])
@pytest.mark.parametrize("stop", [1, 7, 29])
def test_restarting_from_any_step_equals_continuing(data, batch, stop):
    train, dev = data
    options = TrainOptions(steps=30, rate=0.05, weight_decay=0.1, batch=batch, every=5)
    whole = Training(fresh(), options)
    losses = [step.loss for step in whole.run(train, dev)]
    first = Training(fresh(), options)
    running = first.run(train, dev)
    for _ in range(stop):
        next(running)
    state = first.state()
    second = Training(fresh(seed=99), options)
    second.restore(state)
    assert second.loss == losses[stop - 1]
    assert [step.loss for step in second.run(train, dev)] == losses[stop:]
    assert equal(weights(second.network), weights(whole.network))
    assert state.done == stop  # restoring does not change the state


def test_an_asynchronous_device_reads_only_the_first_loss_and_those_at_evaluations(
    data, monkeypatch
):
    train, dev = data
    options = TrainOptions(steps=12, rate=0.05, every=5)
    losses = [step.loss for step in Training(fresh(), options).run(train, dev)]
    monkeypatch.setattr(loop, "_is_asynchronous", lambda device: True)
    read = [step.loss for step in Training(fresh(), options).run(train, dev)]
    known = [0, 0, 0, 0, 4, 4, 4, 4, 4, 9, 9, 11]
    assert read == [losses[place] for place in known]


def test_training_ends_with_the_best_weights_on_dev(data):
    train, dev = data
    training = Training(fresh(), TrainOptions(steps=40, rate=0.3, every=1))
    seen = [step.dev_loss for step in training.run(train, dev)]
    assert min(seen) < seen[-1]  # the dev loss rises again
    assert likelihood.loss(training.network, dev) == pytest.approx(min(seen), abs=1e-6)


def test_without_dev_lines_the_last_weights_are_kept(data):
    train, _ = data
    training = Training(fresh(), OPTIONS)
    assert all(step.dev_loss is None for step in training.run(train, None))
    assert training.best is None


def test_dev_is_evaluated_at_the_interval_and_at_the_end(data):
    train, dev = data
    steps = list(Training(fresh(), OPTIONS).run(train, dev))
    assert [step.number for step in steps if step.dev_loss is not None] == [5, 10, 15, 20, 25, 30]


def test_every_line_occurs_once_per_epoch(data):
    train, _ = data
    sixty_lines = round(60 * train.total / 300)
    batches = Batches(train, sixty_lines, seed=0, threads=1)
    counted = sum(part().count.sum() for step in range(5) for part in batches.at(step))
    assert counted == train.total
    first, again, other = (batches.at(step)[0]() for step in (0, 0, 5))
    np.testing.assert_array_equal(first.next[first.edge], again.next[again.edge])
    assert not np.array_equal(first.next[first.edge][:20], other.next[other.edge][:20])


@pytest.mark.parametrize("name", ["mlp", "deep_mlp", "resnet", "wavenet"])
def test_training_in_blocks_equals_training_at_once(data, monkeypatch, name):
    train, dev = (part.windows(3) for part in data)
    options = TrainOptions(steps=20, rate=0.01, muon=FAMILIES[name].muon, every=5)

    def losses():
        family = FAMILIES[name]
        network = family.build(family.options(window=3, hidden=8), 27, 0)
        network.initialise(torch.Generator().manual_seed(0))
        return [(step.loss, step.dev_loss) for step in Training(network, options).run(train, dev)]

    whole = np.array(losses(), float)
    monkeypatch.setattr(model, "_BLOCK_ENTRIES", 27 * 100)
    np.testing.assert_allclose(np.array(losses(), float), whole, atol=1e-3)


@pytest.mark.parametrize("batch", [None, 64])
def test_the_loss_of_a_step_is_the_mean_over_its_own_lines(us_names, batch):
    lines = us_names.select(np.arange(300))
    weights = np.random.default_rng(0).pareto(1.0, 300) + 0.1
    c = Contexts.of(replace(lines, weights=weights), Vocabulary.of(us_names), 1)
    uniform = Linear(LinearOptions(), 27, 0)
    options = TrainOptions(steps=6, rate=0.0, batch=batch)
    losses = [step.loss for step in Training(uniform, options).run(c, None)]
    np.testing.assert_allclose(losses, np.log(27), atol=1e-5)


def test_a_non_finite_loss_raises_diverged_error(data):
    train, dev = data
    training = Training(fresh(), TrainOptions(steps=300, rate=1e3, weight_decay=1.0))
    with pytest.raises(
        DivergedError, match=r"the loss at step \d+ is .*: try a lower --rate, such"
    ):
        list(training.run(train, dev))


def test_line_weights_affect_training():
    lines = Lines.from_strings(["a", "b"], weights=[9.0, 1.0])
    c = Contexts.of(lines, Vocabulary.of(lines), 1)
    network = MLP(MLPOptions(window=1, embedding=2, hidden=4), 3, 0)
    network.initialise(torch.Generator().manual_seed(0))
    for _ in Training(network, TrainOptions(steps=300, rate=0.05)).run(c, None):
        pass
    first, _ = network.start(1)
    np.testing.assert_allclose(np.exp(first[0]), [0, 0.9, 0.1], atol=0.02)


@pytest.mark.parametrize("steps, every", [(1, 10), (30, 10), (500, 10), (1000, 20), (5000, 100)])
def test_the_dev_interval_depends_only_on_the_steps(steps, every):
    assert TrainOptions(steps=steps, rate=0.1).dev_interval == every
