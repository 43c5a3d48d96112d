"""Writes the generated blocks of the documents, or with --check says which are out of date.

A fact has one home: what can be computed is never typed twice.
"""

import json
import re
import sys
from pathlib import Path

from makemore.cli.main import VERBS, sentence_of
from makemore.options.declaration import fields
from makemore.options.registry import FAMILIES

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "CONTRIBUTING.md")
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def names() -> str:
    """Twenty names as `makemore demo` makes them."""
    from makemore import MakeMore
    from makemore.corpus.datasets import dataset_named

    made = (
        MakeMore("kneser_ney")
        .fit(dataset_named("us-names").load())
        .sample(20, new=True, distinct=True)
    )
    return "> " + ", ".join(made) + "\n"


def verbs() -> str:
    """The verbs of the command line."""
    rows = [f"| `{verb}` | {sentence_of(verb)} |" for verb in VERBS]
    return "\n".join(["| verb | what it does |", "|---|---|", *rows]) + "\n"


def families() -> str:
    """The families with their options and defaults."""
    rows = []
    for family in FAMILIES.values():
        what = (family.options.__doc__ or "").split("\n", 1)[0]
        options = ", ".join(f"`{f.name}={f.default}`" for f in fields(family.options))
        rows.append(f"| `{family.name}` | {what} | {options} |")
    return "\n".join(["| family | what it is | options |", "|---|---|---|", *rows]) + "\n"


def records() -> str:
    """Every measurement of the newest record of each benchmark."""
    newest = {}
    for path in sorted((ROOT / "benchmarks" / "records").glob("*/record.json")):
        newest[path.parent.name.split("_", 1)[1]] = path
    rows = []
    for path in newest.values():
        record = json.loads(path.read_text(encoding="utf-8"))
        for each in record["measurements"]:
            spread = f" ± {each['sd']:,.2g}" if len(each["values"]) > 1 else ""
            value = f"{each['mean']:,.0f}" if each["mean"] >= 1000 else f"{each['mean']:.4g}"
            rows.append(
                f"| [{each['metric']}](benchmarks/records/{path.parent.name}) "
                f"| {value}{spread} {each['unit']} | {each['goal']} |"
            )
    machine = sorted({_machine(path) for path in newest.values()})
    head = ["| what | measured, mean ± standard deviation | goal |", "|---|---|---|"]
    return "\n".join([*head, *rows, "", f"Measured on: {'; '.join(machine)}."]) + "\n"


def _machine(path: Path) -> str:
    """The machine of a record."""
    machine = json.loads(path.read_text(encoding="utf-8"))["machine"]
    return f"{machine['cores']} cores of {machine['processor']}, {machine['system']}"


def tree() -> str:
    """The files of the package, with the first sentence of each."""
    source = ROOT / "src" / "makemore"
    lines = ["```"]
    for path in sorted(source.rglob("*.py"), key=lambda p: (p.parent.as_posix(), p.name)):
        first = path.read_text(encoding="utf-8").split("\n", 1)[0].strip('"').strip()
        name = path.relative_to(source).as_posix()
        lines.append(f"{name:<28} {first}")
    return "\n".join([*lines, "```"]) + "\n"


def render(text: str) -> str:
    """A document with every generated block made anew."""
    return BLOCK.sub(lambda m: m[1] + globals()[m[2]]() + m[3], text)


def main() -> None:
    """Writes the documents, or checks them."""
    stale = []
    for name in DOCUMENTS:
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        made = render(text)
        if made != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(made, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"out of date: {', '.join(stale)}; run make docs", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
