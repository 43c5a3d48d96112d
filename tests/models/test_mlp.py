import numpy as np
import pytest
import torch

from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import Vocabulary
from makemore.models.mlp import MLP
from makemore.options.families import MLPOptions


@pytest.fixture
def model():
    return MLP(MLPOptions(), 27, 0).initialise(torch.Generator().manual_seed(0))


@pytest.mark.parametrize("embedding, hidden, count", [(2, 100, 3481), (10, 200, 11897)])
def test_it_has_the_number_of_parameters_of_the_lectures(embedding, hidden, count):
    model = MLP(MLPOptions(embedding=embedding, hidden=hidden), 27, 0)
    assert sum(p.numel() for p in model.parameters()) == count


def test_it_equals_torch_layers(model):
    back = np.random.default_rng(0).integers(0, 27, (40, 3)).astype(np.int32)
    twin = torch.nn.Sequential(
        torch.nn.Embedding(27, 10),
        torch.nn.Flatten(),
        torch.nn.Linear(30, 200),
        torch.nn.Tanh(),
        torch.nn.Linear(200, 27),
    )
    with torch.no_grad():
        twin[0].weight.copy_(model.C)
        twin[2].weight.copy_(model.W1.T)
        twin[2].bias.copy_(model.b1)
        twin[4].weight.copy_(model.W2.T)
        twin[4].bias.copy_(model.b2)
        expected = twin(torch.from_numpy(back).long())
    torch.testing.assert_close(model(Contexts.of_windows(back, 27, 0)), expected)


def test_the_initial_loss_is_that_of_a_uniform_guess(model, us_names):
    from makemore.inference import likelihood

    c = Contexts.of(us_names, Vocabulary.of(us_names), 3)
    assert likelihood.loss(model, c) == pytest.approx(np.log(27), abs=0.02)


def test_few_neurons_are_saturated_initially(model):
    back = np.random.default_rng(0).integers(0, 27, (500, 3)).astype(np.int32)
    with torch.no_grad():
        x = model.C[torch.from_numpy(back).long()].flatten(1)
        h = torch.tanh(x @ model.W1 + model.b1)
    assert (h.abs() > 0.97).float().mean() < 0.3
