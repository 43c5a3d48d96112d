"""The command as a whole: where things are printed, exit codes, and one sentence for each error."""

import importlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from makemore import MakeMore, __version__
from makemore.cli.main import VERBS, build_app, insert_default_verb, main
from makemore.errors import CheckpointError, OptionError

RUN = "from makemore.cli.main import main; main()"


@pytest.fixture(scope="session")
def shelf(tmp_path_factory, few) -> Path:
    """A directory with a list, a model and what can be wrong with both."""
    shelf = tmp_path_factory.mktemp("main")
    (shelf / "list.txt").write_text("\n".join(few.to_list()) + "\n")
    (shelf / "one.txt").write_text("anna\n")
    (shelf / "empty.txt").write_text("")
    (shelf / "latin.txt").write_bytes(b"jos\xe9\n")
    (shelf / "table.csv").write_text("name,sex,births\nanna,F,30\nben,M,x\n")
    MakeMore("kneser_ney").fit(few).save(shelf / "model")
    MakeMore("kneser_ney", keep_digests=False).fit(few).save(shelf / "blind")
    (shelf / "cut").write_bytes((shelf / "model").read_bytes()[:-9])
    (shelf / "folder").mkdir()
    return shelf


def run(capsys, shelf: Path, line: str) -> tuple[int, str, str]:
    """Runs a command line whose {words} are files on the shelf: exit code, output, errors."""
    words = {path.name.partition(".")[0]: path for path in shelf.iterdir()}
    try:
        main([part.format(shelf=shelf, **words) for part in line.split()])
        code = 0
    except SystemExit as stop:
        code = stop.code or 0
    return code, *capsys.readouterr()


USAGE = [
    "--bogus",
    "sample",
    "sample {model} --bogus",
    "sample {model} -n",
    "sample {model} -n -1",
    "sample {model} -n x",
    "sample {model} -n 1.5",
    "sample {model} extra",
    "sample {model} --temperature 0",
    "sample {model} --temperature -1",
    "sample {model} --temperature nan",
    "sample {model} --temperature hot",
    "sample {model} --top-k 0",
    "sample {model} --top-p 2",
    "sample {model} --seed -1",
    "sample {model} --max-length 0",
    "sample {model} --patience 0",
    "sample {model} --label F",
    "sample {blind} --new",
    "smaple {model}",
    "evaluat {model} {list}",
    "score {model}",
    "evaluate {model} {list} --seed -1",
    "evaluate {model} {list} --samples -1",
    "fit {list}",
    "fit {list} -o {shelf}/new --model gpt5",
    "fit {list} -o {shelf}/new -O window=3",
    "fit {list} -o {shelf}/new --model ngram -O window",
    "fit {list} -o {shelf}/new --model ngram -O window=x",
    "fit {list} -o {shelf}/new --model ngram -O window=0",
    "fit {list} -o {shelf}/new --model ngram -O window=3.5",
    "fit {list} -o {shelf}/new --model ngram -O hidden=3",
    "fit {list} -o {shelf}/new --split random",
    "fit {list} -o {shelf}/new --budget soon",
    "fit {list} -o {shelf}/new --steps 0",
    "fit {list} -o {shelf}/new --test 1",
    "fit {list} -o {shelf}/new --seed -1",
    "fit {table} -o {shelf}/new --weight-column births",
    "make {list} --model gpt5",
    "{list} --model gpt5",
    "{list} -n -1",
    "demo -n -1",
    "models gpt5",
    "models ngram extra",
    "data us_names",
    "info",
    "data cities --table",
]

OTHERS = [
    "{shelf}/none.txt",
    "none.txt",
    "{folder}",
    "{empty}",
    "{latin}",
    "{list} --encoding nope",
    "{list} --column 2",
    "{table}",
    "{table} --column nam",
    "{table} --column name --weight-column births",
    "{model}",
    "make {shelf}/none.txt",
    "fit {list} -o {shelf}/none/new",
    "fit {list} -o {folder}",
    "fit {list} -o {list}/new",
    "{list} -o {shelf}/none/new",
    "sample {shelf}/none",
    "sample {folder}",
    "sample {list}",
    "sample {one}",
    "sample {empty}",
    "sample {cut}",
    "sample {model} --prefix x",
    "sample {model} --prefix anna --max-length 3",
    "sample {model} --exclude {shelf}/none.txt",
    "sample {model} --exclude {model}",
    "score {model} {shelf}/none.txt",
    "score {model} {empty}",
    "score {model} {model}",
    "score {list} {list}",
    "score {cut} {list}",
    "evaluate {model} {latin}",
    "evaluate {cut} {list}",
    "info {shelf}/none",
    "info {list}",
    "info {cut}",
    "info {folder}",
]


