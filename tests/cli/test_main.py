"""The command as a whole: output streams, exit codes, and one line for each error."""

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
def root(tmp_path_factory, few) -> Path:
    """A directory with a list, a model, and invalid variants of both."""
    root = tmp_path_factory.mktemp("main")
    (root / "list.txt").write_text("\n".join(few.to_list()) + "\n")
    (root / "one.txt").write_text("anna\n")
    (root / "empty.txt").write_text("")
    (root / "latin.txt").write_bytes(b"jos\xe9\n")
    (root / "table.csv").write_text("name,sex,births\nanna,F,30\nben,M,x\n")
    MakeMore("kneser_ney").fit(few).save(root / "model")
    MakeMore("kneser_ney", keep_digests=False).fit(few).save(root / "blind")
    (root / "cut").write_bytes((root / "model").read_bytes()[:-9])
    (root / "folder").mkdir()
    return root


def run(capsys, root: Path, line: str) -> tuple[int, str, str]:
    """Run a command line whose {words} are files in `root`; return exit code, output, messages."""
    words = {path.name.partition(".")[0]: path for path in root.iterdir()}
    try:
        main([part.format(root=root, **words) for part in line.split()])
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
    "sample {model} --temperature 0.0001",
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
    "fit {list} -o {root}/new --model gpt5",
    "fit {list} -o {root}/new -O window=3",
    "fit {list} -o {root}/new --model ngram -O window",
    "fit {list} -o {root}/new --model ngram -O window=x",
    "fit {list} -o {root}/new --model ngram -O window=0",
    "fit {list} -o {root}/new --model ngram -O window=3.5",
    "fit {list} -o {root}/new --model ngram -O hidden=3",
    "fit {list} -o {root}/new --split random",
    "fit {list} -o {root}/new --budget soon",
    "fit {list} -o {root}/new --steps 0",
    "fit {list} -o {root}/new --test 1",
    "fit {list} -o {root}/new --seed -1",
    "fit {table} -o {root}/new --weight-column births",
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
    "{root}/none.txt",
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
    "make {root}/none.txt",
    "fit {list} -o {root}/none/new",
    "fit {list} -o {folder}",
    "fit {list} -o {list}/new",
    "{list} -o {root}/none/new",
    "sample {root}/none",
    "sample {folder}",
    "sample {list}",
    "sample {one}",
    "sample {empty}",
    "sample {cut}",
    "sample {model} --prefix x",
    "sample {model} --prefix anna --max-length 3",
    "sample {model} --exclude {root}/none.txt",
    "sample {model} --exclude {model}",
    "score {model} {root}/none.txt",
    "score {model} {empty}",
    "score {model} {model}",
    "score {list} {list}",
    "score {cut} {list}",
    "evaluate {model} {latin}",
    "evaluate {cut} {list}",
    "info {root}/none",
    "info {list}",
    "info {cut}",
    "info {folder}",
]


@pytest.mark.parametrize(
    "line, expected", [*((line, 2) for line in USAGE), *((line, 1) for line in OTHERS)]
)
def test_every_error_is_one_line_and_changes_no_file(capsys, root, line, expected):
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    code, out, err = run(capsys, root, line)
    assert out == ""
    assert err.startswith("makemore: ")
    assert err.count("\n") == 1
    assert len(err) > len("makemore: x\n")
    assert code == expected
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


@pytest.mark.parametrize("line", ["{list} --test 0.9", "demo --model gpt5"])
def test_an_error_after_other_messages_is_one_line_at_the_end(capsys, root, line):
    code, out, err = run(capsys, root, line)
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].startswith("makemore: ")
    assert err.count("makemore: ") == 1


@pytest.mark.parametrize(
    "more, message",
    [
        ("--steps 9", "; no training steps were run, so --steps had no effect"),
        ("--budget 1 --weight-decay 1", "so --budget and --weight-decay had no effect"),
        ("", "train"),
    ],
)
def test_training_options_are_reported_as_unused_by_a_count_model(capsys, root, more, message):
    _, _, err = run(capsys, root, f"{{list}} --model ngram {more}")
    (learned,) = [line for line in err.splitlines() if line.startswith("fitted")]
    assert message in learned
    assert ("had no effect" in learned) == bool(more)


def test_training_options_are_not_reported_as_unused_by_a_network(capsys, root):
    _, _, err = run(capsys, root, "{list} --model mlp --steps 2")
    assert "2 steps" in err
    assert "had no effect" not in err


def test_surplus_arguments_are_named_in_the_error(capsys, root):
    _, _, err = run(capsys, root, "sample {model} twice over")
    assert "unexpected arguments: twice over; leave them out" in err


