"""Bigram counts, the first table of the makemore lectures."""

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import sum_by_index
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import BOUNDARY


def bigrams(c: Contexts) -> NDArray[np.float64]:
    """Return how often each id follows each other id.

    Args:
        c: contexts of any kind; a label at the start counts as the boundary.

    Returns:
        (V, V) float64 counts; the row is the first id, the column is the next id.

    Example:
        >>> from makemore import Lines
        >>> from makemore.corpus.vocabulary import Vocabulary
        >>> lines = Lines.from_strings(["anna", "ann"])
        >>> bigrams(Contexts.of(lines, Vocabulary.of(lines), window=None)).tolist()
        [[0.0, 2.0, 0.0], [1.0, 0.0, 2.0], [1.0, 1.0, 2.0]]
    """
    size = c.vocabulary_size
    first = np.where(c.last < size, c.last, BOUNDARY)[c.row].astype(np.int64)
    return sum_by_index(first * size + c.next, c.count, size * size).reshape(size, size)