@pytest.mark.parametrize(
    "line, expected", [*((line, 2) for line in USAGE), *((line, 1) for line in OTHERS)]
)
def test_every_error_is_one_sentence_and_nothing_is_written(capsys, shelf, line, expected):
    before = {path: path.stat().st_mtime_ns for path in shelf.rglob("*")}
    code, out, err = run(capsys, shelf, line)
    assert out == ""
    assert err.startswith("makemore: ")
    assert err.count("\n") == 1
    assert len(err) > len("makemore: x\n")
    assert code == expected
    assert {path: path.stat().st_mtime_ns for path in shelf.rglob("*")} == before


@pytest.mark.parametrize("line", ["{list} --test 0.9", "demo --model gpt5"])
def test_an_error_after_something_was_said_is_still_one_sentence_at_the_end(capsys, shelf, line):
    code, out, err = run(capsys, shelf, line)
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].startswith("makemore: ")
    assert err.count("makemore: ") == 1


@pytest.mark.parametrize(
    "more, said",
    [
        ("--steps 9", "; no training steps were run, so --steps had no effect"),
        ("--budget 1 --weight-decay 1", "so --budget and --weight-decay had no effect"),
        ("", "train"),
    ],
)
def test_what_is_said_of_a_training_is_said_to_be_idle_where_lines_are_counted(
    capsys, shelf, more, said
):
    _, _, err = run(capsys, shelf, f"{{list}} --model ngram {more}")
    (learned,) = [line for line in err.splitlines() if line.startswith("fitted")]
    assert said in learned
    assert ("had no effect" in learned) == bool(more)


def test_options_of_a_training_are_not_idle_where_there_is_one(capsys, shelf):
    _, _, err = run(capsys, shelf, "{list} --model mlp --steps 2")
    assert "2 steps" in err
    assert "had no effect" not in err


def test_a_word_too_many_is_named(capsys, shelf):
    _, _, err = run(capsys, shelf, "score {model} {list} twice over")
    assert "unexpected arguments: twice over; leave them out" in err


@pytest.mark.parametrize("split", ["lecture", "clean", "digest"])
def test_a_list_of_one_line_is_learned_or_refused_with_a_sentence(capsys, shelf, split):
    code, out, err = run(capsys, shelf, f"{{one}} -n 2 --split {split}")
    assert (code == 0 and out.count("\n") == 2) or (out == "" and err.count("makemore: ") == 1)


def test_a_sentence_of_many_lines_is_printed_as_one(capsys, shelf):
    with pytest.raises(SystemExit) as stop:
        main(["sample", f"{shelf}/two\nlines"])
    assert stop.value.code == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_an_empty_word_in_the_place_of_a_file_is_refused_with_a_sentence(capsys):
    with pytest.raises(SystemExit):
        main([""])
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert not err.startswith("makemore: is")


@pytest.mark.parametrize(
    "line, error",
    [("sample {list}", CheckpointError), ("sample {model} --temperature 0", OptionError)],
)
def test_debug_shows_the_error_itself(shelf, line, error):
    words = {"list": shelf / "list.txt", "model": shelf / "model"}
    with pytest.raises(error):
        main([*(part.format(**words) for part in line.split()), "--debug"])


def test_debug_changes_nothing_where_nothing_is_wrong(capsys, shelf):
    assert run(capsys, shelf, "sample {model} -n 3 --debug") == run(
        capsys, shelf, "sample {model} -n 3"
    )


@pytest.mark.parametrize("line", ["", "--help", "-h"])
def test_help_names_every_verb_on_standard_output(capsys, shelf, line):
    code, out, err = run(capsys, shelf, line)
    assert (code, err) == (0, "")
    assert all(verb in out for verb in VERBS)
    assert "makemore names.txt learns the list" in " ".join(out.split())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(capsys, shelf, verb):
    code, out, err = run(capsys, shelf, f"{verb} --help")
    assert (code, err) == (0, "")
    assert f"makemore {verb}" in out
    assert "--debug" not in out