@pytest.mark.parametrize("split", ["lecture", "clean", "digest"])
def test_a_list_of_one_line_is_fitted_or_rejected_with_one_line(capsys, root, split):
    code, out, err = run(capsys, root, f"{{one}} -n 2 --split {split}")
    assert (code == 0 and out.count("\n") == 2) or (out == "" and err.count("makemore: ") == 1)


def test_an_error_message_with_line_breaks_is_printed_on_one_line(capsys, root):
    with pytest.raises(SystemExit) as stop:
        main(["sample", f"{root}/two\nlines"])
    assert stop.value.code == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_an_empty_file_argument_is_rejected_with_one_line(capsys):
    with pytest.raises(SystemExit):
        main([""])
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert not err.startswith("makemore: is")


@pytest.mark.parametrize(
    "line, error",
    [("sample {list}", CheckpointError), ("sample {model} --temperature 0.0001", OptionError)],
)
def test_debug_raises_the_original_error(root, line, error):
    words = {"list": root / "list.txt", "model": root / "model"}
    with pytest.raises(error):
        main([*(part.format(**words) for part in line.split()), "--debug"])


def test_debug_has_no_effect_without_an_error(capsys, root):
    assert run(capsys, root, "sample {model} -n 3 --debug") == run(
        capsys, root, "sample {model} -n 3"
    )


@pytest.mark.parametrize("line", ["", "--help", "-h"])
def test_help_names_every_verb_on_standard_output(capsys, root, line):
    code, out, err = run(capsys, root, line)
    assert (code, err) == (0, "")
    assert all(verb in out for verb in VERBS)
    assert "makemore names.txt prints twenty new lines" in " ".join(out.split())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(capsys, root, verb):
    code, out, err = run(capsys, root, f"{verb} --help")
    assert (code, err) == (0, "")
    assert f"makemore {verb}" in out
    assert "--debug" not in out


def test_version_prints_the_package_version(capsys, root):
    assert run(capsys, root, "--version") == (0, f"{__version__}\n", "")


def test_the_verb_make_may_be_omitted(capsys, root):
    code, out, _ = run(capsys, root, "make {list} -n 4 --seed 3")
    assert (code, out.count("\n")) == (0, 4)
    assert run(capsys, root, "{list} -n 4 --seed 3")[1] == out


def test_a_file_named_like_a_verb_is_read_as_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("samples").write_text("anna\n")
    assert insert_default_verb(["samples"]) == ["make", "samples"]
    with pytest.raises(
        OptionError, match=r"'sampl' is neither a file nor a command: did you mean .* sample"
    ):
        insert_default_verb(["sampl"])


class FullDisk(io.StringIO):
    """Standard output on a full disk, which fails on `write` or on `flush`."""

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
def test_a_full_disk_is_a_one_line_error(capsys, monkeypatch, root, moment):
    monkeypatch.setattr(sys, "stdout", FullDisk(moment))
    with pytest.raises(SystemExit) as stop:
        main(["sample", str(root / "model"), "-n", "3"])
    monkeypatch.undo()
    err = capsys.readouterr().err
    assert stop.value.code == 1
    assert err.startswith("makemore: ")
    assert err.count("\n") == 1


def loaded(*arguments: str) -> set[str]:
    """Return which of numpy, torch and rich a command line imports."""
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


def test_sampling_from_a_count_model_does_not_import_torch(root):
    found = loaded("sample", str(root / "model"), "-n", "3")
    assert "numpy" in found
    assert "torch" not in found


@pytest.mark.parametrize("n", ["3", "50000"])
def test_a_closed_pipe_gives_no_traceback(root, n):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-c", RUN, "sample", str(root / "model"), "-n", n]
    # Unbuffered, a few lines would fail at once; buffered, as is the default, only when flushed.
    usual = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    with os.fdopen(write, "wb") as closed:
        done = subprocess.run(
            command, stdout=closed, stderr=subprocess.PIPE, env=usual, check=False
        )
    assert done.stderr == b""
    assert done.returncode == 1


def test_output_is_utf_8_in_every_locale(tmp_path):
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


def test_contradictory_options_are_rejected_before_the_list_is_read(capsys):
    with pytest.raises(SystemExit) as left:
        main(["no such list.txt", "--steps", "3", "--budget", "1s"])
    assert left.value.code == 2
    assert "steps and budget both set" in capsys.readouterr().err


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_every_verb_has_an_example_that_parses(verb):
    module = importlib.import_module(f"makemore.cli.verbs.{verb.replace('-', '_')}")
    text = " ".join((getattr(module, verb.replace("-", "_")).__doc__ or "").split())
    example = re.search(r"For example: (makemore .*?) Args:", text)[1].split(" > ")[0]
    _, *tokens = example.split()
    assert insert_default_verb(tokens)[0] == verb
    build_app(tokens).parse_args(
        insert_default_verb(tokens), exit_on_error=False, print_error=False
    )
