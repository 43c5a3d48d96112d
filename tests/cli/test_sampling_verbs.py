"""The verbs `sample` and `top`: constraints, messages, and output formats."""

import json
import re

import pytest

from makemore import MakeMore
from makemore.cli.main import main


@pytest.fixture(scope="session")
def model(tmp_path_factory, few):
    path = tmp_path_factory.mktemp("sampling") / "model"
    MakeMore("kneser_ney").fit(few).save(path)
    return path


@pytest.fixture
def run(capsys, model):
    """Run a command line and return its output, its messages and its exit code."""

    def run_line(*arguments):
        try:
            main([str(model) if each == "MODEL" else each for each in arguments])
            code = 0
        except SystemExit as stop:
            code = stop.code
        return *capsys.readouterr(), code

    return run_line


@pytest.mark.parametrize(
    "options, pattern",
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
def test_every_line_satisfies_the_constraint_and_the_strategy_is_reported(run, options, pattern):
    out, err, code = run("sample", "MODEL", "-n", "50", *options)
    assert code == 0
    assert len(out.splitlines()) == 50
    assert all(re.fullmatch(pattern, line) for line in out.splitlines())
    assert err == "exact, automaton\n"


def test_unconstrained_sampling_prints_no_message(run):
    assert run("sample", "MODEL", "-n", "2", "--prefix", "a")[1] == ""


def test_json_output_names_the_sampling_strategy_of_each_line(run):
    out, _, _ = run("sample", "MODEL", "-n", "3", "--json", "--suffix", "a", "--scores")
    for each in map(json.loads, out.splitlines()):
        assert each["drawn"] == "exact, automaton"
        assert each["log_likelihood"] < 0


def test_scores_are_printed_before_lines(run, model):
    out, _, _ = run("sample", "MODEL", "-n", "4", "--scores")
    scores, lines = zip(*(row.split("\t") for row in out.splitlines()), strict=True)
    expected = MakeMore.load(model).score_samples(lines)
    assert [float(score) for score in scores] == pytest.approx(expected.tolist(), abs=1e-4)


@pytest.mark.parametrize(
    "options, sentence",
    [
        (("--suffix", "q"), "suffix contains 'q', which is not in the model's vocabulary"),
        (("--pattern", ""), "no line of at most 7 characters of the model's vocabulary"),
        (("--length", "3", "--pattern", "ab"), "no line of at most 3 characters"),
        (("--pattern", "("), "is not a regular expression"),
        (("--pattern", "(a|b)*a(a|b){20}"), "needs more than 10,000 states"),
        (("--only", ""), "no line of at most 7"),
        (("--prefix", "an", "--forbid", "n"), "no line of at most 7"),
    ],
)
def test_an_unsatisfiable_constraint_is_reported_at_once(run, options, sentence):
    out, err, code = run("sample", "MODEL", *options)
    assert (out, code) == ("", 1)
    assert sentence in err


@pytest.mark.parametrize(
    "options",
    [("--length", "3", "--max-length", "4"), ("--min-length", "5", "--max-length", "4")],
)
def test_contradictory_options_are_usage_errors(run, options):
    assert run("sample", "MODEL", *options)[2] == 2


def test_fewer_lines_than_requested_are_printed_with_a_message(run):
    out, err, code = run("sample", "MODEL", "-n", "9", "--distinct", "--pattern", "[an]{2}")
    assert sorted(out.split()) == ["aa", "an", "na", "nn"]
    assert code == 0
    assert "only 4 distinct lines satisfy the constraints" in err
    assert "only 4 of 9 lines were found" in err


def test_top_prints_the_most_probable_lines_in_order(run, model):
    out, err, code = run("top", "MODEL", "-n", "6", "--suffix", "a")
    assert (err, code) == ("", 0)
    scores, lines = zip(*(row.split("\t") for row in out.splitlines()), strict=True)
    assert [float(score) for score in scores] == sorted(map(float, scores), reverse=True)
    assert all(line.endswith("a") for line in lines)
    expected = MakeMore.load(model).score_samples(lines)
    assert [float(score) for score in scores] == pytest.approx(expected.tolist(), abs=1e-4)


def test_top_prints_json_and_stops_at_its_node_limit(run):
    out, err, _ = run("top", "MODEL", "-n", "50", "--json", "--nodes", "1")
    assert len(out.splitlines()) < 50
    assert "lines were found by expanding at most 1 prefixes" in err
    for each in map(json.loads, out.splitlines()):
        assert set(each) == {"line", "log_likelihood"}


def test_top_requires_a_label_if_the_model_has_labels():
    labelled = MakeMore("kneser_ney").fit(["anna", "ben", "otto"], ["F", "M", "M"])
    with pytest.raises(ValueError, match="this model has labels: give one of F, M"):
        labelled.top(3)
    assert labelled.top(1, label="F")[0][0] == "anna"
