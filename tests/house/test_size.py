"""Functions and files are short."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "makemore"
FILES = sorted(SOURCE.rglob("*.py"))


def code_lines(node):
    """Return the number of lines of a function without its docstring."""
    first = node.body[0]
    prose = 0
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        prose = first.end_lineno - first.lineno + 1
    return node.end_lineno - node.lineno + 1 - prose


def functions():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield f"{path.relative_to(SOURCE)}:{node.name}", node


def test_functions_are_short():
    lengths = sorted(code_lines(node) for _, node in functions())
    assert lengths[int(0.9 * len(lengths))] < 30
    assert not [name for name, node in functions() if code_lines(node) > 40]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_files_are_short(path):
    assert path.read_text(encoding="utf-8").count("\n") <= 310


def test_no_module_has_a_catch_all_name():
    names = {path.stem for path in FILES}
    assert not names & {"utils", "util", "common", "helpers", "core", "manager", "misc"}
