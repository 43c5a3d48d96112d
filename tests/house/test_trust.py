"""Every guarantee in docs/trust.md names the tests that verify it, and these tests exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in row.strip("|").split("|")]
    for row in (ROOT / "docs" / "trust.md").read_text(encoding="utf-8").splitlines()
    if row.startswith("| ") and not row.startswith("| guarantee")
]


def functions_of(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("guarantee, tests", ROWS, ids=[row[0] for row in ROWS])
def test_every_guarantee_names_existing_tests(guarantee, tests):
    named = re.findall(r"`([\w/.]+)::(test_\w+)`", tests)
    assert guarantee.endswith(".")
    assert named
    assert tests.count("`") == 2 * len(named)
    for path, test in named:
        assert test in functions_of(path), f"{path} has no {test}"


def test_there_are_guarantees():
    assert len(ROWS) > 20
