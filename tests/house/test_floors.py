"""Imports point strictly down, and nothing heavy is imported at the start."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "makemore"
FLOORS = [
    ["errors", "__init__"],
    ["options", "parameters"],
    ["corpus"],
    ["automaton"],
    ["likelihood"],
    ["window", "translated", "scoring"],
    ["layers"],
    ["models"],
    ["training", "sampling", "evaluation", "nearest", "probe"],
    ["fitting"],
    ["checkpoint", "privacy"],
    ["judging", "making"],
    ["estimator"],
    ["plots"],
    ["report"],
    ["cli"],
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(SOURCE.rglob("*.py"))


def room_of(module: str) -> str:
    return [*module.split("."), "__init__"][1]


def imported(path: Path) -> list[str]:
    """The modules of the package that a file imports, wherever in it; the public door aside."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "makemore":
            below = [f"makemore.{alias.name}" for alias in node.names]
            found += below if node.module == "makemore" else [node.module]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_point_down(path):
    own = path.relative_to(SOURCE).with_suffix("").parts[0]
    if own == "__init__":
        return  # the public door names what it opens to, and imports it only when asked
    for module in imported(path):
        if module == "makemore.__version__":
            continue
        other = room_of(module)
        if own == other:
            assert own != "models", f"families are strangers: {path.name} imports {module}"
        else:
            assert FLOOR[own] > FLOOR[other], f"{path.name} does not look down to {module}"


def test_every_room_has_a_floor():
    assert {p.relative_to(SOURCE).with_suffix("").parts[0] for p in FILES} == set(FLOOR)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_torch_is_imported_only_by_what_trains(path):
    own = path.relative_to(SOURCE).with_suffix("").parts[0]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        name.split(".")[0]
        for node in tree.body
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    if "torch" in names:
        assert own in {"layers", "models", "training", "probe"}


def modules_after(code: str) -> set[str]:
    program = f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_makemore_imports_nothing_heavy():
    assert not modules_after("import makemore") & {"numpy", "torch", "attrs", "rich"}


def test_a_counted_model_is_learned_and_sampled_without_torch():
    code = "from makemore import MakeMore\nMakeMore().fit(['anna', 'ben']).sample(3)"
    assert "torch" not in modules_after(code)
