"""The interface of fitted models, and likelihoods computed through it."""
