import numpy as np
import pytest
import torch
from random_models import randomised

from makemore.models.plain_mlp import PlainMLP
from makemore.options.families import PlainMLPOptions


def test_it_equals_torch_layers(plain):
    c, _ = plain(3)
    options = PlainMLPOptions(embedding=4, hidden=8, layers=3)
    model = randomised(PlainMLP(options, c.vocabulary_size, 0))
    x = model.C.detach()[torch.from_numpy(c.back).long()].flatten(1)
    with torch.no_grad():
        for W, b in zip(model.W[:-1], model.b[:-1], strict=True):
            x = torch.tanh(torch.nn.functional.linear(x, W.T, b))
        expected = torch.nn.functional.linear(x, model.W[-1].T, model.b[-1])
        torch.testing.assert_close(model(c), expected, atol=1e-5, rtol=1e-4)


def test_the_gain_preserves_the_activation_scale(plain):
    c, _ = plain(3)
    model = PlainMLP(PlainMLPOptions(layers=11), c.vocabulary_size, 0)
    model.initialise(torch.Generator().manual_seed(0))

    def last_deviation():
        h = model.C.detach()[torch.from_numpy(c.back).long()].flatten(1)
        with torch.no_grad():
            for W in model.W[:-1]:
                h = torch.tanh(h @ W)
        return h.std().item()

    assert last_deviation() == pytest.approx(0.65, abs=0.1)
    with torch.no_grad():
        for W in model.W[:-1]:
            W.mul_(3 / 5)
    assert last_deviation() < 0.35


def test_the_initial_loss_is_that_of_a_uniform_guess(plain):
    from makemore.inference import likelihood

    c, _ = plain(3)
    model = PlainMLP(PlainMLPOptions(), c.vocabulary_size, 0)
    model.initialise(torch.Generator().manual_seed(0))
    assert likelihood.loss(model, c) == pytest.approx(np.log(c.vocabulary_size), abs=0.02)
