"""Where rooms meet, types are precise, and few files lie between a command and its result."""

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
def test_types_say_what_they_mean(what, most):
    assert sum(bool(re.search(what, line)) for line in LINES) <= most


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("hops")
    (place / "names.txt").write_text(listed(place, "data us-names").stdout, encoding="utf-8")
    return place


def listed(place, arguments):
    """What a command prints, and on standard error the files it enters and how often it changes."""
    command = [sys.executable, HOUSE / "hops.py", *arguments.split()]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", check=True, cwd=place
    )


def test_few_files_lie_between_a_command_and_its_result(place):
    for arguments, most_files, most_changes in [
        ("fit names.txt --model kneser_ney -o m", 36, 210),
        ("sample m --suffix son --new --distinct -n 5", 32, 150),
    ]:
        files, changes = re.findall(r"\d+", listed(place, arguments).stderr.splitlines()[-1])
        assert int(files) <= most_files, arguments
        assert int(changes) <= most_changes, arguments
