"""Gather the lists of the starter: python starter/gather.py FOLDER [--page PAGE].

Writes FOLDER/lists.jsonl, one list in each row: its source, kind, name and lines. Lines are cleaned
as makemore cleans them; repeats and lines of more than 60 characters are dropped, and of a long
list evenly spaced lines are kept. With --page, the table of sources in a page is updated.
"""

import argparse
import json
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from sources import FEWEST, SOURCES, Source

from makemore import Lines

LONGEST, MOST = 60, 20_000  # characters of a line, lines of a list
BEGIN, END = "<!-- generated: starter/gather.py -->", "<!-- end -->"


def clean(lines: list[str]) -> list[str]:
    """Return the distinct usable lines in ascending order, at most `MOST`, evenly spaced.

    The order of the source is not kept: some are sets, whose order changes from run to run.
    """
    kept = [line for line in lines if 0 < len(line) <= LONGEST and line.isprintable()]
    distinct = sorted(set(Lines.from_strings(kept).to_list()))
    count = min(len(distinct), MOST)
    return [distinct[i * len(distinct) // count] for i in range(count)]


class Gathered(NamedTuple):
    """A list: the package it comes from, its kind, its name and its lines."""

    source: str
    kind: str
    name: str
    lines: list[str]


def gather(source: Source) -> list[Gathered]:
    """Return the lists of a source that have enough lines, each different from the others."""
    found, seen = [], set()
    for kind, name, lines in source.read():
        cleaned = clean(lines)
        key = tuple(sorted(cleaned))
        if len(cleaned) >= FEWEST and key not in seen:
            seen.add(key)
            found.append(Gathered(source.package, kind, name, cleaned))
    return found


def main() -> None:
    """Gather all lists and print how many there are of each source."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--page", type=Path)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    rows, kinds = [], Counter[str]()
    with (arguments.folder / "lists.jsonl").open("w", encoding="utf-8") as file:
        for source in SOURCES:
            lists = gather(source)
            lines = sum(len(each.lines) for each in lists)
            for each in lists:
                kinds[each.kind] += len(each.lines)
                file.write(json.dumps(each._asdict(), ensure_ascii=False) + "\n")
            rows.append(row(source, len(lists), lines))
            print(rows[-1], file=sys.stderr)
    print(dict(kinds.most_common()), file=sys.stderr)
    if arguments.page:
        head = ["| package | by | licence | lists | lines |", "|---|---|---|---:|---:|"]
        update(arguments.page, BEGIN, [*head, *rows])


def row(source: Source, lists: int, lines: int) -> str:
    """Return the row of a source in the table."""
    is_package = source.package not in ("python", "makemore")
    name = f"{source.package} {version(source.package)}" if is_package else source.package
    return f"| {name} | {source.attribution} | {source.licence} | {lists:,} | {lines:,} |"


def update(page: Path, begin: str, rows: list[str]) -> None:
    """Replace the rows between two marks of a page."""
    before, rest = page.read_text(encoding="utf-8").split(begin)
    text = before + "\n".join([begin, *rows, END]) + rest.split(END, 1)[1]
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
