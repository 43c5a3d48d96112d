"""A small network and its training options, shared by the tests of training."""

import torch

from makemore.models.mlp import MLP
from makemore.options.families import MLPOptions
from makemore.training.loop import TrainOptions


def fresh(seed=0):
    options = MLPOptions(embedding=4, hidden=20)
    return MLP(options, 27, 0).initialise(torch.Generator().manual_seed(seed))


def weights(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def equal(one, two):
    return all(torch.equal(one[name], two[name]) for name in one)


OPTIONS = TrainOptions(steps=30, rate=0.05, weight_decay=0.1, every=5)
