"""Every dotted name that README, the docs or the lessons have ever shown imports until 1.0.

`shown_names.txt` holds them; `python tests/house/test_shown_names.py` adds those shown now.
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
    """The names in the documents: modules, and what is imported from them."""
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
    """The module or the object that a dotted name stands for."""
    module, _, attribute = name.rpartition(".")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return getattr(importlib.import_module(module), attribute)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_was_shown_can_be_imported(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert thing_called(name) is not None


def test_the_list_has_all_that_is_shown_now():
    assert shown() <= set(NAMES), "run python tests/house/test_shown_names.py"


def test_a_module_that_moved_says_where_to():
    with pytest.warns(
        DeprecationWarning, match=r"corpus\.contexts is now makemore\.contexts\.table"
    ):
        from makemore.corpus.contexts import Contexts as Old
    from makemore.contexts.table import Contexts

    assert Old is Contexts


if __name__ == "__main__":
    LIST.write_text("\n".join(sorted({*NAMES, *shown()})) + "\n", encoding="utf-8")
