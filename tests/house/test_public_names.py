"""Public names exist and are documented, and the documented tree of errors is correct."""

import ast
import inspect
from pathlib import Path

import pytest

import makemore
from makemore import errors

ROOT = Path(__file__).parents[2]


def test_every_public_name_exists_and_is_documented():
    for name in makemore.__all__:
        assert inspect.getdoc(getattr(makemore, name)), name


def test_every_public_name_but_errors_has_an_example():
    for name in makemore.__all__:
        if not name.endswith("Error"):
            assert ">>> " in inspect.getdoc(getattr(makemore, name)), name


def test_all_lists_exactly_the_public_names():
    assert sorted(makemore.__all__) == [
        "BoWOptions",
        "CheckpointError",
        "Columns",
        "ConstraintError",
        "DataError",
        "DeepMLPOptions",
        "DivergedError",
        "GRUOptions",
        "KneserNeyOptions",
        "LSTMOptions",
        "LinearOptions",
        "Lines",
        "MLPOptions",
        "MakeMore",
        "MakemoreError",
        "MixtureOptions",
        "NgramOptions",
        "NotFittedError",
        "OptionError",
        "PlainMLPOptions",
        "RNNOptions",
        "ResNetOptions",
        "TransformerOptions",
        "WaveNetOptions",
        "read_blocks",
        "read_lines",
    ]


def test_the_package_is_marked_as_typed():
    assert (ROOT / "src" / "makemore" / "py.typed").read_bytes() == b""


def test_an_unknown_name_raises_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = makemore.nothing


def test_errors_derive_from_makemore_error_and_are_in_the_documented_tree():
    classes = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    kinds = [kind for kind in classes if issubclass(kind, Exception)]
    assert set(classes) - set(kinds) == {errors.Location}
    assert all(issubclass(kind, errors.MakemoreError) for kind in kinds)
    assert all(kind.__name__ in errors.__doc__ for kind in kinds)


def test_every_error_class_is_tested_with_its_message():
    raised = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_call = isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.raises"
            if is_call and any(keyword.arg == "match" for keyword in node.keywords):
                raised.add(ast.unparse(node.args[0]).split(".")[-1])
    kinds = {name for name in vars(errors) if name.endswith("Error")} - {"MakemoreError"}
    assert kinds <= raised
