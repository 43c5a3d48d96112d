"""Types between subpackages are precise, and a command enters few files."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent
SOURCE = HOUSE.parents[1] / "src" / "makemore"
LINES = [
    line for path in sorted(SOURCE.rglob("*.py")) for line in path.read_text("utf-8").splitlines()
]


@pytest.mark.parametrize(
    "what, most",
    [
        (r"\bAny\b", 30),
        (r"\bcast\(", 0),
        (r": object\b|\bobject\]", 4),
        (r"type: ignore", 10),
    ],
)
def test_loose_type_annotations_stay_rare(what, most):
    assert sum(bool(re.search(what, line)) for line in LINES) <= most


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hops")
    (folder / "names.txt").write_text(
        run_with_hops(folder, "data us-names").stdout, encoding="utf-8"
    )
    return folder


def run_with_hops(folder, arguments):
    """Run a command under `hops.py`: its output, and the counts on standard error."""
    command = [sys.executable, HOUSE / "hops.py", *arguments.split()]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", check=True, cwd=folder
    )


def test_a_command_enters_few_files(folder):
    for arguments, most_files, most_changes in [
        ("fit names.txt --model kneser_ney -o m", 50, 420),
        ("sample m --suffix son --new --distinct -n 5", 47, 220),
    ]:
        files, changes = re.findall(
            r"\d+", run_with_hops(folder, arguments).stderr.splitlines()[-1]
        )
        assert int(files) <= most_files, arguments
        assert int(changes) <= most_changes, arguments
