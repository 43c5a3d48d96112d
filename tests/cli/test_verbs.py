"""Basic behaviour of every verb: results on standard output, messages on standard error."""

import gzip
import io
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from makemore import Columns, MakeMore, read_lines
from makemore.cli.main import main
from makemore.registry import FAMILIES

LABELLED = "name,sex,births\nanna,F,30\nhannah,F,20\nben,M,25\nbenno,M,5\notto,M,10\n"


@pytest.fixture(scope="session")
def folder(tmp_path_factory, few) -> Path:
    """A directory with a list, a labelled table, and a model fitted on each."""
    folder = tmp_path_factory.mktemp("verbs")
    (folder / "list.txt").write_text("\n".join(few.to_list()) + "\n")
    (folder / "table.csv").write_text(LABELLED)
    (folder / "other.txt").write_text("hanna\nanna\nqoph\nbenn\u00e9\n")
    MakeMore("kneser_ney").fit(few).save(folder / "model")
    rows = [row.split(",") for row in LABELLED.splitlines()[1:]]
    names, sexes, births = zip(*rows, strict=True)
    MakeMore("kneser_ney").fit(names, sexes, [float(b) for b in births]).save(folder / "labelled")
    return folder


@pytest.fixture
def makemore(capsys, folder):
    """Run a command line whose {words} are files in `folder`; return its output and messages."""

    def run(line: str) -> tuple[str, str]:
        words = {path.name.partition(".")[0]: path for path in folder.iterdir()}
        try:
            main([part.format(**words) for part in line.split()])
            code = 0
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        if code:
            pytest.fail(f"makemore {line} gave {code}: {err}")
        return out, err

    return run


