"""The mean prediction of a model after each character, whatever came before it."""

import numpy as np

from makemore.arrays import Float64s
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.likelihood import blocks
from makemore.inference.model import Model


def mean_next_probs(model: Model, c: Contexts) -> Float64s:
    """Compute the mean of a model's predictions over the contexts that end in each character.

    It shows what a model has learned of the list's bigrams. For a model with a window of one
    character it is the model's own table.

    Args:
        model: a fitted model.
        c: contexts of lines, as the model reads them.

    Returns:
        (V, V) float64, row: the character; column: what follows. Rows sum to one, but for those of
        characters that are not in these lines: zeros.
    """
    size = c.vocabulary_size
    found, total = np.zeros((size, size)), np.zeros(size)
    for part, _ in blocks(c):
        last = np.where(part.last < size, part.last, BOUNDARY)
        np.add.at(found, last, np.exp(model.log_probs(part)) * part.weight[:, None])
        np.add.at(total, last, part.weight)
    return found / np.where(total > 0, total, 1.0)[:, None]
