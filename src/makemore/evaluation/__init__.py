"""How good a model is: scores, losses, ranks, distances and exposure."""
