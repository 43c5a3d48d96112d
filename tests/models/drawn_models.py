"""What the tests of networks share: a model with every weight drawn."""

import torch


def drawn(model, seed=0):
    """A model whose every weight is drawn, biases and scales too, so that none can be forgotten."""
    rng = torch.Generator().manual_seed(seed)
    model.initialise(rng)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1 or parameter.abs().mean() < 0.05:
                parameter.add_(0.3 * torch.randn(parameter.shape, generator=rng))
    return model
