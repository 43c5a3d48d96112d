"""Every dotted name that README, docs or lessons have ever shown can be imported until 1.0.

They are listed in `shown_names.txt`; `python tests/house/test_shown_names.py` adds new ones.
"""

import importlib
import re
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("shown_names.txt")
DOCUMENTS = [
    ROOT / "README.md",
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("lessons/**/[0-9]*.py")),
]
NAMES = LIST.read_text(encoding="utf-8").split()


def shown():
    """Return the dotted names in the documents: modules, and names imported from them."""
    found = set()
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        imports = r"from (makemore(?:\.\w+)+) import (?:\(([^)]*)\)|([^\n]*))"
        for module, many, few in re.findall(imports, text):
            words = re.split(r"[,\s]+", re.sub(r"#.*|as \w+", "", many or few))
            found |= {f"{module}.{word}" for word in words if word.isidentifier()}
        dotted = r"\bmakemore(?:\.[a-z_]+)+(?:\.[A-Z]\w+)?"
        found |= set(re.findall(dotted, text))
    return {name for name in found if not name.endswith((".safetensors", ".py", ".md"))}


def thing_called(name):
    """Import the module or object that a dotted name denotes."""
    module, _, attribute = name.rpartition(".")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return getattr(importlib.import_module(module), attribute)


@pytest.mark.parametrize("name", NAMES)
def test_a_documented_name_can_be_imported(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert thing_called(name) is not None


def test_the_list_has_all_documented_names():
    assert shown() <= set(NAMES), "run python tests/house/test_shown_names.py"


def test_a_moved_module_warns_with_its_new_name():
    with pytest.warns(
        DeprecationWarning, match=r"corpus\.contexts is now makemore\.contexts\.table"
    ):
        from makemore.corpus.contexts import Contexts as Old
    from makemore.contexts.table import Contexts

    assert Old is Contexts


if __name__ == "__main__":
    LIST.write_text("\n".join(sorted({*NAMES, *shown()})) + "\n", encoding="utf-8")
