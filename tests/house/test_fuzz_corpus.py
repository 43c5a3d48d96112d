"""Every input kept by the fuzzer is replayed through its target, without the fuzzer."""

import importlib.util
import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[2] / "fuzz"


@pytest.fixture(scope="module")
def targets():
    sys.path.insert(0, str(FUZZ))  # for the module of inputs
    spec = importlib.util.spec_from_file_location("targets", FUZZ / "targets.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.TARGETS


@pytest.mark.parametrize(
    "name",
    ["reading", "choosing", "patterns", "sampling", "sequences", "models", "command"],
)
def test_kept_inputs_raise_only_makemore_errors(targets, name):
    kept = sorted((FUZZ / "corpus" / name).iterdir())
    assert len(kept) >= 20
    for path in kept:
        try:
            targets[name](path.read_bytes())
        except BaseException as error:
            error.add_note(f"the input is {path}")
            raise


def test_every_target_is_replayed_and_the_corpus_is_small(targets):
    assert set(targets) == {folder.name for folder in (FUZZ / "corpus").iterdir()}
    assert sum(path.stat().st_size for path in (FUZZ / "corpus").rglob("*")) < 1_000_000
