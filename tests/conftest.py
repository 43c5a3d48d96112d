"""What many tests share: small real lists, and every family fitted on one of them."""

import pytest

from makemore.corpus.datasets import dataset_named
from makemore.corpus.lines import Lines

FEW = ["anna", "hannah", "johanna", "ben", "benno", "anna", "susanna", "otto", "ottilie", "ann"]


@pytest.fixture(scope="session")
def us_names() -> Lines:
    """The bundled names."""
    return dataset_named("us-names").load()


@pytest.fixture(scope="session")
def few() -> Lines:
    """Ten lines, one of them twice."""
    return Lines.from_strings(FEW)
