import numpy as np
import pytest

from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def data(us_names):
    lines = us_names.select(np.arange(0, 32_000, 80))
    vocabulary = Vocabulary.of(us_names)
    train = Contexts.of(lines.select(np.arange(300)), vocabulary, 3)
    return train, Contexts.of(lines.select(np.arange(300, 400)), vocabulary, 3)
