"""Mean prediction of a model after each character, averaged over contexts."""

import numpy as np

from makemore.arrays import Float64s
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.likelihood import iter_blocks
from makemore.inference.model import Model


def mean_next_probs(model: Model, c: Contexts) -> Float64s:
    """Compute the mean of a model's predictions over the contexts that end in each character.

    The result shows which bigrams the model has learned. If its window is one
    character, the result is the model's own table.

    Args:
        model: a fitted model.
        c: contexts of lines, with the model's window.

    Returns:
        (V, V) float64, with a row for each character and a column for each next one. Rows sum to
        one, except that rows of characters that are not in these lines are zero.
    """
    size = c.vocabulary_size
    sums, weights = np.zeros((size, size)), np.zeros(size)
    for block, _ in iter_blocks(c):
        last = np.where(block.last < size, block.last, BOUNDARY)
        np.add.at(sums, last, np.exp(model.log_probs(block)) * block.weight[:, None])
        np.add.at(weights, last, block.weight)
    return sums / np.where(weights > 0, weights, 1.0)[:, None]
