"""Networks with random weights, shared by the tests of models."""

import torch


def randomised(model, seed=0):
    """Randomise every weight of a model, biases and scales included, so that each has an effect."""
    rng = torch.Generator().manual_seed(seed)
    model.initialise(rng)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1 or parameter.abs().mean() < 0.05:
                parameter.add_(0.3 * torch.randn(parameter.shape, generator=rng))
    return model
