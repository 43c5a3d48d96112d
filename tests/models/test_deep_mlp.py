import pytest
import torch
from random_models import randomised

from makemore.models.deep_mlp import DeepMLP
from makemore.options.families import DeepMLPOptions


def twin_of(model):
    """Return the lectures' network built from torch layers, with the same weights."""
    layers = []
    for W, norm in zip(model.W[:-1], model.norms, strict=True):
        linear, normal = torch.nn.Linear(*W.shape, bias=False), torch.nn.BatchNorm1d(W.shape[1])
        with torch.no_grad():
            linear.weight.copy_(W.T)
            normal.weight.copy_(norm.gamma)
            normal.bias.copy_(norm.beta)
        layers += [linear, normal, torch.nn.Tanh()]
    last = torch.nn.Linear(*model.W[-1].shape)
    with torch.no_grad():
        last.weight.copy_(model.W[-1].T)
        last.bias.copy_(model.b)
    return torch.nn.Sequential(*layers, last)


@pytest.mark.parametrize("is_training", [True, False])
def test_it_equals_torch_layers_on_every_character(plain, is_training):
    c, row = plain(3)
    options = DeepMLPOptions(embedding=4, hidden=8, layers=4)
    model = randomised(DeepMLP(options, c.vocabulary_size, 0))
    twin = twin_of(model)
    x = model.C.detach()[torch.from_numpy(c.back).long()].flatten(1)[row]
    model(c), twin(x)  # updates both running averages
    model.train(is_training), twin.train(is_training)
    torch.testing.assert_close(model(c)[row], twin(x), atol=1e-4, rtol=1e-3)


def test_all_layers_start_with_the_same_activation_scale(plain):
    c, _ = plain(3)
    model = DeepMLP(DeepMLPOptions(), c.vocabulary_size, 0)
    model.initialise(torch.Generator().manual_seed(0))
    seen = []
    for norm in model.norms:
        norm.register_forward_hook(lambda layer, x, y: seen.append(y.tanh().std().item()))
    model(c)
    assert len(seen) == 5
    assert all(0.55 < deviation < 0.7 for deviation in seen)  # tanh of a unit normal: 0.63
