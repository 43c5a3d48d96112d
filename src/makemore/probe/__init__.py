"""Diagnostics of models: activations, gradients, attention, normalisation and training."""
