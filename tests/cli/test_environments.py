"""The command line in strange environments: missing or failing streams, widths, places."""

import os
import re
import signal
import subprocess
import sys

import pytest
from every_command import NAMES, PRINTING, write_inputs

from makemore import MakeMore

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the shell is that of POSIX"),
]

FIT = "fit names.txt -o out.model --model"


@pytest.fixture
def folder(input_copy):
    return input_copy


@pytest.fixture
def shell(folder):
    """Run a shell script in which `M` is makemore; return its status, output and messages."""

    def run(script, **environment):
        done = subprocess.run(
            ["sh", "-c", f'M() {{ "{sys.executable}" -m makemore "$@"; }}; {script}'],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "OMP_NUM_THREADS": "1"}
            | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert "Warning" not in done.stderr
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.mark.parametrize("model", ["kneser_ney", "mlp --steps 3"])
@pytest.mark.parametrize("end", ["2>&-", "2>/dev/full", "2>&1 | head -0", ">&-", "<&- >&- 2>&-"])
def test_a_model_is_saved_although_messages_cannot_be_written(shell, folder, model, end):
    status, out, _ = shell(f"M {FIT} {model} {end}")
    assert (status, out) == (0, "")
    assert MakeMore.load(folder / "out.model").sample(3)


@pytest.mark.parametrize("end", ["2>&-", "2>/dev/full"])
def test_other_results_are_saved_although_messages_cannot_be_written(shell, folder, end):
    assert shell(f"M blend kn.model kn.model -o out.model {end}")[0] == 0
    assert MakeMore.load(folder / "out.model").sample(3)
    assert shell(f"M report kn.model -o out.html {end}")[0] == 0
    assert (folder / "out.html").read_text().startswith("<!doctype html>")


def test_a_message_is_never_printed_as_a_line(shell):
    _, lines, message = shell("M sample kn.model -n 2 --pattern 'a.*'")
    assert message == "exact, automaton\n"
    for end in ("2>&-", "2>/dev/null", "2>/dev/full"):
        assert shell(f"M sample kn.model -n 2 --pattern 'a.*' {end}") == (0, lines, "")


@pytest.mark.parametrize(
    "line",
    [
        "--help",
        "--version",
        "sample --help",
        "data us-names",
        "models",
        "info kn.model",
        "sample kn.model -n 3",
        "top kn.model -n 3",
        "score kn.model names.txt",
    ],
)
def test_missing_standard_output_acts_as_the_null_device(shell, line):
    assert shell(f"M {line} >&-")[:2] == (0, "")
    assert shell(f"M {line} <&- >&- 2>&-") == (0, "", "")


@pytest.mark.parametrize("line", ["--help", "models", "sample kn.model -n 3", "info kn.model"])
def test_full_standard_output_is_an_error_with_a_sentence(shell, line):
    status, _, message = shell(f"M {line} > /dev/full")
    assert (status, message) == (
        1,
        "makemore: standard output cannot be written: no space left on device\n",
    )


def test_missing_standard_input_is_an_error_with_a_sentence(shell):
    status, _, message = shell("M - <&-")
    assert (status, message) == (
        1,
        "makemore: standard input: it is closed: pipe a list into it, or give the path of a file\n",
    )


@pytest.mark.parametrize("columns", ["0", "1", "2", "7", "20", "-1", "x", "", "100000"])
@pytest.mark.parametrize("line", ["--help", "sample --help", "models"])
def test_any_width_of_the_terminal_gives_help(shell, columns, line):
    status, out, message = shell(f"M {line}", COLUMNS=columns)
    assert (status, message) == (0, "")
    assert len(out.splitlines()) > 3


