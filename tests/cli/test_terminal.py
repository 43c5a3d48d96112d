"""Control sequences in a list, a file name or an option never reach a terminal unescaped."""

import contextlib
import json
import os
import re
import sys
import threading

import pytest

from makemore import MakeMore
from makemore.cli.console import format_table, write_json
from makemore.cli.main import main

pty = pytest.importorskip("pty", reason="a terminal is needed")

STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
EVIL = "\x1b[2J"
LINES = [
    f"anna{EVIL}",
    "\x1b]0;owned\x07ben",
    "c\x9b31md",
    "e\x85f\x7f",
    "\u202egnp.exe\u2066x\u2069",
    "\u05e9\u05dc\u05d5\u05dd",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd",
    "e\u0301\u0323\u0302" * 9,
    "tab\there",
]
LABELS = [f"F{EVIL}", "M\u202e"] * 5
NAME, MODEL, LABELLED = f"li{EVIL}\u202est.txt", f"mo{EVIL}del", "labels\x9b"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("terminal")
    (folder / NAME).write_text("\n".join(LINES * 3) + "\n", encoding="utf-8")
    MakeMore("kneser_ney").fit(LINES * 3).save(folder / MODEL)
    MakeMore("kneser_ney").fit(LINES, labels=LABELS).save(folder / LABELLED)
    return folder


@pytest.fixture
def terminal(folder, monkeypatch):
    """Run a command line on a pseudo-terminal and return the text that it received."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TERM", "dumb")  # no colours and no bars of our own

    def run_line(*arguments):
        master, slave = pty.openpty()
        found: list[bytes] = []

        def listen():
            with contextlib.suppress(OSError):  # the other side was closed
                while piece := os.read(master, 65536):
                    found.append(piece)

        listener = threading.Thread(target=listen)
        listener.start()
        with open(slave, "w", encoding="utf-8") as stream, monkeypatch.context() as changed:
            changed.setattr(sys, "stdout", stream)
            changed.setattr(sys, "stderr", stream)
            with contextlib.suppress(SystemExit):
                main(arguments)
        listener.join()
        os.close(master)
        return b"".join(found).decode().replace("\r\n", "\n")

    return run_line


@pytest.mark.parametrize(
    "arguments",
    [
        (NAME, "-n", "5"),
        (NAME, "-n", "5", "--json"),
        ("fit", NAME, "-o", f"{EVIL}.model", "--model", "ngram"),
        ("sample", MODEL, "-n", "50"),
        ("sample", MODEL, "-n", "50", "--json", "--scores"),
        ("sample", MODEL, "-n", "5", "--scores", "--prefix", f"anna{EVIL}"),
        ("top", MODEL, "-n", "9"),
        ("top", MODEL, "-n", "9", "--json"),
        ("score", MODEL, NAME),
        ("score", MODEL, NAME, "--detail"),
        ("score", MODEL, NAME, "--json", "--detail"),
        ("score", LABELLED, NAME, "--by-label"),
        ("score", LABELLED, NAME, "--by-label", "--json"),
        ("rank", MODEL, NAME, "--draws", "100"),
        ("rank", MODEL, NAME, "--draws", "100", "--json"),
        ("odd", NAME),
        ("odd", MODEL, NAME),
        ("odd", MODEL, NAME, "--json"),
        ("classify", LABELLED, NAME),
        ("classify", LABELLED, NAME, "--json"),
        ("evaluate", LABELLED, NAME, "--samples", "20"),
        ("info", LABELLED),
        ("info", LABELLED, "--json"),
        ("probe", MODEL, NAME),
        ("probe", MODEL, NAME, "--json"),
        ("report", MODEL, NAME, "-o", "-"),
        ("blend", MODEL, LABELLED, "-o", f"both{EVIL}"),
    ],
    ids=ascii,
)  # fmt: skip
def test_no_result_contains_terminal_control_sequences(terminal, arguments):
    shown = terminal(*arguments)
    assert shown
    assert "Traceback" not in shown
    assert not STEERS.search(shown)


@pytest.mark.parametrize(
    "arguments",
    [
        (f"none{EVIL}",),
        (f"fi{EVIL}t",),
        (f"fir{EVIL}", "x"),
        ("fit", f"--{EVIL}", "x"),
        (NAME, "-n", f"5{EVIL}"),
        (NAME, "--model", EVIL),
        (NAME, "--model", "ngram", "-O", f"{EVIL}=1"),
        (NAME, "--model", "ngram", "-O", f"window={EVIL}"),
        (NAME, "--model", "ngram", "-O", EVIL),
        (NAME, "--budget", EVIL),
        (NAME, "--device", EVIL),
        (NAME, "--encoding", EVIL),
        (NAME, "--column", EVIL),
        (NAME, "--prefix", f"z{EVIL}"),
        (NAME, "--prefix", f"{EVIL}\ud800"),
        (NAME, "--label", EVIL),
        ("sample", NAME),
        ("sample", MODEL, "--pattern", f"({EVIL}"),
        ("sample", MODEL, "--suffix", f"z{EVIL}"),
        ("sample", LABELLED, "--label", f"z{EVIL}"),
        ("fit", NAME, "-o", f"{EVIL}/{EVIL}"),
        ("fit", MODEL, "-o", "x"),
        ("data", EVIL),
        ("models", EVIL),
        ("report", MODEL, "-o", f"{EVIL}/x"),
        ("report", MODEL, "-o", "x", "--recording", EVIL),
        ("rate-range", NAME, "--picture", EVIL),
        ("blend", MODEL, LABELLED, "-o", "both", "--weights", EVIL),
    ],
    ids=ascii,
)  # fmt: skip
def test_no_error_contains_terminal_control_sequences(terminal, arguments):
    shown = terminal(*arguments)
    assert shown.splitlines()[-1].startswith("makemore: ")
    assert not STEERS.search(shown)


def test_tabs_still_separate_columns_on_a_terminal(terminal):
    rows = terminal("top", MODEL, "-n", "3").splitlines()
    assert all(re.match(r"-\d+\.\d{4}\t", row) for row in rows)


def test_escaped_json_decodes_to_the_original_text(capsys):
    write_json({"line": "".join(LINES)})
    out = capsys.readouterr().out
    assert not STEERS.search(out)
    assert json.loads(out) == {"line": "".join(LINES)}
    assert "\u05e9" in out


def test_table_columns_use_the_display_width_of_characters():
    assert format_table([("\u65e5\u672c", "1"), ("a", "2")]) == ["\u65e5\u672c  1", "a     2"]
    assert format_table([]) == []
    long = "x" * 200_000
    assert format_table([(long, "1")]) == [f"{long}  1"]
