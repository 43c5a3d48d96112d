"""The package never executes data that it reads: no pickle or similar, no evaluation of text."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "makemore"
FILES = sorted(SOURCE.rglob("*.py"))
MODULES = {
    "_pickle", "cloudpickle", "dill", "joblib", "jsonpickle", "marshal", "pickle", "shelve",
}  # fmt: skip
BUILTINS = {"eval", "exec", "compile", "__import__"}
CALLS = {  # functions that read or write pickles, or execute code, under other names
    "builtins", "code", "codeop", "runpy",
    "numpy.fromregex", "numpy.load", "numpy.save", "numpy.savez", "numpy.savez_compressed",
    "torch.hub", "torch.jit", "torch.load", "torch.package", "torch.save", "torch.serialization",
    "torch.utils.model_zoo", "yaml.load", "yaml.unsafe_load",
}  # fmt: skip


def found_in(text: str) -> list[str]:
    """Return the names in a program that could execute data: imported, used or given as strings."""
    tree = ast.parse(text)
    meant = dict(_imported(tree))
    found = [whole for whole in meant.values() if _is_foreign(whole)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in BUILTINS:
            found.append(node.id)
        if isinstance(node, ast.Attribute) and _is_foreign(_dotted(node, meant)):
            found.append(_dotted(node, meant))
        if isinstance(node, ast.Constant) and node.value in MODULES:
            found.append(node.value)  # as an argument of importlib.import_module
        found += [name for name in _named(node) if "pickle" in name.lower()]
    return found


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each imported name with the full name that it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name, alias.name)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _dotted(node: ast.expr, meant: dict[str, str]) -> str:
    """Return the full name of an attribute, with module aliases resolved."""
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, meant)}.{node.attr}"
    return meant.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def _is_foreign(whole: str) -> bool:
    """Whether a name is one that executes data, or is an attribute of one."""
    parts = whole.split(".")
    starts = {".".join(parts[:n]) for n in range(1, len(parts) + 1)}
    return parts[0] in MODULES or bool(starts & CALLS)


def _named(node: ast.AST) -> list[str]:
    """Return the identifier of a syntax node, if it has one; string contents do not count."""
    of_kind = {
        ast.Name: "id",
        ast.Attribute: "attr",
        ast.keyword: "arg",
        ast.arg: "arg",
        ast.FunctionDef: "name",
        ast.ClassDef: "name",
    }
    name = getattr(node, of_kind.get(type(node), ""), None)
    return [name] if name else []


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_module_can_execute_what_it_reads(path):
    assert found_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "program",
    [
        "import pickle",
        "import pickle as p",
        "from pickle import loads",
        "def f():\n    from marshal import loads as read",
        "import shelve, json",
        "import joblib.numpy_pickle",
        "import dill",
        "import importlib\nimportlib.import_module('pickle')",
        "import torch\ntorch.load('a')",
        "import torch as t\nt.save({}, 'a')",
        "from torch import load as read",
        "import torch\nread = torch.load",
        "import torch\ntorch.jit.load('a')",
        "import numpy as np\nnp.load('a', allow_pickle=False)",
        "import numpy as np\nnp.save('a', [])",
        "from numpy import load",
        "read('a', allow_pickle=True)",
        "import pandas\npandas.read_pickle('a')",
        "eval('1')",
        "run = exec",
        "__import__('os')",
        "import builtins\nbuiltins.eval('1')",
        "import yaml\nyaml.load('a')",
    ],
)
def test_code_execution_is_detected(program):
    assert found_in(program)


@pytest.mark.parametrize(
    "program",
    [
        '"""Never a pickle."""',
        "what = 'a pickle or a zip archive'",
        "import re\nre.compile('a')",
        "import json\njson.load(file)\njson.dumps([])",
        "model.load(tensors)\nmaker.save(path)\nnetwork.eval()",
        "from safetensors.numpy import save\nsave({})",
        "from makemore import MakeMore\nMakeMore.load('a')",
    ],
)
def test_harmless_code_is_not_reported(program):
    assert found_in(program) == []