ENVIRONMENTS = {
    "C locale": {"LANG": "C", "LC_ALL": "C"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "POSIX locale": {"LC_ALL": "POSIX"},
    "no HOME": {"HOME": ""},
    "HOME that does not exist": {"HOME": "/nonexistent"},
    "no TERM": {"TERM": ""},
    "dumb TERM": {"TERM": "dumb"},
    "unknown MPLBACKEND": {"MPLBACKEND": "foo"},
    "temporary directory that does not exist": {"TMPDIR": "/nonexistent"},
}


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_verbs_work_in_any_environment(shell, folder, environment):
    (folder / "names.txt").write_text("zo\u00eb\n" + "\n".join(NAMES) + "\n", encoding="utf-8")
    lines = (
        f"{FIT} kneser_ney",
        "sample out.model -n 20 --contains \u00eb",
        "score out.model names.txt",
        "report out.model names.txt -o out.html",
        "probe out.model",
    )
    for line in lines:
        status, _, message = shell(f"M {line}", **environment)
        assert status == 0, message
    assert "\u00eb" in shell("M sample out.model -n 20 --contains \u00eb", **environment)[1]


RUN_LINES = """
import sys
from makemore.cli.main import main
for line in sys.argv[1:]:
    print("$", line, flush=True)
    try:
        main(line.split())
    except SystemExit as stop:
        assert not stop.code, line
"""


@pytest.fixture(scope="module")
def run_every_command(tmp_path_factory):
    """Run all commands that print, in one process; return its status, output and messages."""
    place = tmp_path_factory.mktemp("every")
    write_inputs(place)

    def run(environment):
        done = subprocess.run(
            [sys.executable, "-c", RUN_LINES, *PRINTING],
            cwd=place,
            env={"PATH": os.environ["PATH"], "HOME": str(place), "OMP_NUM_THREADS": "1"}
            | environment,
            capture_output=True,
            check=False,
        )
        messages = re.sub(rb" in \d+\.\d s;", b" in some time;", done.stderr)
        return done.returncode, done.stdout, messages

    return run


@pytest.fixture(scope="module")
def expected(run_every_command):
    return run_every_command({})


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_every_command_prints_the_same_in_any_environment(run_every_command, expected, environment):
    assert expected[0] == 0, expected[2]
    assert run_every_command(environment) == expected


def test_a_working_directory_that_is_gone_is_no_false_sentence(shell, folder):
    gone = "mkdir gone && cd gone && rmdir ../gone"
    assert shell(f"{gone} && M sample ../kn.model -n 2")[0] in (0, 1)
    status, out, message = shell(f"{gone} && M sample {folder}/kn.model -n 2")
    assert (status, out.count("\n"), message) == (0, 2, "")
    status, _, message = shell(f"{gone} && M fit {folder}/names.txt -o out.model --model ngram")
    assert status == 1
    assert "standard output" not in message


def test_a_fifo_as_a_model_is_refused_at_once(shell):
    status, _, message = shell("mkfifo pipe && M sample pipe")
    assert status == 1
    assert "not a regular file" in message


def test_a_read_only_place_is_refused_before_any_work(shell, folder):
    if os.geteuid() == 0:  # root may write anywhere but to the file system of the kernel
        status, _, message = shell("M fit names.txt -o /proc/out.model --model ngram")
    else:
        (folder / "closed").mkdir(mode=0o500)
        status, _, message = shell("M fit names.txt -o closed/out.model --model ngram")
    assert status == 1
    assert "cannot be written" in message


@pytest.mark.parametrize(
    "line", ["sample kn.model -n 99999999999999999999999", "top kn.model -n x"]
)
def test_a_number_beyond_any_bound_is_a_usage_error(shell, line):
    status, out, message = shell(f"M {line}")
    assert (status, out) == (2, "")
    assert message.count("\n") == 1


HUGE = f"{FIT} mlp --steps 2 -O hidden=65536 -O embedding=4096 -O window=64"  # 69 GB


@pytest.mark.parametrize(
    "line, mebibytes", [(HUGE, 200), (HUGE, 1500), (HUGE, 4000), ("sample kn.model -n 5", 200)]
)
def test_a_lack_of_memory_is_an_error_with_a_sentence(shell, line, mebibytes):
    script = f"ulimit -v {mebibytes * 1024}; M {line}"
    status, _, message = shell(script, OPENBLAS_NUM_THREADS="1")
    assert status == 0 or "makemore: there is not enough memory" in message
    assert status in (0, 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_while_counting_leaves_no_file(folder, number):
    script = (
        "import os, signal, sys; from makemore.cli.main import main; "
        f"os.fsync = lambda f: os.kill(os.getpid(), {int(number)}); "
        "signal.signal(signal.SIGINT, signal.default_int_handler); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *f"{FIT} ngram".split()],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 128 + number
    assert "makemore: interrupted" in done.stderr
    left = ["kn.model", "labelled.model", "names.txt"]
    assert sorted(path.name for path in folder.iterdir()) == left
