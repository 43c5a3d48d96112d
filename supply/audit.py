"""Check known vulnerabilities and licences of dependencies: `python supply/audit.py`.

Vulnerabilities are queried from PyPI with pip-audit for every version in constraints.txt; a package
that cannot be queried is an error, never a pass. Licences are those declared by the installed
packages, for the runtime dependencies and all their dependencies.
"""

import importlib.metadata as metadata
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
# Permissive licences, alone or combined with AND and OR.
PERMISSIVE = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause",
    "BSL-1.0", "CC0-1.0", "HPND", "ISC", "MIT", "MIT-CMU", "PSF-2.0", "Python-2.0", "Unlicense",
    "Zlib",
}  # fmt: skip
OLD_NAMES = {  # names used in metadata before SPDX expressions
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "mit license": "MIT",
    "python software foundation license": "PSF-2.0",
}
JUSTIFIED = {"frozendict": "LGPL-3.0-only"}  # reasons are in docs/decisions/README.md
OF_CUDA = ("nvidia-", "cuda-")  # installed only by PyTorch builds for CUDA


def main() -> None:
    """Print all findings, and exit with 1 if there are any."""
    wrong = [*vulnerabilities(ROOT / "constraints.txt"), *licences()]
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    sys.exit(1 if wrong else 0)


def vulnerabilities(constraints: Path) -> Iterator[str]:
    """Yield a sentence for each known vulnerability, and for each failed query."""
    command = ["-m", "pip_audit", "-f", "json", "--progress-spinner", "off", "--no-deps"]
    done = subprocess.run(
        [sys.executable, *command, "--disable-pip", "-r", str(constraints)],
        capture_output=True,
        text=True,
        check=False,
    )
    pins = [line for line in constraints.read_text("utf-8").splitlines() if line.strip()]
    return findings_in(done.stdout, done.stderr, len(pins))


def findings_in(answer: str, messages: str, pins: int) -> Iterator[str]:
    """Yield the findings in the output of pip-audit; packages it could not query are findings."""
    try:
        asked = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (messages.strip().splitlines() or ["pip-audit printed nothing"])[-1]
        yield f"vulnerabilities are unknown: the service could not be queried ({last})"
        return
    skipped = [each["name"] for each in asked if "skip_reason" in each]
    if skipped:
        yield (
            f"vulnerabilities are unknown for {len(skipped)} of {pins} packages, as the service "
            f"could not be reached or does not know them: {', '.join(skipped[:5])}"
            f"{f' and {len(skipped) - 5} more' if len(skipped) > 5 else ''}"
        )
    if len(asked) < pins:
        missing = pins - len(asked)
        yield f"vulnerabilities are unknown for {missing} packages: pip-audit did not list them"
    for each in asked:
        for found in each.get("vulns", []):
            fixed = ", ".join(found["fix_versions"]) or "no version yet"
            yield f"{each['name']} {each['version']} has {found['id']}, fixed in {fixed}"
    print(f"{len(asked) - len(skipped)} of {pins} versions queried", file=sys.stderr)


def licences() -> Iterator[str]:
    """Yield a sentence for each package whose licence is neither permissive nor justified."""
    packages = sorted(closure())
    for name in packages:
        licence = licence_of(name)
        is_allowed = JUSTIFIED.get(name) == licence or name.startswith(OF_CUDA)
        if not is_permissive(licence) and not is_allowed:
            yield f"{name} has the licence {licence!r}, which is not among those that are allowed"
    print(f"{len(packages)} licences read", file=sys.stderr)


def closure() -> set[str]:
    """Return the runtime dependencies and their transitive dependencies on this platform."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    waiting = [Requirement(text) for text in project["dependencies"]]
    seen: set[tuple[str, str]] = set()
    while waiting:
        wanted = waiting.pop()
        for extra in ("", *sorted(wanted.extras)):
            key = (canonicalize_name(wanted.name), extra)
            if key not in seen:
                seen.add(key)
                further = map(Requirement, metadata.requires(wanted.name) or ())
                waiting += [
                    each
                    for each in further
                    if each.marker is None or each.marker.evaluate({"extra": extra})
                ]
    return {name for name, _ in seen}


def licence_of(name: str) -> str:
    """Return the declared licence: an SPDX expression, else classifiers, else the old field."""
    about = metadata.metadata(name)
    if about.get("License-Expression"):
        return about["License-Expression"]
    marks = [mark for mark in about.get_all("Classifier", []) if mark.startswith("License ::")]
    named = [mark.split(" :: ")[-1] for mark in marks]
    named = [mark for mark in named if mark != "OSI Approved"]
    return " AND ".join(named) or (about.get("License") or "none").strip().splitlines()[0]


def is_permissive(licence: str) -> bool:
    """Whether every part of an expression is permissive; for OR, one alternative suffices."""
    either = re.split(r"\s+OR\s+", licence.replace("(", "").replace(")", ""))
    parts = [re.split(r"\s+AND\s+", each) for each in either]
    plain = [[OLD_NAMES.get(one.strip().lower(), one.strip()) for one in each] for each in parts]
    return any(set(each) <= PERMISSIVE for each in plain)


if __name__ == "__main__":
    main()
