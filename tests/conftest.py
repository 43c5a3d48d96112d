"""Fixtures shared by many tests: small real lists."""

import os
import signal

# Under nohup, processes ignore SIGHUP, and so would every process that a test starts.
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Tests run in parallel processes, so each uses one thread: more would compete for the cores. Set
# before torch is imported, and inherited by every process that a test starts.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from makemore.corpus.lines import Lines
from makemore.corpus.named.corpora import dataset_named

FEW = ["anna", "hannah", "johanna", "ben", "benno", "anna", "susanna", "otto", "ottilie", "ann"]


@pytest.fixture(scope="session")
def us_names() -> Lines:
    """The bundled names."""
    return dataset_named("us-names").load()


@pytest.fixture(scope="session")
def few() -> Lines:
    """Ten lines, one of them twice."""
    return Lines.from_strings(FEW)