def test_the_version_is_the_packages(capsys, shelf):
    assert run(capsys, shelf, "--version") == (0, f"{__version__}\n", "")


def test_the_verb_make_may_be_left_out(capsys, shelf):
    code, out, _ = run(capsys, shelf, "make {list} -n 4 --seed 3")
    assert (code, out.count("\n")) == (0, 4)
    assert run(capsys, shelf, "{list} -n 4 --seed 3")[1] == out


def test_a_file_named_like_a_verb_is_still_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("samples").write_text("anna\n")
    assert insert_default_verb(["samples"]) == ["make", "samples"]
    with pytest.raises(
        OptionError, match=r"'sampl' is neither a file nor a verb: did you mean .* sample"
    ):
        insert_default_verb(["sampl"])


class FullDisk(io.StringIO):
    """Standard output on a disk without room, which shows in one of two moments."""

    def __init__(self, moment: str) -> None:
        super().__init__()
        self.moment = moment

    def write(self, text: str) -> int:
        return self.happen("write") or super().write(text)

    def flush(self) -> None:
        self.happen("flush")

    def happen(self, moment: str) -> None:
        if moment == self.moment:
            raise OSError(28, "No space left on device")


@pytest.mark.parametrize("moment", ["write", "flush"])
def test_a_full_disk_is_one_sentence(capsys, monkeypatch, shelf, moment):
    monkeypatch.setattr(sys, "stdout", FullDisk(moment))
    with pytest.raises(SystemExit) as stop:
        main(["sample", str(shelf / "model"), "-n", "3"])
    monkeypatch.undo()
    err = capsys.readouterr().err
    assert stop.value.code == 1
    assert err.startswith("makemore: ")
    assert err.count("\n") == 1


def loaded(*arguments: str) -> set[str]:
    """Which of the heavy libraries a command line imports."""
    program = (
        "import sys\nfrom makemore.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "finally:\n    print(*({'numpy', 'torch', 'rich'} & {*sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stdout
    return set(done.stderr.split())


def test_help_imports_neither_numpy_nor_torch():
    assert not {"numpy", "torch"} & loaded("--help")


def test_sampling_from_a_counted_model_does_not_import_torch(shelf):
    found = loaded("sample", str(shelf / "model"), "-n", "3")
    assert "numpy" in found
    assert "torch" not in found


@pytest.mark.parametrize("n", ["3", "50000"])
def test_a_reader_that_has_had_enough_gives_no_traceback(shelf, n):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-c", RUN, "sample", str(shelf / "model"), "-n", n]
    # Unbuffered, a few lines would fail at once; buffered, as is usual, only when they are flushed.
    usual = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    with os.fdopen(write, "wb") as closed:
        done = subprocess.run(
            command, stdout=closed, stderr=subprocess.PIPE, env=usual, check=False
        )
    assert done.stderr == b""
    assert done.returncode == 1


def test_lines_are_utf_8_whatever_the_locale(tmp_path):
    accented = ["jos\u00e9", "zo\u00eb", "bj\u00f6rn", "\u4e2d\u6587"]
    (tmp_path / "list").write_text("\n".join(accented), encoding="utf-8")
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONIOENCODING"}
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path / "list"), "-n", "200", "--top-k", "1"],
        capture_output=True,
        env={**kept, **plain},
        check=True,
    )
    assert set(done.stdout.decode("utf-8").split()) <= set("".join(accented)) | set(accented)
    assert not done.stdout.isascii()


def test_options_that_contradict_are_found_before_the_list_is_read(capsys):
    with pytest.raises(SystemExit) as left:
        main(["no such list.txt", "--steps", "3", "--budget", "1s"])
    assert left.value.code == 2
    assert "steps and budget both say" in capsys.readouterr().err


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_every_verb_has_an_example_that_parses(verb):
    module = importlib.import_module(f"makemore.cli.verbs.{verb.replace('-', '_')}")
    text = " ".join((getattr(module, verb.replace("-", "_")).__doc__ or "").split())
    example = re.search(r"For example: (makemore .*?) Args:", text)[1].split(" > ")[0]
    _, *tokens = example.split()
    assert insert_default_verb(tokens)[0] == verb
    build_app().parse_args(insert_default_verb(tokens), exit_on_error=False, print_error=False)
