"""Generated blocks, code examples and links in the documents are correct."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def script(name):
    """Return a script of docs/ as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", script("generate").DOCUMENTS)
def test_generated_blocks_are_up_to_date(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "<!-- generated: " in text
    assert script("generate").render(name, text) == text


def python_blocks(document):
    return re.findall(r"```python\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)


WITH_PYTHON = [
    path for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))] if python_blocks(path)
]


@pytest.mark.parametrize("document", WITH_PYTHON, ids=lambda p: p.name)
def test_python_examples_in_documents_run(document, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for block in python_blocks(document):
        exec(compile(block, document.name, "exec"), {})


def test_python_page_shows_what_its_first_example_prints(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    block = python_blocks(ROOT / "docs" / "python.md")[0]
    exec(compile(block, "python.md", "exec"), {})
    shown = re.findall(r"^# (.*)$", block, re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == shown


@pytest.mark.slow
@pytest.mark.parametrize("document", script("examples").documents(), ids=lambda p: p.name)
def test_commands_in_a_document_run_and_print_the_output_shown(document, tmp_path):
    examples = script("examples")
    text = document.read_text(encoding="utf-8")
    actual = examples.run(text, tmp_path)
    assert examples.without_times(actual) == examples.without_times(text), "run make examples"


def test_readme_has_at_most_150_lines():
    assert len(README.splitlines()) <= 150


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md")))
def test_relative_links_between_documents_exist(document):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert (document.parent / target).exists(), target
