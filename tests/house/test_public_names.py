"""What the package shows, it has; what it says of errors is true."""

import ast
import inspect
from pathlib import Path

import pytest

import makemore
from makemore import errors

ROOT = Path(__file__).parents[2]


def test_every_public_name_is_there_and_documented():
    for name in makemore.__all__:
        assert inspect.getdoc(getattr(makemore, name)), name


def test_every_public_name_but_errors_has_an_example():
    for name in makemore.__all__:
        if not name.endswith("Error"):
            assert ">>> " in inspect.getdoc(getattr(makemore, name)), name


def test_the_public_names_are_these():
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


def test_the_types_are_for_others_too():
    assert (ROOT / "src" / "makemore" / "py.typed").read_bytes() == b""


def test_an_unknown_name_is_no_attribute():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = makemore.nothing


def test_errors_are_makemore_errors_and_the_tree_is_complete():
    classes = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    kinds = [kind for kind in classes if issubclass(kind, Exception)]
    assert set(classes) - set(kinds) == {errors.Location}
    assert all(issubclass(kind, errors.MakemoreError) for kind in kinds)
    assert all(kind.__name__ in errors.__doc__ for kind in kinds)


def test_every_error_is_raised_by_a_test_that_matches_its_sentence():
    raised = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_call = isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.raises"
            if is_call and any(keyword.arg == "match" for keyword in node.keywords):
                raised.add(ast.unparse(node.args[0]).split(".")[-1])
    kinds = {name for name in vars(errors) if name.endswith("Error")} - {"MakemoreError"}
    assert kinds <= raised
