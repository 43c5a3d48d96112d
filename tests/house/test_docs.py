"""What the documents say is generated, executed or on disk."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", generator().DOCUMENTS)
def test_generated_blocks_are_up_to_date(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "<!-- generated: " in text
    assert generator().render(name, text) == text


def blocks(language, text=README):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


WITH_PYTHON = [
    path
    for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
    if blocks("python", path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("document", WITH_PYTHON, ids=lambda p: p.name)
def test_the_python_of_a_document_runs(document, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for block in blocks("python", document.read_text(encoding="utf-8")):
        exec(compile(block, document.name, "exec"), {})


@pytest.mark.slow
def test_the_commands_of_the_readme_run(tmp_path):
    bash = shutil.which("bash")
    assert bash, "bash is needed to run the README's commands"
    path = str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"]
    commands = [block for block in blocks("sh") if "\nmakemore" in f"\n{block}"]
    assert len(commands) >= 2
    for block in commands:
        if "pip install" in block:
            continue  # tried by CI's `make demo`
        done = subprocess.run(
            [bash, "-eu", "-c", block],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md")))
def test_links_between_documents_lead_somewhere(document):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert (document.parent / target).exists(), target
