"""Write the generated blocks of the documents, or with --check report those out of date.

Every fact has a single source: what can be computed is never typed by hand.
"""

import json
import re
import runpy
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from makemore.cli.main import VERBS, first_help_line
from makemore.fitting.auto import MEMBERS_BY_BUDGET
from makemore.options.declaration import fields
from makemore.registry import FAMILIES

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "makemore"
DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/command-line.md",
    "docs/count-once.md",
    "docs/families.md",
    "docs/figures.md",
    "docs/training.md",
    "lessons/README.md",
)
SPLITS = ("lecture", "clean")
HEADLINES = {
    "two minutes, fresh clean splits, test loss": "Test loss on names, fitted for two minutes",
    "fifteen seconds, lecture split, dev loss": (
        "Dev loss on names (lecture split), fitted for fifteen seconds"
    ),
    "transformer, times faster than makemore.py": "Transformer: times faster than makemore.py",
    "kneser_ney, lecture split, list to fitted model": "Kneser-Ney: time from list to fitted model",
    "kneser_ney, 1,000,000 lines at once": "Kneser-Ney: sampling a million lines",
    "kneser_ney, 1,000,000 lines ending in son, times the time of free ones": (
        "Kneser-Ney: time with `--suffix son` over time without"
    ),
    "makemore --help, whole process": "`makemore --help`: whole process",
}
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def verbs() -> str:
    """Return a table of the verbs of the command line."""
    return _table(
        ["command", "what it does"], [[f"`{verb}`", first_help_line(verb)] for verb in VERBS]
    )


def budgets() -> str:
    """Return a table of the members that `auto` mixes for each budget."""
    rows = [[f"{seconds:g} s", f"`{members}`"] for seconds, members in MEMBERS_BY_BUDGET]
    return _table(["budget, at least", "members"], rows)


def families() -> str:
    """Return a table of the families with their options and defaults."""
    rows = []
    for family in FAMILIES.values():
        what = (family.options.__doc__ or "").split("\n", 1)[0]
        options = ", ".join(f"`{f.name}={f.default}`" for f in fields(family.options))
        rows.append([f"`{family.name}`", what, options])
    return _table(["family", "what it is", "options"], rows)


def family_results() -> str:
    """Return a table of the newest record of all families, with a row for each family."""
    found = {each["metric"]: each["mean"] for each in _newest("families")["measurements"]}
    losses = [f"{split}, {part} loss" for split in SPLITS for part in ("dev", "test")]
    rows = []
    for name in FAMILIES:
        if f"{name}, parameters" not in found:
            continue  # a new family, which the newest record does not have
        learned, seconds = found[f"{name}, parameters"], found[f"{name}, lecture, seconds"]
        shown = [f"{found[f'{name}, {loss}']:.4f}" for loss in losses]
        speed = f"{found[f'{name}, sampled']:,.0f}"
        rows.append([f"`{name}`", f"{learned:,.0f}", f"{seconds:.1f}", *shown, speed])
    return _table(
        ["family", "weights, or numbers in tables", "seconds", *losses, "lines per second"], rows
    )


def lessons() -> str:
    """Return a table of the lessons in reading order, with the duration of a full run."""
    found = json.loads((ROOT / "lessons" / "found.json").read_text(encoding="utf-8"))
    rows = []
    for path in sorted((ROOT / "lessons").glob("[0-9]*.py")):
        title = path.read_text(encoding="utf-8").splitlines()[1].lstrip("# ")
        page, notebook = f"pages/{path.stem}.html", f"notebooks/{path.stem}.ipynb"
        links = [f"[script]({path.name})", f"[notebook]({notebook})", f"[page]({page})"]
        answers = f"[answers](answers/{path.name})"
        rows.append([title, *links, answers, f"{found[path.stem]['seconds']:.0f}"])
    return _table(["lesson", "", "", "", "", "seconds"], rows)


def count_once() -> str:
    """Return tables of the newest record of `count-once`: factors by window and batch, speedups."""
    each = {m["metric"]: m for m in _newest("count-once")["measurements"]}
    factors: dict[str, dict[str, str]] = {}
    gradients = []
    for name, m in each.items():
        what, _, of = name.partition(": ")
        if of == "characters a context":
            window, _, batch = what.partition(", ")
            factors.setdefault(window, {})[batch] = f"{m['mean']:.1f}"
        else:
            gradients.append([what, f"{m['mean']:.1f} ± {m['sd']:.1f}"])
    batches = list(next(iter(factors.values())))
    table = _table(["", *batches], [[window, *row.values()] for window, row in factors.items()])
    return (
        f"Characters per distinct context, on the lectures' training part:\n\n{table}\n"
        "The same gradient, by counts against by characters (padded lines for the GRU, as is "
        f"usual):\n\n{_table(['', 'times faster'], gradients)}"
    )


