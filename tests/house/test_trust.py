"""Every promise names the tests that hold it, and they are there."""

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


@pytest.mark.parametrize("promise, held_by", ROWS, ids=[row[0] for row in ROWS])
def test_a_promise_is_held_by_tests_that_exist(promise, held_by):
    named = re.findall(r"`([\w/.]+)::(test_\w+)`", held_by)
    assert promise.endswith(".")
    assert named
    assert held_by.count("`") == 2 * len(named)
    for path, test in named:
        assert test in functions_of(path), f"{path} has no {test}"


def test_there_are_promises():
    assert len(ROWS) > 20