def give(monkeypatch, content: bytes) -> None:
    """Replace standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_make_prints_lines_to_stdout_and_messages_to_stderr(makemore, few):
    out, err = makemore("make {list} -n 30")
    assert len(out.splitlines()) == 30
    assert set("".join(out.split())) <= set("".join(few.to_list()))
    assert "10 lines read, 0 blank, 1 repeated, 10 kept" in err
    assert "chose kneser_ney" in err
    assert "loss in nats per character: train " in err


def test_make_prints_twenty_lines_by_default(makemore):
    assert len(makemore("{list}")[0].splitlines()) == 20
    assert makemore("{list} -n 0")[0] == ""


def test_make_saves_the_model_to_the_output_path(makemore, tmp_path):
    out, err = makemore(f"{{list}} -n 7 -o {tmp_path}/kept")
    assert f"saved {tmp_path}/kept" in err
    assert makemore(f"sample {tmp_path}/kept -n 7")[0] == out
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_make_reads_standard_input(makemore, monkeypatch, folder):
    content = (folder / "list.txt").read_bytes()
    from_file = makemore("{list} -n 5")[0]
    for given in (content, gzip.compress(content)):
        give(monkeypatch, given)
        assert makemore("- -n 5")[0] == from_file


def test_make_accepts_family_options(makemore):
    out, err = makemore("{list} --model ngram -O window=2 -O add=0.5 -n 5")
    assert len(out.splitlines()) == 5
    assert "fitted ngram" in err
    assert makemore("{list} --model ngram -O window=1 -O add=0.5 -n 5")[0] != out


def test_demo_prints_distinct_new_names(makemore, us_names):
    out, err = makemore("demo -n 3")
    names, villages = out.splitlines()[:3], out.splitlines()[3:]
    assert len(set(names)) == len(names) == 3
    assert not set(names) & set(us_names.to_list())
    assert len(villages) == 3
    assert "thirty villages of a novel" in err
    assert "US Social Security Administration" in err
    assert "32,033 lines read" in err


@pytest.mark.parametrize("verb", ["score model", "evaluate model", "rank model", "rate-range"])
def test_several_files_and_folders_are_one_list(run, folder, tmp_path, verb):
    lines = (folder / "list.txt").read_text().splitlines(keepends=True)
    for name, part in (("a", lines[:50]), ("b", lines[50:200]), ("c/d", lines[200:])):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("".join(part))
    together = run(f"{verb} list.txt")
    assert together[2] == 0
    assert run(f"{verb} {tmp_path}") == together
    assert run(f"{verb} {tmp_path}/a {tmp_path}/b {tmp_path}/c") == together


def test_an_output_does_not_overwrite_a_file_of_an_input_folder(run, tmp_path):
    (tmp_path / "names.txt").write_text("anna\nben\n")
    out, err, code = run(f"fit {tmp_path} -o {tmp_path}/names.txt")
    assert (out, code) == ("", 2)
    assert "is an input file and would be overwritten" in err


def test_fit_without_a_list_says_that_it_is_missing(run):
    assert run("fit -o out.model")[1:] == (
        "makemore: the list is missing: give a file, a folder, or - for standard input\n",
        2,
    )


def test_fit_writes_a_model_and_prints_nothing_to_stdout(makemore, tmp_path):
    out, err = makemore(f"fit {{list}} -o {tmp_path}/new --model ngram -O window=2 --seed 5")
    assert out == ""
    assert "fitted ngram" in err
    maker = MakeMore.load(tmp_path / "new")
    assert maker.sample(5) == makemore(f"sample {tmp_path}/new -n 5")[0].splitlines()
    about = makemore(f"info {tmp_path}/new")[0]
    assert all(fact in about for fact in ("ngram", "window=2", "add=1.0", "digest"))


def test_fit_gives_the_same_model_as_the_class(makemore, tmp_path, folder):
    makemore(f"fit {{list}} -o {tmp_path}/new --model kneser_ney")
    probe = ["hanna", "otta", "ben"]
    scores = MakeMore.load(tmp_path / "new").score_samples(probe)
    assert scores.tolist() == MakeMore.load(folder / "model").score_samples(probe).tolist()


def test_fit_trains_a_network_for_the_given_number_of_steps(makemore, tmp_path):
    _, err = makemore(
        f"fit {{list}} -o {tmp_path}/new --model mlp -O hidden=4 -O embedding=2 --steps 3"
    )
    assert "fitted mlp" in err
    assert "3 steps" in err
    assert len(makemore(f"sample {tmp_path}/new -n 4")[0].splitlines()) == 4


def test_fit_reads_a_table_with_labels_and_weights(makemore, tmp_path, folder):
    columns = "--column name --label-column sex --weight-column births"
    makemore(f"fit {{table}} -o {tmp_path}/new --model kneser_ney {columns}")
    out, _ = makemore(f"info {tmp_path}/new")
    assert "F, M" in out
    makers = MakeMore.load(tmp_path / "new"), MakeMore.load(folder / "labelled")
    scores = [maker.score_samples(["ben", "hanna"], ["M", "F"]).tolist() for maker in makers]
    assert scores[0] == scores[1]


def test_min_count_excludes_infrequent_lines_from_the_fit(makemore, tmp_path):
    _, err = makemore(f"fit {{list}} -o {tmp_path}/new --model kneser_ney --min-count 2")
    assert "8 too rare, 1 repeated, 2 kept" in err
    assert "8 lines that occurred too rarely" in makemore(f"info {tmp_path}/new")[0]
    assert makemore("{list} -n 1 --min-count 2 --model kneser_ney")[0] in ("anna\n", "a\n", "an\n")


def test_fit_without_digests_stores_no_digests(makemore, tmp_path):
    makemore(f"fit {{list}} -o {tmp_path}/new --no-digests")
    assert "not stored: --new does not work" in makemore(f"info {tmp_path}/new")[0]
    assert "stored: --new works" in makemore("info {model}")[0]


def test_sample_prints_only_the_requested_number_of_lines(makemore):
    out, err = makemore("sample {model} -n 12")
    assert (len(out.splitlines()), err) == (12, "")
    assert len(makemore("sample {model}")[0].splitlines()) == 20


def test_sample_prints_the_same_lines_as_the_class(makemore, folder):
    lines = MakeMore.load(folder / "model").sample(15, seed=3)
    assert makemore("sample {model} -n 15 --seed 3")[0].splitlines() == lines


def test_the_same_seed_gives_the_same_lines_and_another_seed_different_ones(makemore):
    out, _ = makemore("sample {model} -n 50 --seed 7")
    assert makemore("sample {model} -n 50 --seed 7")[0] == out
    assert makemore("sample {model} -n 50 --seed 8")[0] != out
    assert makemore("sample {model} -n 50 --seed 0")[0] == makemore("sample {model} -n 50")[0]


@pytest.mark.parametrize("how", ["", "--new", "--distinct", "--prefix an", "--temperature 2"])
def test_the_first_five_lines_are_the_same_if_ten_are_requested(makemore, how):
    five = makemore(f"sample {{model}} -n 5 {how}")[0].splitlines()
    ten = makemore(f"sample {{model}} -n 10 {how}")[0].splitlines()
    assert (len(five), len(ten)) == (5, 10)
    assert five == ten[:5]


def test_the_first_hundred_lines_are_the_same_if_twenty_thousand_are_requested(makemore):
    hundred = makemore("sample {model} -n 100")[0]
    assert makemore("sample {model} -n 20000")[0].startswith(hundred)


def test_sample_prints_one_json_object_for_each_line(makemore):
    plain = makemore("sample {model} -n 10")[0].splitlines()
    out = makemore("sample {model} -n 10 --json")[0]
    assert [json.loads(line) for line in out.splitlines()] == [
        {"line": line, "drawn": "exact, unconstrained"} for line in plain
    ]


def test_new_lines_are_not_in_the_list(makemore, few):
    out = makemore("sample {model} -n 100 --new")[0]
    assert not set(out.splitlines()) & set(few.to_list())
    assert set(makemore("sample {model} -n 100")[0].splitlines()) & set(few.to_list())


def test_distinct_lines_do_not_repeat(makemore):
    lines = makemore("sample {model} -n 60 --distinct")[0].splitlines()
    assert len(set(lines)) == len(lines) == 60
    assert len(set(makemore("sample {model} -n 60")[0].splitlines())) < 60


def test_too_few_distinct_lines_are_printed_with_a_message(makemore):
    out, err = makemore("sample {model} -n 50 --distinct --prefix otto --max-length 4 --patience 9")
    assert out == "otto\n"
    assert err == "only 1 of 50 lines were found\n"


def test_every_line_starts_with_the_prefix(makemore):
    lines = makemore("sample {model} -n 30 --prefix han")[0].splitlines()
    assert len(lines) == 30
    assert all(line.startswith("han") for line in lines)


def test_excluded_lines_are_never_printed(makemore, folder, tmp_path):
    without = makemore("sample {model} -n 40")[0].splitlines()
    (tmp_path / "not").write_text(f" {without[0]}\n{without[1]}  \n")
    lines = makemore(f"sample {{model}} -n 40 --exclude {tmp_path}/not")[0].splitlines()
    assert len(lines) == 40
    kept = [line for line in without if line not in without[:2]]
    assert lines[: len(kept)] == kept
    assert not set(lines) & set(without[:2])


def test_an_empty_exclude_list_excludes_nothing(makemore, tmp_path):
    (tmp_path / "empty.txt").write_text("")
    for empty in (tmp_path / "empty.txt", "/dev/null"):
        assert makemore(f"sample {{model}} --exclude {empty}") == makemore("sample {model}")


@pytest.mark.parametrize(
    "name, content",
    [
        ("list.csv", b"n,x\nanna,1\n"),
        ("list.txt", "zo\u00eb\n".encode("cp1252")),
        ("list.txt", "anna\n".encode("utf-16-le")),
        ("list.jsonl", b'{"n": "anna"}\n'),
    ],
)
def test_advice_on_an_exclude_list_names_no_option_that_the_verb_lacks(
    run, tmp_path, folder, name, content
):
    (tmp_path / name).write_bytes(content)
    out, err, code = run(f"sample model --exclude {tmp_path / name}")
    assert (code, out) == (1, "")
    assert "give --exclude a UTF-8 text with one line per item" in err
    for option in ("--column", "--encoding", "--label-column"):
        assert option not in err


def test_no_line_exceeds_max_length(makemore):
    lines = makemore("sample {model} -n 50 --max-length 4")[0].splitlines()
    assert len(lines) == 50
    assert max(map(len, lines)) <= 4


def test_a_low_temperature_gives_only_the_most_probable_line(makemore):
    cold = makemore("sample {model} -n 30 --temperature 0.001")[0].splitlines()
    assert len(set(cold)) == 1
    assert set(makemore("sample {model} -n 30 --top-k 1")[0].splitlines()) == set(cold)
    assert len(set(makemore("sample {model} -n 30")[0].splitlines())) > 1


def test_a_huge_max_length_is_accepted(makemore):
    out, _ = makemore("sample {model} -n 3 --max-length 1000000000000000")
    assert len(out.splitlines()) == 3


def test_sample_draws_lines_of_the_given_label(makemore, folder):
    maker = MakeMore.load(folder / "labelled")
    for label in "FM":
        lines = makemore(f"sample {{labelled}} -n 20 --label {label}")[0].splitlines()
        assert lines == maker.sample(20, label=label)
    assert len(makemore("sample {labelled} -n 9")[0].splitlines()) == 9


def test_score_prints_nats_nats_per_character_and_the_line(makemore, folder):
    out, _ = makemore("score {model} {list}")
    lines = (folder / "list.txt").read_text().split()
    scores = MakeMore.load(folder / "model").score_samples(lines)
    rows = [row.split("\t") for row in out.splitlines()]
    assert [row[2] for row in rows] == lines
    assert np.allclose([float(row[0]) for row in rows], scores, atol=5e-5)
    each = scores / np.array([len(line) + 1 for line in lines])
    assert np.allclose([float(row[1]) for row in rows], each, atol=5e-5)


def test_lines_with_unknown_characters_score_minus_infinity_and_are_counted(makemore):
    out, err = makemore("score {model} {other}")
    rows = [row.split("\t") for row in out.splitlines()]
    assert [row[2] for row in rows] == ["hanna", "anna", "qoph", "benn\u00e9"]
    assert [row[0] == "-inf" for row in rows] == [False, False, True, True]
    assert [row[1] == "-inf" for row in rows] == [False, False, True, True]
    assert err.startswith("2 of 4 lines")
    assert err.count("\n") == 1


def test_score_prints_no_message_if_all_characters_are_known(makemore):
    assert makemore("score {model} {list}")[1] == ""


def test_score_json_has_null_for_minus_infinity(makemore, folder):
    out, _ = makemore("score {model} {other} --json")
    rows = [json.loads(row, parse_constant=pytest.fail) for row in out.splitlines()]
    assert [row["line"] for row in rows] == ["hanna", "anna", "qoph", "benn\u00e9"]
    scores = MakeMore.load(folder / "model").score_samples(["hanna", "anna"])
    assert [row["log_likelihood"] for row in rows] == [*scores.tolist(), None, None]
    assert rows[0]["per_character"] == pytest.approx(scores[0] / 6)
    assert rows[2]["per_character"] is None


def test_score_reads_standard_input_and_tables(makemore, monkeypatch):
    give(monkeypatch, b"anna\n\nben\n")
    assert [row.split("\t")[2] for row in makemore("score {model} -")[0].splitlines()] == [
        "anna",
        "ben",
    ]
    out = makemore("score {labelled} {table} --column name --label-column sex")[0]
    assert [row.split("\t")[2] for row in out.splitlines()][:2] == ["anna", "hannah"]


def test_evaluate_prints_the_loss_of_seen_and_unseen_lines_separately(makemore, folder):
    out, err = makemore("evaluate {model} {other} --samples 50")
    assert err.startswith("2 of 4 lines have a character that was not in the fitted list: they are")
    rows = {row.split()[0]: row.split() for row in out.splitlines() if row}
    assert [rows[name][1] for name in ("all", "seen", "unseen")] == ["2", "1", "1"]
    scores = MakeMore.load(folder / "model").score_samples(["hanna", "anna"])
    assert float(rows["all"][3]) == pytest.approx(-scores.sum() / 11, abs=5e-5)
    assert float(rows["seen"][3]) == pytest.approx(-scores[1] / 5, abs=5e-5)
    assert rows["lines"][2] == "50"
    assert {"distinct", "new", "length"} <= set(rows)


def test_evaluate_without_samples_prints_only_the_loss(makemore):
    out, _ = makemore("evaluate {model} {list} --samples 0")
    assert [row.split()[0] for row in out.splitlines()] == ["lines", "all", "seen"]


def test_evaluate_json_has_every_measurement(makemore):
    out, _ = makemore("evaluate {model} {other} --json --samples 40")
    found = json.loads(out, parse_constant=pytest.fail)
    assert (found["all"]["lines"], found["unknown"]) == (2, 2)
    assert found["samples"]["lines"] == 40
    assert found["all"]["bits"] == pytest.approx(found["all"]["nats"] / np.log(2))
    assert found["all"]["low"] <= found["all"]["nats"] <= found["all"]["high"]
    assert json.loads(makemore("evaluate {model} {list} --json --samples 0")[0])["samples"] is None


def test_evaluate_json_is_valid_if_a_line_is_impossible(makemore, tmp_path):
    makemore(f"fit {{list}} -o {tmp_path}/hard --model ngram -O add=0")
    (tmp_path / "impossible").write_text("hat\n")  # no t follows ha in the list
    out, _ = makemore(f"evaluate {tmp_path}/hard {tmp_path}/impossible --json --samples 0")
    found = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert found["unseen"]["lines"] == 1


def test_evaluate_is_deterministic_for_a_seed(makemore):
    first = makemore("evaluate {model} {list} --seed 4 --samples 30")
    assert makemore("evaluate {model} {list} --seed 4 --samples 30") == first
    assert makemore("evaluate {model} {list} --seed 5 --samples 30") != first


def test_models_lists_every_family(makemore):
    out, err = makemore("models")
    assert err == ""
    assert [row.split()[0] for row in out.splitlines()[: len(FAMILIES)]] == list(FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_models_shows_the_options_of_a_family(makemore, name):
    out, _ = makemore(f"models {name}")
    assert out.startswith(f"{name}: ")
    rows = {row.split()[0]: row.split("  ")[1:] for row in out.splitlines()[2:]}
    del rows["option"]
    for option, default in FAMILIES[name].options().to_dict().items():
        assert str(default) in [cell.strip() for cell in rows.pop(option)]
    assert not rows


def test_info_prints_the_contents_of_a_file(makemore, few):
    out, err = makemore("info {model}")
    assert err == ""
    rows = dict(row.split("  ", 1) for row in out.splitlines())
    found = {name: value.strip() for name, value in rows.items()}
    assert found["family"] == "kneser_ney (prune=0, window=5)"
    assert found["fitted on"] == "10 lines, 1 of them repeated"
    assert found["longest line"] == "7 characters"
    characters = "".join(sorted(set("".join(few.to_list()))))
    assert found["characters"] == f"{len(characters)}: {characters}"
    assert found["labels"] == "none"


def test_info_json_is_the_whole_document(makemore, few):
    document = json.loads(makemore("info {model} --json")[0], parse_constant=pytest.fail)
    assert document["family"] == "kneser_ney"
    assert document["characters"] == "".join(sorted(set("".join(few.to_list()))))
    assert document["cleaning"]["kept"] == 10
    assert "digests" in document["tensors"]


def test_data_lists_the_named_corpora(makemore):
    out, err = makemore("data")
    assert err == ""
    assert {"us-names", "cities"} <= {row.split()[0] for row in out.splitlines()}
    assert "CC BY 4.0" in out


def test_data_prints_lines_to_stdout_and_the_source_to_stderr(makemore, us_names):
    out, err = makemore("data us-names")
    assert out.splitlines() == us_names.to_list()
    assert "US Social Security Administration" in err
    assert "public domain" in err


def test_data_table_can_be_read_back_with_labels_and_weights(makemore, tmp_path, us_names):
    out, _ = makemore("data us-names --table")
    assert out.startswith("line\tlabel\tweight\nemma\tF\t18688\n")
    (tmp_path / "names.tsv").write_text(out)
    lines = read_lines(str(tmp_path / "names.tsv"), Columns("line", "weight", "label"))
    assert lines.to_list() == us_names.to_list()
    assert lines.label_names == ("F", "M")
    assert lines.weights.sum() == 3_487_353


def test_data_table_has_only_the_columns_of_the_corpus(makemore):
    out, err = makemore("data japanese --table")
    rows = out.splitlines()
    assert rows[0] == "line\tlabel"
    assert "愛子\tF" in rows
    assert "National Diet Library" in err


def test_demo_prints_two_hundred_distinct_new_names(capsys, us_names):
    from makemore.cli.main import main

    main(["demo", "-n", "200", "--seed", "3"])
    lines = capsys.readouterr().out.splitlines()
    assert len(set(lines[:200])) == len(set(lines[200:])) == 200
    assert not set(lines[:200]) & set(us_names.to_list())


def test_demo_with_a_prefix_prints_names_only(makemore):
    out, err = makemore("demo -n 2 --prefix mar")
    assert [line[:3] for line in out.splitlines()] == ["mar", "mar"]
    assert "villages" not in err


def test_an_infinite_loss_is_printed_as_infinite(capsys, tmp_path):
    from makemore.cli.main import main

    path = tmp_path / "list.txt"
    path.write_text("\n".join(f"{i * 7919 % 10007:05d}" for i in range(100)))
    main([str(path), "--model", "ngram", "-O", "add=0", "-O", "window=4", "-n", "1"])
    assert "dev infinite" in capsys.readouterr().err


def test_info_names_the_unit_of_the_losses_once(makemore):
    about = makemore("info {model}")[0]
    assert about.count("nats per character") == 1


@pytest.fixture
def enough(tmp_path, us_names) -> Path:
    """A list that is long enough to train a network on."""
    path = tmp_path / "enough.txt"
    path.write_text("\n".join(us_names.select(np.arange(0, 32_000, 200)).to_list()) + "\n")
    return path


def test_fit_explains_the_choice_of_a_mixture_and_info_prints_its_weights(
    makemore, enough, tmp_path
):
    _, err = makemore(f"fit {enough} -o {tmp_path}/mixed --steps 2 --no-starter")
    assert "chose a mixture with networks: 160 lines, and 2 steps each to train on them" in err
    about = makemore(f"info {tmp_path}/mixed")[0]
    row = next(line for line in about.splitlines() if line.startswith("weights"))
    assert [part.split()[0] for part in row.removeprefix("weights").split(",")] == [
        "kneser_ney",
        "kneser_ney",
        "kneser_ney",
        "gru",
    ]


def test_make_without_a_budget_suggests_a_budget_for_networks(makemore, enough):
    _, err = makemore(f"{enough} -n 1 --no-starter")
    assert "chose kneser_ney: it needs no training; a budget of 3 s adds networks" in err


def test_make_and_fit_say_what_the_starter_did(makemore, enough, tmp_path):
    _, err = makemore(f"{enough} -n 1 -o {tmp_path}/read")
    assert "chose a mixture of counts and the starter, which has read many lists: 160 lines" in err
    assert "with a budget of 3 s it would also learn them" in err
    about = makemore(f"info {tmp_path}/read")[0]
    assert "the starter read the list" in about
    assert "makemore fit LIST -o MODEL --budget 1.0 --seed 0\n" in about
    _, err = makemore(f"fit {enough} -o {tmp_path}/learned --steps 8")
    assert "many lists: 160 lines\n" in err
    assert re.search(
        r"(the starter read the list;|networks learned the list in \d+(, \d+)* steps)", err
    )
    assert "fit LIST -o MODEL --steps 8 --seed 0\n" in makemore(f"info {tmp_path}/learned")[0]


@pytest.mark.slow
def test_the_starter_is_reported_without_a_recording(makemore, enough, tmp_path):
    _, err = makemore(
        f"fit {enough} -o {tmp_path}/m --steps 4 --report {tmp_path}/r --track {tmp_path}/t"
    )
    assert "the starter's training on the list is not recorded: nothing was written to" in err
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert "networks learned the list in" in page or "the starter read the list" in page
    assert "units are dead" not in page


def test_mixture_members_can_be_given_on_the_command_line(makemore, enough, tmp_path):
    members = "members=kneser_ney(window=2),rnn(hidden=8)"
    makemore(f"fit {enough} -o {tmp_path}/mixed --model mixture -O {members} --steps 2")
    about = makemore(f"info {tmp_path}/mixed")[0]
    assert "kneser_ney(window=2),rnn(hidden=8)" in about


@pytest.mark.parametrize(
    "option",
    ["--prefix -", "--suffix -a", "--pattern -.*", "--forbid -", "--only -a"],
)
def test_a_text_may_start_with_a_hyphen(run, tmp_path, option):
    MakeMore("ngram").fit(["-a", "--a", "b-a", "-"]).save(tmp_path / "hyphens")
    name, text = option.split()
    expected = run(f"sample {tmp_path}/hyphens -n 5 {name}={text}")
    assert expected[2] == 0
    assert run(f"sample {tmp_path}/hyphens {option} -n 5") == expected


def test_a_forgotten_text_is_named(run):
    message = "makemore: --prefix lacks its text: give one after it, or, if --length is the text"
    out, err, code = run("sample model --prefix --length 3")
    assert (out, code) == ("", 2)
    assert err.startswith(message)
