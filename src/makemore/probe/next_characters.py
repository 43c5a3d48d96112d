"""What a model says follows each character, whatever came before."""

import numpy as np

from makemore.arrays import Float64s
from makemore.contexts.chunks import blocks
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.likelihood import Model, block_rows


def following(model: Model, c: Contexts) -> Float64s:
    """The mean of what a model says in the contexts that end in each character.

    Beside the list's own bigrams this shows what a model has learned of them. Of a model that looks
    back one character it is what it says.

    Args:
        model: a fitted model.
        c: contexts of lines, as the model reads them.

    Returns:
        (V, V) float64, row: the character; column: what follows. Rows sum to one, but for those of
        characters that are not in these lines: zeros.
    """
    size = c.vocabulary_size
    found, total = np.zeros((size, size)), np.zeros(size)
    for part, _ in blocks(c, block_rows(size)):
        last = np.where(part.last < size, part.last, BOUNDARY)
        np.add.at(found, last, np.exp(model.log_probs(part)) * part.weight[:, None])
        np.add.at(total, last, part.weight)
    return found / np.where(total > 0, total, 1.0)[:, None]
