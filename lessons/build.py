"""Builds the lessons: runs each as a notebook, and writes notebooks, pages and what they found.

python lessons/build.py [--text] [NAME ...]     all, or those whose names contain one of the words

With --text nothing runs: a lesson keeps what its code gave, and only its text is new.
"""

import hashlib
import json
import os
import re
import sys
import time
from copy import deepcopy
from pathlib import Path

import jupytext
import latex2mathml.converter
import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from pygments.formatters import HtmlFormatter

HERE = Path(__file__).parent
EXPECTED = HERE.parent / "tests" / "lessons" / "expected"
FOUND = HERE / "found.json"
INSTALL = """\
# Where makemore is not installed yet, as on Colab.
import importlib.util

if importlib.util.find_spec("makemore") is None:
    %pip install --quiet makemore
"""


FORMULA = re.compile(
    r"(?P<code>```.*?```|`[^`]+`)|\$\$(?P<block>.+?)\$\$|\$(?P<line>[^$\n]+)\$", re.DOTALL
)
# What a lesson found: numbers as they are, the losses of long loops as 200 means.
TELL = """\
def found_in_this_lesson(names):
    import json
    import numpy

    found = {}
    for name in names:
        value = numpy.asarray(globals()[name], float)
        if value.ndim:
            parts = numpy.array_split(value, min(200, len(value)))
            found[name] = [round(float(part.mean()), 5) for part in parts]
        else:
            found[name] = float(value)
    return json.dumps(found)
"""


def main() -> None:
    """Builds the lessons that are asked for."""
    # The loops of the lectures multiply small matrices: another core is mostly waited for.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    is_text = "--text" in sys.argv[1:]
    words = [word for word in sys.argv[1:] if word != "--text"] or [""]
    found = json.loads(FOUND.read_text(encoding="utf-8")) if FOUND.exists() else {}
    for script in [*sorted(HERE.glob("[0-9]*.py")), *sorted(HERE.glob("answers/[0-9]*.py"))]:
        name = "_".join(script.relative_to(HERE).with_suffix("").parts)
        if any(word in name for word in words):
            found[name] = reworded(script, name, found[name]) if is_text else build(script, name)
            text = json.dumps(dict(sorted(found.items())), indent=1) + "\n"
            FOUND.write_text(text, encoding="utf-8")
            print(f"{name}: {found[name]['seconds']:.0f} s")


def build(script: Path, name: str) -> dict[str, object]:
    """Runs one lesson, writes its notebook and its page, and tells what it found."""
    expected = json.loads((EXPECTED / f"{name}.json").read_text(encoding="utf-8"))
    notebook = jupytext.read(script)
    notebook.cells.append(
        nbformat.v4.new_code_cell(f"{TELL}\nprint(found_in_this_lesson({list(expected)}))")
    )
    clock = time.perf_counter()
    NotebookClient(notebook, timeout=None, kernel_name="python3").execute(cwd=str(HERE))
    seconds = time.perf_counter() - clock
    numbers = json.loads(notebook.cells.pop().outputs[0].text)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(INSTALL))
    save(tidied(notebook, name), name)
    source = hashlib.sha256(script.read_bytes()).hexdigest()
    return {"source": source, "seconds": round(seconds, 1), "numbers": numbers}


def reworded(script: Path, name: str, found: dict[str, object]) -> dict[str, object]:
    """Takes a lesson's new text, with what its code gave when it ran; the code must be the same."""
    notebook = jupytext.read(script)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(INSTALL))
    kept = nbformat.read(HERE / "notebooks" / f"{name}.ipynb", 4)
    old, new = (
        [cell for cell in each.cells if cell.cell_type == "code"] for each in (kept, notebook)
    )
    if [cell.source.rstrip() for cell in old] != [cell.source.rstrip() for cell in new]:
        sys.exit(f"{name}: its code has changed, so it must run: leave --text out")
    for before, cell in zip(old, new, strict=True):
        cell.outputs, cell.execution_count = before.outputs, before.execution_count
    notebook.metadata = kept.metadata
    save(tidied(notebook, name), name)
    return {**found, "source": hashlib.sha256(script.read_bytes()).hexdigest()}


def tidied(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """The notebook without what differs from run to run, or says nothing."""
    for i, cell in enumerate(notebook.cells):
        cell.id = f"{name}-{i}"[-64:]  # else drawn anew each time
        cell.metadata.pop("execution", None)  # when it ran
        if cell.cell_type == "code":
            cell.outputs = [each for each in cell.outputs if not is_handle(each)]
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    return notebook


def is_handle(output: nbformat.NotebookNode) -> bool:
    """Whether an output only names a part of a drawing, as `<matplotlib.legend.Legend at ...>`."""
    text = output.get("data", {}).get("text/plain", "")
    is_alone = set(output.get("data", {})) == {"text/plain"}
    return is_alone and re.match(r"Text\(|\[?\(?<matplotlib|\[Text|\[?<Axes", text) is not None


def save(notebook: nbformat.NotebookNode, name: str) -> None:
    """Writes a notebook and its page."""
    for folder in ("notebooks", "pages"):
        (HERE / folder).mkdir(exist_ok=True)
    nbformat.write(notebook, HERE / "notebooks" / f"{name}.ipynb")
    (HERE / "pages" / f"{name}.html").write_text(page_of(notebook, name), encoding="utf-8")


def page_of(notebook: nbformat.NotebookNode, name: str) -> str:
    """A notebook as a page that needs nothing else, with ways to the lessons beside it."""
    exporter = HTMLExporter(template_name="page", extra_template_basedirs=[str(HERE / "template")])
    code = [
        HtmlFormatter(style="friendly").get_style_defs(".highlight"),
        "@media (prefers-color-scheme: dark) {",
        HtmlFormatter(style="github-dark").get_style_defs(".highlight"),
        "}",
        ".highlight { background: var(--raised) !important; }",
    ]
    resources = {
        "title": notebook.cells[1].source.splitlines()[0].lstrip("# "),
        "navigation": navigation(name),
        "code_css": "\n".join(code),
    }
    page: str
    shown = deepcopy(notebook)
    shown.cells = shown.cells[1:]  # nothing to install
    for cell in shown.cells:
        if cell.cell_type == "markdown":
            cell.source = FORMULA.sub(formula, cell.source)
    page, _ = exporter.from_notebook_node(shown, resources=resources)
    return re.sub(r'href="answers/(\w+)\.py"', r'href="answers_\1.html"', page)


def formula(found: re.Match[str]) -> str:
    """A formula as MathML, which browsers show by themselves; code stays as it is."""
    if found["code"]:
        return found[0]
    latex, display = (found["block"], "block") if found["block"] else (found["line"], "inline")
    made: str = latex2mathml.converter.convert(" ".join(latex.split()), display=display)
    return made


def navigation(name: str) -> str:
    """Links to the lesson before and the lesson after."""
    names = [path.stem for path in sorted(HERE.glob("[0-9]*.py"))]
    if name not in names:
        lesson = name.removeprefix("answers_")
        return f'<a href="{lesson}.html">The lesson</a>'
    place = names.index(name)
    before = f'<a href="{names[place - 1]}.html">Before</a>' if place else "<span></span>"
    last = place == len(names) - 1
    after = "<span></span>" if last else f'<a href="{names[place + 1]}.html">Next</a>'
    return f"{before}{after}"


if __name__ == "__main__":
    main()
