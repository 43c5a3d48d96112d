import numpy as np
import pytest
import torch

from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import Vocabulary
from makemore.models.mlp import MLP
from makemore.models.rnn import RNN
from makemore.options.families import MLPOptions, RNNOptions
from makemore.registry import FAMILIES
from makemore.training.loop import Training, TrainOptions
from makemore.training.optimizer import Optimizer


def rnn(seed=0):
    model = RNN(RNNOptions(embedding=8, hidden=16), 27, 0)
    return model.initialise(torch.Generator().manual_seed(seed))


def with_gradients(model):
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    return model


def test_weight_decay_applies_to_matrices_only():
    model = MLP(MLPOptions(), 27, 0).initialise(torch.Generator().manual_seed(0))
    with torch.no_grad():
        model.b2.fill_(1.0)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    before = model.W1.detach().clone()
    Optimizer(model, weight_decay=0.5).step(0.1)
    torch.testing.assert_close(model.b2, torch.ones(27))
    torch.testing.assert_close(model.W1.detach(), before * (1 - 0.1 * 0.5))


def test_muon_updates_have_similar_size_in_every_direction():
    model = with_gradients(rnn())
    model.U.grad = torch.diag(
        torch.logspace(0, -2, 16)
    )  # one direction has a hundred times larger gradient
    before, embedding = model.U.detach().clone(), model.C.detach().clone()
    Optimizer(model, weight_decay=0.0, muon=2.0).step(0.01)
    sizes = torch.linalg.svdvals(model.U.detach() - before)
    assert sizes.max() / sizes.min() < 2.5
    torch.testing.assert_close((embedding - model.C).abs(), torch.full((27, 8), 0.01))  # AdamW


@pytest.mark.parametrize("name", [n for n, family in FAMILIES.items() if family.muon])
def test_every_family_with_a_muon_rate_has_hidden_matrices(name):
    model = FAMILIES[name].build(FAMILIES[name].options(), 27, 0)
    matrices = model.hidden_matrices()
    assert matrices
    assert all(matrix.ndim == 2 for matrix in matrices)
    mine = {id(p) for p in model.parameters()}
    assert {id(matrix) for matrix in matrices} < mine
    assert id(model.C) not in {id(matrix) for matrix in matrices}


def test_restarting_restores_the_momentum_of_muon(us_names):
    lines = us_names.select(np.arange(0, 32_000, 200))
    c = Contexts.of(lines, Vocabulary.of(us_names), None)
    options = TrainOptions(steps=20, rate=0.01, muon=2.0, weight_decay=0.1, batch=300)
    whole = Training(rnn(), options)
    losses = [step.loss for step in whole.run(c, None)]
    first = Training(rnn(), options)
    running = first.run(c, None)
    for _ in range(9):
        next(running)
    second = Training(rnn(seed=5), options)
    second.restore(first.state())
    assert [step.loss for step in second.run(c, None)] == losses[9:]
