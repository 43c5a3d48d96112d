"""The lists of the starter: cleaning, sources that need no package, and the table of sources."""

import re
import sys
from pathlib import Path

import pytest

STARTER = Path(__file__).parents[2] / "starter"
sys.path.insert(0, str(STARTER))

import gather  # noqa: E402
import packages  # noqa: E402
import sources  # noqa: E402

PERMITTED = {
    "PSF-2.0",
    "Unicode-3.0",
    "public domain",
    "MIT",
    "CC-BY-4.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "Apache-2.0",
}
KINDS = {
    "first names",
    "surnames",
    "places",
    "English words",
    "words",
    "identifiers",
    "codes",
    "chemicals",
}


def test_lines_are_cleaned_and_distinct():
    long = "x" * 61
    lines = [" anna ", "anna", "", long, "a\tb", "e\u0301", "\u00e9"]
    assert gather.clean(lines) == ["anna", "\u00e9"]


def test_of_a_long_list_evenly_spaced_lines_are_kept():
    kept = gather.clean([f"line {i:06}" for i in range(3 * gather.MOST)])
    assert len(kept) == gather.MOST
    assert kept[:3] == ["line 000000", "line 000003", "line 000006"]


def test_every_licence_is_permitted():
    for source in sources.SOURCES:
        assert set(source.licence.split(" AND ")) <= PERMITTED, source


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(packages.python_lists, marks=pytest.mark.slow),
        packages.character_lists,
        packages.us_names,
    ],
)
def test_sources_without_packages_give_lists_of_known_kinds(read):
    source = sources.Source("python", "PSF-2.0", "", read)
    lists = gather.gather(source)
    assert lists
    for each in lists:
        assert each.kind in KINDS
        assert len(each.lines) >= sources.FEWEST
        assert len(set(each.lines)) == len(each.lines)


def test_the_page_names_every_source_with_its_licence():
    text = (STARTER / "README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (\S+)(?: \S+)? \| (.+) \| (.+) \| [\d,]+ \| [\d,]+ \|$", text, re.MULTILINE
    )
    expected = [(each.package, each.attribution, each.licence) for each in sources.SOURCES]
    assert rows == expected


def test_versions_in_the_page_are_those_of_the_constraints():
    pinned = (STARTER / "constraints.txt").read_text(encoding="utf-8").splitlines()[1:]
    text = (STARTER / "README.md").read_text(encoding="utf-8").lower()
    for row in pinned:
        assert f"| {row.replace('==', ' ')} |" in text


def test_placeholders_of_templates_are_left_out():
    assert packages._strings(["Anna", "{{first_name}}", "%s", 3, "##"]) == ["Anna"]


def test_the_notice_names_every_source_and_its_licence():
    notice = (STARTER.parent / "NOTICE").read_text(encoding="utf-8")
    for source in sources.SOURCES:
        names = [part.strip() for part in re.split("[,;]| and ", source.attribution)]
        for name in names:
            assert re.sub(r"\s+", " ", name) in re.sub(r"\s+", " ", notice), name
        for licence in source.licence.split(" AND "):
            assert licence.replace("CC-BY-4.0", "CC BY 4.0") in notice, licence
