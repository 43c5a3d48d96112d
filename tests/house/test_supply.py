"""What stands between the tree and what people install: the audit, the release, the workflows."""

import importlib.util
import json
import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def program(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "supply" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FINE = {"name": "a", "version": "1", "vulns": []}
FLAWED = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3", "4"]}]}
SKIPPED = {"name": "c", "skip_reason": "not found on PyPI and could not be audited"}


@pytest.mark.parametrize(
    "answer, aside, pins, sentence",
    [
        ([FINE, FLAWED], "", 2, r"^b 2 has CVE-1, mended in 3, 4$"),
        ([FINE, SKIPPED], "", 2, r"unknown for 1 of 2 packages, as the service could .*: c$"),
        ([FINE], "", 2, r"unknown for 1 packages: nothing was said$"),
        (None, "Traceback\n  ...\nConnectionError: no such host", 2, r"\(ConnectionError: no such"),
        (None, "", 2, r"could not be asked \(pip-audit said nothing\)$"),
    ],
)
def test_what_could_not_be_asked_or_is_vulnerable_fails_the_audit(answer, aside, pins, sentence):
    text = "" if answer is None else json.dumps({"dependencies": answer, "fixes": []})
    (found,) = program("audit").answered(text, aside, pins)
    assert re.search(sentence, found)


def test_an_audit_without_fault_says_nothing(capsys):
    answer = json.dumps({"dependencies": [FINE, FINE]})
    assert list(program("audit").answered(answer, "", 2)) == []
    assert "2 of 2 versions asked about" in capsys.readouterr().err


@pytest.mark.parametrize(
    "licence, is_fine",
    [
        ("MIT", True),
        ("MIT License", True),
        ("BSD-3-Clause AND 0BSD AND MIT", True),
        ("Apache-2.0 OR BSD-2-Clause", True),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only", False),
        ("LGPL-3.0-only", False),
        ("none", False),
        ("", False),
    ],
)
def test_a_licence_is_permissive_if_each_part_that_binds_is(licence, is_fine):
    assert program("audit").is_permissive(licence) == is_fine


def test_every_licence_of_what_is_installed_here_is_allowed():
    audit = program("audit")
    assert list(audit.licences()) == []
    assert {"numpy", "torch", "markupsafe", "frozendict"} <= audit.closure()


def test_a_licence_that_is_not_allowed_is_named(monkeypatch):
    audit = program("audit")
    monkeypatch.setattr(audit, "REASONED", {})
    (sentence,) = audit.licences()
    assert sentence.startswith("frozendict has the licence 'LGPL-3.0-only', which is not among")


def test_every_dependency_has_its_reason():
    decisions = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    # An entry is a paragraph, "**Topic**: decision. Reasons."
    entry = re.compile(r"\*\*[^*]+\*\*: (.+?)\.\s+\S", re.DOTALL)
    entries = [found[1] for part in decisions.split("\n\n") if (found := entry.match(part))]
    assert len(entries) > 80
    for wanted in PROJECT["dependencies"]:
        name = re.match(r"[\w.-]+", wanted)[0]
        assert any(f"`{name}`" in decision for decision in entries), name


def test_every_dependency_is_pinned_for_those_who_want_what_was_tested():
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    for each in chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()):
        name = re.match(r"[\w.-]+", each)[0].lower()
        assert name == "makemore" or f"\n{name}==" in f"\n{pinned}", name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_actions_are_pinned_by_their_commit(path):
    uses = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert uses
    for each in uses:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each), each


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_workflows_may_read_and_only_publishing_may_ask_for_a_token(path):
    text = path.read_text(encoding="utf-8")
    assert "\npermissions:\n  contents: read\n" in text
    granted = re.findall(r"^ +([\w.-]+): write$", text, re.MULTILINE)
    assert granted == (["id-token"] if path.name == "release.yml" else [])


def test_the_tag_of_a_release_is_its_version():
    dist = program("dist")
    dist.check_tag([], "1.2.3")
    dist.check_tag(["v1.2.3"], "1.2.3")
    with pytest.raises(SystemExit, match=r"the tag is v1.2.4, the version 1.2.3"):
        dist.check_tag(["v1.2.4"], "1.2.3")


def test_the_version_is_in_the_changelog():
    from makemore import __version__

    assert f"\n## {__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