def headlines() -> str:
    """Return a table of the measurements that matter to most readers, in plain words."""
    every = _measurements()
    return _records([(what, every[metric]) for metric, what in HEADLINES.items()], with_goal=False)


def claims() -> str:
    """Return a table of every measurement that has a goal."""
    return _records((metric, m) for metric, m in _measurements().items() if m["goal"])


def records() -> str:
    """Return a table of every measurement of the newest record of each benchmark."""
    return _records(_measurements().items())


def _newest(slug: str) -> dict[str, Any]:
    """Return the newest record of a benchmark."""
    path = max((ROOT / "benchmarks" / "records").glob(f"*_{slug}/record.json"))
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record | {"folder": path.parent.name}


def _measurements() -> dict[str, dict[str, Any]]:
    """Return every measurement of the newest record of each benchmark, by its metric."""
    paths = (ROOT / "benchmarks" / "records").glob("*/record.json")
    slugs = sorted({path.parent.name.split("_", 1)[1] for path in paths})
    return {
        each["metric"]: each | {"folder": record["folder"], "machine": _machine(record["machine"])}
        for record in map(_newest, slugs)
        for each in record["measurements"]
    }


def _table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _records(measurements: Iterable[tuple[str, dict[str, Any]]], with_goal: bool = True) -> str:
    """Return a table of named measurements with links to their records, and their machines."""
    rows, machines = [], set()
    for name, each in measurements:
        link = f"[{name}](RECORDS/{each['folder']})".replace("|", r"\|")
        rows.append([link, _value(each), each["goal"]][: 2 + with_goal])
        machines.add(each["machine"])
    head = ["what", "measured, mean ± standard deviation", "goal"][: 2 + with_goal]
    return f"{_table(head, rows)}\nMeasured on: {'; '.join(sorted(machines))}.\n"


def _value(measurement: dict[str, Any]) -> str:
    """Format the mean of a measurement with its standard deviation and unit."""
    sd = f" ± {_shown(measurement['sd'], 2)}" if len(measurement["values"]) > 1 else ""
    return f"{_shown(measurement['mean'], 4)}{sd} {measurement['unit']}".strip()


def _shown(number: float, digits: int) -> str:
    """Format a number with the given significant digits, or as an integer if it has more."""
    return f"{number:,.0f}" if number >= 10 ** (digits - 1) else f"{number:.{digits}g}"


def _machine(machine: dict[str, Any]) -> str:
    """Describe the machine of a record."""
    return f"{machine['cores']} cores of {machine['processor']}, {machine['system']}"


def rooms() -> str:
    """Return the rooms of the package from the top floor down, with their first sentences."""
    floors = runpy.run_path(str(ROOT / "tests" / "house" / "test_import_order.py"))["FLOORS"]
    rows = []
    for floor in reversed(floors):
        paths = [SOURCE / room for room in floor]
        files = [
            path / "__init__.py" if path.is_dir() else path.with_suffix(".py") for path in paths
        ]
        names = ", ".join(f"`{room}`" for room in floor)
        rows.append([names, "<br>".join(map(_first_sentence, files))])
    return _table(["rooms", "contents"], rows)


def tree() -> str:
    """Return the files of the package, with the first sentence of each."""
    lines = ["```"]
    paths = sorted(SOURCE.rglob("*.py"), key=lambda p: (p.parent.as_posix(), p.name))
    width = max(len(path.relative_to(SOURCE).as_posix()) for path in paths)
    for path in paths:
        lines.append(f"{path.relative_to(SOURCE).as_posix():<{width}} {_first_sentence(path)}")
    return "\n".join([*lines, "```"]) + "\n"


def _first_sentence(path: Path) -> str:
    """Return the first line of a module's docstring."""
    return path.read_text(encoding="utf-8").split("\n", 1)[0].strip('"').strip()


def render(name: str, text: str) -> str:
    """Return a document with every generated block replaced; links are relative to the document."""
    records = "../" * name.count("/") + "benchmarks/records"
    made = BLOCK.sub(lambda m: m[1] + globals()[m[2]]() + m[3], text)
    return made.replace("(RECORDS/", f"({records}/")


def main() -> None:
    """Write the documents, or check them."""
    stale = []
    for name in DOCUMENTS:
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        made = render(name, text)
        if made != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(made, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"out of date: {', '.join(stale)}; run make docs", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
