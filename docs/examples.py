"""Run the shell examples of the documents; with --write, replace the outputs that they show.

Blocks marked `sh` are run, blocks marked `console` are run and show their output. All blocks of a
document run in order in one temporary folder, so later ones use the files of earlier ones.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"```(sh|console)\n(.*?)```", re.DOTALL)
SECONDS = re.compile(r"\b\d+\.\d s\b")  # these differ from run to run


def documents() -> list[Path]:
    """Return the documents that have examples to run."""
    paths = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
    return [path for path in paths if _blocks(path.read_text("utf-8"))]


def run(text: str, folder: Path) -> str:
    """Run the examples of a document in a folder; return the document with the actual outputs.

    Raises:
        AssertionError: a command failed.
    """
    pieces, end = [], 0
    for block in _blocks(text):
        pieces += [text[end : block.start(2)], _run_block(*block.groups(), folder)]
        end = block.end(2)
    return "".join([*pieces, text[end:]])


def without_times(text: str) -> str:
    """Return the text with running times masked, for comparison."""
    return SECONDS.sub("0.0 s", text)


def _blocks(text: str) -> list[re.Match[str]]:
    """Return the shell blocks that call makemore; the others install it or need a checkout."""
    return [
        block
        for block in BLOCK.finditer(text)
        if re.search(r"^(\$ )?makemore", block[2], re.MULTILINE) and "pip install" not in block[2]
    ]


def _run_block(language: str, text: str, folder: Path) -> str:
    """Run the commands of a block; return it, in a console block with the actual outputs."""
    if language == "sh":
        _bash(text, folder)
        return text
    commands = re.findall(r"^\$ ((?:.*\\\n)*.*\n)", text, re.MULTILINE)
    return "".join(f"$ {command}{_bash(command, folder)}" for command in commands)


def _bash(script: str, folder: Path) -> str:
    """Run a script in the folder and return what a terminal would show."""
    bash = shutil.which("bash")
    assert bash, "bash is needed to run the documents' commands"
    path = str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"]
    done = subprocess.run(
        [bash, "-eu", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}"
    assert "Traceback" not in done.stdout, done.stdout
    return done.stdout


def main() -> None:
    """Run the examples of the documents given, or of all."""
    names = [name for name in sys.argv[1:] if name != "--write"]
    for path in [Path(name).resolve() for name in names] or documents():
        text = path.read_text("utf-8")
        with tempfile.TemporaryDirectory() as folder:
            actual = run(text, Path(folder))
        if without_times(actual) == without_times(text):
            continue
        print(f"{path.relative_to(ROOT)} shows outdated output", file=sys.stderr)
        if "--write" in sys.argv:
            path.write_text(actual, "utf-8")


if __name__ == "__main__":
    main()
