"""What is asked of lines on the command line, and what is said about it."""

import json
import re

import pytest

from makemore import MakeMore
from makemore.cli.main import main


@pytest.fixture(scope="session")
def model(tmp_path_factory, few):
    path = tmp_path_factory.mktemp("asking") / "model"
    MakeMore("kneser_ney").fit(few).save(path)
    return path


@pytest.fixture
def run(capsys, model):
    """Runs a command line: output, errors and exit code."""

    def go(*arguments):
        try:
            main([str(model) if each == "MODEL" else each for each in arguments])
            code = 0
        except SystemExit as stop:
            code = stop.code
        return *capsys.readouterr(), code

    return go


@pytest.mark.parametrize(
    "asked, pattern",
    [
        (("--suffix", "na"), ".*na"),
        (("--contains", "nn"), ".*nn.*"),
        (("--pattern", "[bo].*"), "[bo].*"),
        (("--length", "3"), "..."),
        (("--min-length", "5", "--max-length", "6"), ".{5,6}"),
        (("--forbid", "a", "--forbid", "o"), "[^ao]*"),
        (("--forbid=-n",), ".*"),
        (("--only", "anbe"), "[anbe]*"),
        (("--prefix", "BE", "--ignore-case"), "be.*"),
    ],
)
def test_every_line_is_what_was_asked_for_and_how_is_said(run, asked, pattern):
    out, err, code = run("sample", "MODEL", "-n", "50", *asked)
    assert code == 0
    assert len(out.splitlines()) == 50
    assert all(re.fullmatch(pattern, line) for line in out.splitlines())
    assert err == "exact, by states\n"


def test_free_lines_need_no_word(run):
    assert run("sample", "MODEL", "-n", "2", "--prefix", "a")[1] == ""


def test_as_json_each_line_says_how_it_was_drawn(run):
    out, _, _ = run("sample", "MODEL", "-n", "3", "--json", "--suffix", "a", "--scores")
    for each in map(json.loads, out.splitlines()):
        assert each["drawn"] == "exact, by states"
        assert each["log_likelihood"] < 0


def test_scores_stand_before_lines(run, model):
    out, _, _ = run("sample", "MODEL", "-n", "4", "--scores")
    scores, lines = zip(*(row.split("\t") for row in out.splitlines()), strict=True)
    expected = MakeMore.load(model).score_samples(lines)
    assert [float(score) for score in scores] == pytest.approx(expected.tolist(), abs=1e-4)


@pytest.mark.parametrize(
    "asked, sentence",
    [
        (("--suffix", "q"), "suffix has 'q', which is in no line this model learned"),
        (("--pattern", ""), "no line of at most 7 characters that this model knows"),
        (("--length", "3", "--pattern", "ab"), "no line of at most 3 characters"),
        (("--pattern", "("), "is no regular expression"),
        (("--pattern", "(a|b)*a(a|b){20}"), "takes more than 10,000 states"),
        (("--only", ""), "no line of at most 7"),
        (("--prefix", "an", "--forbid", "n"), "no line of at most 7"),
    ],
)
def test_what_cannot_be_is_said_at_once(run, asked, sentence):
    out, err, code = run("sample", "MODEL", *asked)
    assert (out, code) == ("", 1)
    assert sentence in err


@pytest.mark.parametrize(
    "asked",
    [("--length", "3", "--max-length", "4"), ("--min-length", "5", "--max-length", "4")],
)
def test_contradictions_are_wrong_usage(run, asked):
    assert run("sample", "MODEL", *asked)[2] == 2


def test_fewer_than_asked_are_said_first_and_given(run):
    out, err, code = run("sample", "MODEL", "-n", "9", "--distinct", "--pattern", "[an]{2}")
    assert sorted(out.split()) == ["aa", "an", "na", "nn"]
    assert code == 0
    assert "only 4 distinct lines satisfy the constraints" in err
    assert "only 4 of 9 lines were found" in err


def test_top_gives_the_most_probable_lines_in_order(run, model):
    out, err, code = run("top", "MODEL", "-n", "6", "--suffix", "a")
    assert (err, code) == ("", 0)
    scores, lines = zip(*(row.split("\t") for row in out.splitlines()), strict=True)
    assert [float(score) for score in scores] == sorted(map(float, scores), reverse=True)
    assert all(line.endswith("a") for line in lines)
    expected = MakeMore.load(model).score_samples(lines)
    assert [float(score) for score in scores] == pytest.approx(expected.tolist(), abs=1e-4)


def test_top_as_json_and_at_its_bound(run):
    out, err, _ = run("top", "MODEL", "-n", "50", "--json", "--nodes", "1")
    assert len(out.splitlines()) < 50
    assert "lines were found by expanding at most 1 prefixes" in err
    for each in map(json.loads, out.splitlines()):
        assert set(each) == {"line", "log_likelihood"}


def test_top_wants_the_label_of_a_list_with_labels():
    labelled = MakeMore("kneser_ney").fit(["anna", "ben", "otto"], ["F", "M", "M"])
    with pytest.raises(ValueError, match="this list has labels: give one of F, M"):
        labelled.top(3)
    assert labelled.top(1, label="F")[0][0] == "anna"
