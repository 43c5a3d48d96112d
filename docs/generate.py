"""Writes the generated blocks of the documents, or with --check says which are out of date.

A fact has one home: what can be computed is never typed twice.
"""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from makemore.cli.main import VERBS, first_help_line
from makemore.options.declaration import fields
from makemore.registry import FAMILIES

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/count-once.md", "docs/figures.md")
SPLITS = ("lecture", "clean")
HEADLINES = (
    "two minutes, fresh clean splits, test loss",
    "fifteen seconds, lecture split, dev loss",
    "one network alone, clean split, test loss",
    "mlp, times faster than the MLP loop",
    "wavenet, times faster than the WaveNet loop",
    "transformer, times faster than makemore.py",
    "quickest family, times faster than makemore.py",
    "kneser_ney, lecture split, list to fitted model",
    "10,000,000 lines, block by block: time",
    "kneser_ney, 1,000,000 lines at once",
    "gru, 200,000 lines at once",
    "transformer, 50,000 lines at once",
    "kneser_ney, 1,000,000 lines ending in son, times the time of free ones",
    "auto, first of 20 constrained lines, slowest",
    "makemore --help, whole process",
    "makemore sample, Kneser-Ney, whole process",
    "fuzzed inputs that broke the contract",
)
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def names() -> str:
    """Twenty names as `makemore demo` makes them."""
    from makemore import MakeMore
    from makemore.corpus.named.corpora import dataset_named

    made = (
        MakeMore("kneser_ney")
        .fit(dataset_named("us-names").load())
        .sample(20, new=True, distinct=True)
    )
    return "> " + ", ".join(made) + "\n"


def verbs() -> str:
    """The verbs of the command line."""
    rows = [f"| `{verb}` | {first_help_line(verb)} |" for verb in VERBS]
    return "\n".join(["| verb | what it does |", "|---|---|", *rows]) + "\n"


def families() -> str:
    """The families with their options and defaults."""
    rows = []
    for family in FAMILIES.values():
        what = (family.options.__doc__ or "").split("\n", 1)[0]
        options = ", ".join(f"`{f.name}={f.default}`" for f in fields(family.options))
        rows.append(f"| `{family.name}` | {what} | {options} |")
    return "\n".join(["| family | what it is | options |", "|---|---|---|", *rows]) + "\n"


def measured() -> str:
    """What the newest record of all families found: a row for each."""
    found = {each["metric"]: each["mean"] for each in _newest("families")["measurements"]}
    losses = [f"{split}, {part} loss" for split in SPLITS for part in ("dev", "test")]
    rows = []
    for name in FAMILIES:
        learned, seconds = found[f"{name}, parameters"], found[f"{name}, lecture, seconds"]
        shown = [f"{found[f'{name}, {loss}']:.4f}" for loss in losses]
        speed = f"{found[f'{name}, sampled']:,.0f}"
        rows.append([f"`{name}`", f"{learned:,.0f}", f"{seconds:.1f}", *shown, speed])
    return _table(
        ["family", "weights, or numbers in tables", "seconds", *losses, "lines per second"], rows
    )


def lessons() -> str:
    """The lessons in reading order, and how long each took in full."""
    found = json.loads((ROOT / "lessons" / "found.json").read_text(encoding="utf-8"))
    rows = []
    for path in sorted((ROOT / "lessons").glob("[0-9]*.py")):
        title = path.read_text(encoding="utf-8").splitlines()[1].lstrip("# ")
        page, notebook = f"lessons/pages/{path.stem}.html", f"lessons/notebooks/{path.stem}.ipynb"
        links = [f"[script](lessons/{path.name})", f"[notebook]({notebook})", f"[page]({page})"]
        answers = f"[answers](lessons/answers/{path.name})"
        rows.append([title, *links, answers, f"{found[path.stem]['seconds']:.0f}"])
    return _table(["lesson", "", "", "", "", "seconds in full"], rows)


def count_once() -> str:
    """What the newest record of counting once found: factors by window and batch, and gradients."""
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
        f"Characters for each distinct context, on the lectures' training part:\n\n{table}\n"
        "The same gradient, by counts against by characters (padded lines for the GRU, as is "
        f"usual):\n\n{_table(['', 'times faster'], gradients)}"
    )


def headlines() -> str:
    """What most will want to know first."""
    return _records(map(_measurements().__getitem__, HEADLINES))


def claims() -> str:
    """Every measurement that had a goal to reach."""
    return _records(each for each in _measurements().values() if each["goal"])


def records() -> str:
    """Every measurement of the newest record of each benchmark."""
    return _records(_measurements().values())


def _newest(slug: str) -> dict[str, Any]:
    """The newest record of a benchmark."""
    path = max((ROOT / "benchmarks" / "records").glob(f"*_{slug}/record.json"))
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record | {"folder": path.parent.name}


def _measurements() -> dict[str, dict[str, Any]]:
    """Every measurement of the newest record of each benchmark, by its metric."""
    paths = (ROOT / "benchmarks" / "records").glob("*/record.json")
    slugs = sorted({path.parent.name.split("_", 1)[1] for path in paths})
    return {
        each["metric"]: each | {"folder": record["folder"], "machine": _machine(record["machine"])}
        for record in map(_newest, slugs)
        for each in record["measurements"]
    }


def _table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _records(measurements: Iterable[dict[str, Any]]) -> str:
    """Measurements, each with its record, and the machines they come from."""
    rows, machines = [], set()
    for each in measurements:
        spread = f" ± {_shown(each['sd'], 2)}" if len(each["values"]) > 1 else ""
        what = f"[{each['metric']}](RECORDS/{each['folder']})"
        value = f"{_shown(each['mean'], 4)}{spread} {each['unit']}"
        rows.append([what, value.strip(), each["goal"]])
        machines.add(each["machine"])
    table = _table(["what", "measured, mean ± standard deviation", "goal"], rows)
    return f"{table}\nMeasured on: {'; '.join(sorted(machines))}.\n"


def _shown(number: float, digits: int) -> str:
    """A number with so many digits, but whole thousands written out."""
    return f"{number:,.0f}" if number >= 10 ** (digits - 1) else f"{number:.{digits}g}"


def _machine(machine: dict[str, Any]) -> str:
    """The machine of a record."""
    return f"{machine['cores']} cores of {machine['processor']}, {machine['system']}"


def tree() -> str:
    """The files of the package, with the first sentence of each."""
    source = ROOT / "src" / "makemore"
    lines = ["```"]
    paths = sorted(source.rglob("*.py"), key=lambda p: (p.parent.as_posix(), p.name))
    width = max(len(path.relative_to(source).as_posix()) for path in paths)
    for path in paths:
        first = path.read_text(encoding="utf-8").split("\n", 1)[0].strip('"').strip()
        lines.append(f"{path.relative_to(source).as_posix():<{width}} {first}")
    return "\n".join([*lines, "```"]) + "\n"


def render(name: str, text: str) -> str:
    """A document with every generated block made anew; links go from where it stands."""
    records = "../" * name.count("/") + "benchmarks/records"
    made = BLOCK.sub(lambda m: m[1] + globals()[m[2]]() + m[3], text)
    return made.replace("(RECORDS/", f"({records}/")


def main() -> None:
    """Writes the documents, or checks them."""
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
