"""A server with three small models."""

import pytest
from service import LABELS, NAMES, serve

from makemore import GRUOptions, MakeMore


@pytest.fixture(scope="session")
def makers():
    """The models by name."""
    return {
        "names": MakeMore("kneser_ney").fit(NAMES),
        "labelled": MakeMore("kneser_ney").fit(NAMES, LABELS),
        "network": MakeMore(GRUOptions(hidden=8), steps=5).fit(NAMES),
    }


@pytest.fixture(scope="session")
def client(makers):
    """A client of a server with all models."""
    with serve(makers) as found:
        yield found
