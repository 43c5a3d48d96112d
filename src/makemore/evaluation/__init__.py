"""Evaluation of models: scores, losses, ranks, distances and exposure."""
