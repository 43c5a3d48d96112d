"""Imports follow the order of the subpackages, without circles, and start-up stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "makemore"
# From the bottom up: a subpackage imports only from earlier rows, and not from its own row.
FLOORS = [
    ["errors", "arrays", "files", "parallel", "moved"],
    ["options"],
    ["corpus"],
    ["contexts"],
    ["inference"],
    ["layers"],
    ["training"],
    ["models"],
    ["registry"],
    ["fitted"],
    ["sampling", "probe"],
    ["checkpoint", "plots"],
    ["evaluation", "starter"],
    ["fitting"],
    ["estimator"],
    ["report", "serve"],
    ["cli"],
    ["__main__"],
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# Modules by their dotted name, except the package itself, whose public names are imported lazily.
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(SOURCE.rglob("*.py"))
    if path != SOURCE / "__init__.py"
}
MOVED = '"""Moved to `'  # start of a module that only forwards to its new name


def imported(source):
    """Return the modules of the package that some source code imports, by any form of import."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            names = [text_of(node.args[0])]
        else:
            continue
        found |= {
            name.removeprefix("makemore.") for name in names if name.split(".")[0] == "makemore"
        }
    return {known(name) for name in found} - {"__version__", "makemore"}


def text_of(node):
    """Return the value of a string literal; for an f-string, its first part."""
    first = node.values[0] if isinstance(node, ast.JoinedStr) else node
    return str(first.value) if isinstance(first, ast.Constant) else ""


def test_only_two_modules_import_by_a_computed_name():
    hidden = {
        module
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module")
        if not text_of(node.args[0])
    }
    # These import moved modules, and packages with corpora: none is a subpackage of makemore.
    assert hidden == {"moved", "corpus.named.packages"}


def known(name):
    """Return the module that a dotted name denotes or belongs to."""
    while name not in MODULES and "." in name:
        name = name.rpartition(".")[0]
    return name


def looks_up(own, other):
    """Whether an import violates the order of subpackages."""
    rooms = own.split(".")[0], other.split(".")[0]
    if rooms[0] == rooms[1]:
        # Model families do not import each other; a log-linear mixture is a kind of mixture.
        is_mixture = (own, other) == ("models.log_linear", "models.mixture")
        return rooms[0] == "models" and other != own and not is_mixture
    return FLOOR[rooms[0]] <= FLOOR[rooms[1]]


def circle_among(arrows):
    """Return a circle of modules that import each other, or None."""
    done, path = set(), []

    def walk(module):
        if module in path:
            return path[path.index(module) :]
        if module not in done:
            path.append(module)
            for other in sorted(arrows.get(module, ())):
                found = walk(other)
                if found:
                    return found
            path.pop()
            done.add(module)
        return None

    return next(filter(None, map(walk, sorted(arrows))), None)


@pytest.mark.parametrize("module", MODULES)
def test_imports_follow_the_package_order(module):
    source = MODULES[module].read_text(encoding="utf-8")
    if source.startswith(MOVED):
        return  # a forwarding module may import its target; the package does not import it
    assert not [other for other in imported(source) if looks_up(module, other)]


def test_there_are_no_circular_imports():
    arrows = {m: imported(path.read_text(encoding="utf-8")) for m, path in MODULES.items()}
    assert circle_among(arrows) is None


def test_no_module_imports_a_forwarding_module():
    texts = {m: path.read_text(encoding="utf-8") for m, path in MODULES.items()}
    left = {module for module, text in texts.items() if text.startswith(MOVED)}
    assert not [m for m, text in texts.items() if imported(text) & left and m not in left]


@pytest.mark.parametrize(
    "source",
    [
        "import makemore.cli.console",
        "import makemore.cli.console as c",
        "from makemore.cli.console import print_message",
        "from makemore.cli import console",
        "from importlib import import_module\nimport_module('makemore.cli.console')",
        "import importlib\nname = 'x'\nimportlib.import_module(f'makemore.cli.{name}')",
        "def f():\n    from makemore.cli.console import print_message",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import makemore.cli.console",
    ],
)
def test_every_form_of_import_is_detected(source):
    assert [other for other in imported(source) if looks_up("corpus.lines", other)]


def test_a_circular_import_is_detected():
    assert circle_among({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]
    assert circle_among({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None


def test_an_import_between_model_families_is_a_violation():
    assert looks_up("models.gru", "models.lstm")


def test_every_subpackage_has_a_position_in_the_import_order():
    rooms = {
        module.split(".")[0]
        for module, path in MODULES.items()
        if not path.read_text(encoding="utf-8").startswith(MOVED)
    }
    assert rooms == set(FLOOR)


@pytest.mark.parametrize("module", MODULES)
def test_only_training_code_imports_torch_at_module_level(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
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
        room = module.split(".")[0]
        assert room in {"layers", "models", "training", "probe"} or module == "starter.adapting"


def modules_after(code: str) -> set[str]:
    program = f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_makemore_imports_nothing_heavy():
    assert not modules_after("import makemore") & {"numpy", "torch", "attrs", "rich"}


def test_count_models_are_fitted_and_sampled_without_torch():
    code = "from makemore import MakeMore\nMakeMore().fit(['anna', 'ben']).sample(3)"
    assert "torch" not in modules_after(code)
