import numpy as np
import pytest
import torch

from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary


@pytest.fixture
def some_names(us_names):
    """Three hundred names, many with common prefixes, some of them repeated."""
    return us_names.select(np.concatenate([np.arange(0, 32_000, 110), np.arange(12)]))


@pytest.fixture
def plain(some_names):
    """A function from a window to the contexts, and the row of every character of every line."""

    def of(window):
        c = Contexts.of(some_names, Vocabulary.of(some_names), window)
        return c, torch.from_numpy(c.row[c.edge].astype(np.int64))

    return of


@pytest.fixture
def texts(some_names):
    """Every line as input ids: the boundary, then its characters."""
    vocabulary = Vocabulary.of(some_names)
    return [
        np.concatenate([[0], vocabulary.encode(Lines.from_strings([text]).codes)])
        for text in some_names.to_list()
    ]
