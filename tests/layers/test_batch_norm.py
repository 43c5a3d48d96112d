import numpy as np
import pytest
import torch

from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import Vocabulary
from makemore.inference.likelihood import iter_blocks
from makemore.layers.batch_norm import BatchNorm, calibrate
from makemore.models.deep_mlp import DeepMLP
from makemore.models.mlp import MLP
from makemore.options.families import DeepMLPOptions, MLPOptions


def both(steps=1, seed=0):
    """Apply our layer to weighted rows and torch's to repeated rows, for some training batches."""
    rng = torch.Generator().manual_seed(seed)
    ours, theirs = BatchNorm(5), torch.nn.BatchNorm1d(5)
    gamma, beta = torch.rand(5, generator=rng), torch.rand(5, generator=rng)
    with torch.no_grad():
        for layer, names in ((ours, ("gamma", "beta")), (theirs, ("weight", "bias"))):
            getattr(layer, names[0]).copy_(gamma)
            getattr(layer, names[1]).copy_(beta)
    for _ in range(steps):
        x = torch.randn(9, 5, generator=rng) * 3 + 1
        count = torch.randint(1, 6, (9,), generator=rng)
        rows, plain = x.clone().requires_grad_(), x.clone().requires_grad_()
        found = ours(rows, count.float())
        expected = theirs(plain.repeat_interleave(count, 0))
    return ours, theirs, (rows, plain, count, found, expected)


def test_weighted_distinct_rows_equal_torch_on_repeated_rows():
    _, _, (_, _, count, found, expected) = both()
    torch.testing.assert_close(found.repeat_interleave(count, 0), expected)


def test_gradients_equal_torch_on_repeated_rows():
    ours, theirs, (rows, plain, count, found, expected) = both()
    target = torch.randn(expected.shape, generator=torch.Generator().manual_seed(1))
    (expected * target).sum().backward()
    row = torch.arange(9).repeat_interleave(count)
    (found * torch.zeros(9, 5).index_add_(0, row, target)).sum().backward()
    torch.testing.assert_close(rows.grad, plain.grad, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(ours.gamma.grad, theirs.weight.grad)
    torch.testing.assert_close(ours.beta.grad, theirs.bias.grad)


def test_running_averages_and_inference_equal_torch():
    ours, theirs, _ = both(steps=7)
    torch.testing.assert_close(ours.mean, theirs.running_mean)
    torch.testing.assert_close(ours.variance, theirs.running_var)
    x = torch.randn(4, 5, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(ours.eval()(x, torch.zeros(4)), theirs.eval()(x))


@pytest.mark.parametrize("weight", [0.25, 1.0])
def test_a_single_row_leaves_finite_averages(weight):
    layer = BatchNorm(2)
    layer(torch.tensor([[1.0, 2.0]]), torch.tensor([weight]))
    assert torch.isfinite(layer.mean).all()
    assert (layer.variance > 0).all()


@pytest.fixture
def deep(us_names):
    lines = us_names.select(np.arange(0, 32_000, 160))
    c = Contexts.of(lines, Vocabulary.of(us_names), 3)
    options = DeepMLPOptions(hidden=8, layers=3)
    return DeepMLP(options, 27, 0).initialise(torch.Generator().manual_seed(0)), c


def test_calibrated_averages_are_those_of_all_characters(deep):
    model, c = deep
    calibrate(model, [c])
    row = torch.from_numpy(c.row[c.edge].astype(np.int64))
    with torch.no_grad():
        x = model.C[torch.from_numpy(c.back).long()].flatten(1)[row]
        for W, norm in zip(model.W[:-1], model.norms, strict=True):
            x = x @ W
            torch.testing.assert_close(norm.mean, x.mean(0), atol=1e-5, rtol=1e-4)
            torch.testing.assert_close(norm.variance, x.var(0), atol=1e-4, rtol=1e-3)
            x = torch.tanh((x - x.mean(0)) / (x.var(0, unbiased=False) + norm.epsilon).sqrt())


def test_calibrating_in_blocks_is_close_and_keeps_the_momentum(deep):
    model, c = deep
    calibrate(model, [c])
    whole = model.norms[0].mean.clone()
    calibrate(model, [part for part, _ in iter_blocks(c, 100)])
    torch.testing.assert_close(model.norms[0].mean, whole, atol=1e-4, rtol=1e-3)
    assert {norm.momentum for norm in model.norms} == {0.1}
    assert not model.training


def test_calibration_does_not_change_a_network_without_batch_norm(deep):
    model = MLP(MLPOptions(hidden=4), 27, 0).initialise(torch.Generator().manual_seed(0))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    calibrate(model, [deep[1]])
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
