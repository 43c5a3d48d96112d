"""The supply chain: the audit of dependencies, the release and the workflows."""

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


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "supply" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CLEAN = {"name": "a", "version": "1", "vulns": []}
VULNERABLE = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3", "4"]}]}
SKIPPED = {"name": "c", "skip_reason": "not found on PyPI and could not be audited"}


@pytest.mark.parametrize(
    "answer, messages, pins, sentence",
    [
        ([CLEAN, VULNERABLE], "", 2, r"^b 2 has CVE-1, fixed in 3, 4$"),
        ([CLEAN, SKIPPED], "", 2, r"unknown for 1 of 2 packages, as the service could .*: c$"),
        ([CLEAN], "", 2, r"unknown for 1 packages: pip-audit did not list them$"),
        (None, "Traceback\n  ...\nConnectionError: no such host", 2, r"\(ConnectionError: no such"),
        (None, "", 2, r"could not be queried \(pip-audit printed nothing\)$"),
    ],
)
def test_unknown_or_vulnerable_packages_fail_the_audit(answer, messages, pins, sentence):
    text = "" if answer is None else json.dumps({"dependencies": answer, "fixes": []})
    (found,) = script("audit").findings_in(text, messages, pins)
    assert re.search(sentence, found)


def test_an_audit_without_findings_reports_nothing(capsys):
    answer = json.dumps({"dependencies": [CLEAN, CLEAN]})
    assert list(script("audit").findings_in(answer, "", 2)) == []
    assert "2 of 2 versions queried" in capsys.readouterr().err


@pytest.mark.parametrize(
    "licence, is_permissive",
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
def test_a_licence_expression_is_permissive_if_every_binding_part_is(licence, is_permissive):
    assert script("audit").is_permissive(licence) == is_permissive


def test_every_installed_licence_is_allowed():
    audit = script("audit")
    assert list(audit.licences()) == []
    assert {"numpy", "torch", "markupsafe", "frozendict"} <= audit.closure()


def test_a_licence_that_is_not_allowed_is_reported(monkeypatch):
    audit = script("audit")
    monkeypatch.setattr(audit, "JUSTIFIED", {})
    (sentence,) = audit.licences()
    assert sentence.startswith("frozendict has the licence 'LGPL-3.0-only', which is not among")


def test_every_dependency_is_justified_in_the_decisions():
    decisions = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    # An entry is a paragraph, "**Topic**: decision. Reasons."
    entry = re.compile(r"\*\*[^*]+\*\*: (.+?)\.\s+\S", re.DOTALL)
    entries = [found[1] for part in decisions.split("\n\n") if (found := entry.match(part))]
    assert len(entries) > 80
    for wanted in PROJECT["dependencies"]:
        name = re.match(r"[\w.-]+", wanted)[0]
        assert any(f"`{name}`" in decision for decision in entries), name


def test_every_dependency_is_pinned_in_the_constraints():
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    for each in chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()):
        name = re.match(r"[\w.-]+", each)[0].lower()
        assert name == "makemore" or f"\n{name}==" in f"\n{pinned}", name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_actions_are_pinned_to_a_commit(path):
    uses = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert uses
    for each in uses:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each), each


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_workflows_are_read_only_except_for_publishing(path):
    text = path.read_text(encoding="utf-8")
    assert "\npermissions:\n  contents: read\n" in text
    granted = re.findall(r"^ +([\w.-]+): write$", text, re.MULTILINE)
    assert granted == (["id-token"] if path.name == "release.yml" else [])


def test_the_release_tag_must_match_the_version():
    dist = script("dist")
    dist.check_tag([], "1.2.3")
    dist.check_tag(["v1.2.3"], "1.2.3")
    with pytest.raises(SystemExit, match=r"the tag is v1.2.4, the version 1.2.3"):
        dist.check_tag(["v1.2.4"], "1.2.3")


def test_the_version_is_in_the_changelog():
    from makemore import __version__

    assert f"\n## {__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
