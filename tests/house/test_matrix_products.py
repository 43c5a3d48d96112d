"""Matrix products are left to torch, whose threads are chosen for each step.

NumPy computes them in the threads of its BLAS. Beside two busy loops on two cores these waited so
long for each other that fitting the weights of a mixture took twelve seconds instead of half a one.
"""

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "makemore"
# In one thread; and small matrices, once for each picture.
ALLOWED = {"models/array_lstm.py", "probe/projection.py"}
PRODUCTS = {"dot", "matmul", "inner", "tensordot", "vdot"}


def products(path: Path) -> list[int]:
    """The lines of a module that call for a product of NumPy's BLAS, if it does without torch."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    modules = [name.name for node in nodes if isinstance(node, ast.Import) for name in node.names]
    modules += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    if any(module.split(".")[0] == "torch" for module in modules):
        return []
    return [
        node.lineno
        for node in nodes
        if (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.MatMult))
        or (isinstance(node, ast.Attribute) and node.attr in PRODUCTS)
    ]


def test_modules_without_torch_do_not_multiply_matrices():
    found = {
        path.relative_to(SOURCE).as_posix(): lines
        for path in sorted(SOURCE.rglob("*.py"))
        if (lines := products(path))
    }
    assert set(found) == ALLOWED, found
