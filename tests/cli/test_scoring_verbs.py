"""The verbs `score`, `classify`, `evaluate`, `rank`, `odd` and `blend`, and `fit --from`."""

import json
from dataclasses import replace

import numpy as np
import pytest

from makemore import MakeMore

TABLE = "name,sex,births\nanna,F,30\nhannah,F,20\nben,M,25\nbenno,M,5\notto,M,10\n"


@pytest.fixture(scope="session")
def folder(tmp_path_factory, few):
    """A directory with lists, a table, and a model fitted on each."""
    folder = tmp_path_factory.mktemp("scoring")
    (folder / "list.txt").write_text("\n".join(few.to_list()) + "\n")
    (folder / "asked.txt").write_text("hanna\nanxa\nbeb\n")
    (folder / "more.txt").write_text("zora\nzo\u00eb\n")
    (folder / "table.csv").write_text(TABLE)
    MakeMore("kneser_ney").fit(few).save(folder / "model")
    MakeMore("kneser_ney").fit(["zora", "zo\u00eb", "zoe"]).save(folder / "other")
    names, sexes = ["anna", "hannah", "ben", "benno", "otto"], ["F", "F", "M", "M", "M"]
    MakeMore("kneser_ney").fit(names, sexes).save(folder / "labelled")
    return folder


@pytest.fixture
def run(run):
    """Run a command line and return the lines of its output, its messages and its exit code."""

    def run_line(line):
        out, err, code = run(line)
        return out.splitlines(), err, code

    return run_line


def test_score_detail_prints_each_character_with_its_score(run, folder):
    rows, err, _ = run("score model asked.txt --detail")
    nats, each, spelled = rows[0].split("\t")
    cells = spelled.split("  ")
    assert [cell.split()[0] for cell in cells] == ["h", "a", "n", "n", "a", "end"]
    assert sum(float(cell.split()[1]) for cell in cells) == pytest.approx(float(nats), abs=0.04)
    assert float(each) == pytest.approx(float(nats) / 6, abs=1e-3)
    assert rows[1].endswith("x -inf  a nan  end nan")
    assert "1 of 3 lines have a character that was not in the fitted list" in err
    found = json.loads(run("score model asked.txt --detail --json")[0][1])
    assert found["log_likelihood"] is None
    assert found["characters"][2:] == [None, None, None]


def test_score_and_odd_show_spaces_and_control_characters_visibly(run, folder):
    (folder / "odd.txt").write_text("a b\n")
    MakeMore("kneser_ney").fit(["a b", "b\x1b a"]).save(folder / "spaced")
    assert run("score spaced odd.txt --detail")[0][0].split("  ")[1].startswith("_ ")
    (folder / "odd.txt").write_text("b\x1b a\n")
    assert "\\x1b -" in run("score spaced odd.txt --detail")[0][0]
    assert "\x1b" not in "".join(run("odd spaced odd.txt")[0])


def test_score_by_label_prints_a_score_for_each_label(run):
    rows, err, _ = run("score labelled asked.txt --by-label")
    assert err.splitlines()[0] == "nats\tper character\tF\tM\tline"
    nats, _, female, male, line = rows[0].split("\t")
    assert line == "hanna"
    assert float(male) < float(nats) < float(female)
    found = json.loads(run("score labelled asked.txt --by-label --json")[0][2])
    assert found["labels"]["M"] > found["labels"]["F"]
    _, err, code = run("score model asked.txt --by-label")
    assert code == 2
    assert "without labels" in err


def test_classify_prints_the_most_probable_label(run):
    rows, err, _ = run("classify labelled asked.txt")
    assert [row.split("\t")[::2] for row in rows] == [["F", "hanna"], ["M", "anxa"], ["M", "beb"]]
    assert rows[1] == "M\t0.6000\tanxa"
    assert "1 of 3 lines have a character that was not in the fitted list" in err
    found = json.loads(run("classify labelled asked.txt --json")[0][0])
    assert found["label"] == "F"
    assert sum(found["probabilities"].values()) == pytest.approx(1.0)
    assert run("classify model asked.txt")[2] == 2


def test_evaluate_reports_classification_accuracy(run):
    table = "table.csv --column name --label-column sex --weight-column births --samples 0"
    rows, *_ = run(f"evaluate labelled {table}")
    assert "accuracy                             100.0%" in "\n".join(rows)
    found = json.loads(run(f"evaluate labelled {table} --json")[0][0])
    assert found["labels"]["accuracy"] == 1.0
    assert found["labels"]["commonest"] == pytest.approx(50 / 90)


def test_evaluate_reports_memorisation_of_canaries(run, folder):
    _, err, _ = run("fit list.txt -o watched --model kneser_ney --canaries 12")
    assert "also learned 12 canaries" in err
    assert any("12 random lines were also learned" in row for row in run("info watched")[0])
    rows, *_ = run("evaluate watched list.txt")
    found = {row.split("  ")[0]: row for row in rows}
    assert found["canaries (random lines learned)"].endswith("12")
    assert "1.44 bits expected" in found["mean exposure without memorisation"]
    assert "memorised: the canaries are more probable than all but one in" in found["conclusion"]
    measured = json.loads(run("evaluate watched list.txt --json")[0][0])["exposure"]
    assert measured["remembered"]
    assert measured["chance_high"] < measured["low"] < measured["mean"] < measured["high"]
    assert len(measured["bits"]) == len(measured["errors"]) == measured["canaries"] == 12
    assert json.loads(run("evaluate model list.txt --json")[0][0])["exposure"] is None
    _, err, code = run("fit list.txt -o watched --canaries 1001")
    assert (code, "a value from 0 to 1,000" in err) == (2, True)


def test_evaluate_reports_no_memorisation_of_canaries_that_were_not_learned(run, folder, us_names):
    many = us_names.select(np.arange(0, 32_000, 8))
    maker = MakeMore("ngram", canaries=10).fit(many)
    other = MakeMore("ngram", canaries=10, random_state=1).fit(many)
    maker.learned_ = replace(maker.learned_, canaries=other.learned_.canaries)
    maker.save(folder / "innocent")
    rows, *_ = run("evaluate innocent list.txt --samples 0")
    assert rows[-1].endswith("the canaries rank like random lines that are not learned")


def test_evaluate_compares_distances_of_sampled_and_unseen_lines_to_learned_ones(run, folder, few):
    (folder / "both.txt").write_text("\n".join([*few.to_list(), "hanna", "bean", "toto"]) + "\n")
    rows, err, _ = run("evaluate model both.txt --samples 50")
    assert err == ""
    found = {row.split("  ")[0]: row.split() for row in rows}
    assert found["edit distance to the nearest learned line"][-2:] == ["unseen", "lines"]
    assert found["0 (a learned line)"][-1] == "0.0%"
    assert found["1"][-1] == "66.7%"
    assert found["mean without distance 0"][-1] == "1.33"
    assert rows[-1].startswith("compared with 9 learned lines; new sampled lines are")
    measured = json.loads(run("evaluate model both.txt --samples 50 --json")[0][0])["nearest"]
    assert measured["unseen"]["shares"] == pytest.approx([0, 2 / 3, 1 / 3, 0])
    _, err, code = run("evaluate model list.txt --samples 50")
    assert (code, "the model was fitted on all of these lines; give others too" in err) == (0, True)
    rows, err, _ = run("evaluate model both.txt --samples 0 --json")
    assert json.loads(rows[0])["nearest"] is None


def test_rank_estimates_how_many_lines_are_more_probable(run, folder):
    rows, err, code = run("rank model asked.txt --draws 2000")
    assert (err.endswith("their probability is zero\n"), code) == (True, 0)
    more, error, line = rows[0].split("\t")
    assert line == "hanna"
    every = [row.split("\t")[1] for row in run("top model -n 300")[0]]
    assert abs(int(more) - every.index("hanna")) <= 4 * int(error) + 2
    assert rows[1].split("\t") == ["inf", "inf", "anxa"]
    found = json.loads(run("rank model asked.txt --draws 2000 --json")[0][0])
    assert round(found["more_probable"]) == int(more)
    top = [row.split("\t")[1] for row in run("top model -n 3")[0]]
    (folder / "top.txt").write_text("\n".join(top))
    assert [row.split("\t")[0] for row in run("rank model top.txt")[0]] == ["0", "1", "2"]


def test_rank_says_which_estimates_rest_on_few_rare_draws(run, folder):
    (folder / "rare.txt").write_text("hanna\nnnnnnnnaaaaaaohjt")
    rows, err, _ = run("rank model rare.txt --draws 300 --json")
    assert [json.loads(row)["reliable"] for row in rows] == [True, False]
    assert err.startswith("1 of 2 ranks rest on few rare draws and may be far too low")
    assert "give more than --draws 300" in err


def test_odd_prints_the_oddest_line_first_with_its_oddest_character(run):
    rows, _, code = run("odd model asked.txt")
    assert code == 0
    assert rows[0] == "inf\tx\tanxa"
    assert [row.split("\t")[2] for row in rows] == ["anxa", "beb", "hanna"]
    found = json.loads(run("odd model asked.txt --json -n 1")[0][0])
    assert found == {
        "line": "anxa",
        "deviations": None,
        "character": "x",
        "place": 2,
        "log_likelihood": None,
    }


def test_odd_without_a_model_cross_validates_and_prints_repeats_once(run, folder):
    (folder / "long.txt").write_text("anna\nhanna\nhannah\nanne\nqqxz\nqqxz\nhanne\n")
    rows, err, _ = run("odd long.txt -n 2")
    shown = [row.split("\t")[2] for row in rows]
    assert shown[0] == "qqxz"
    assert shown[1] != "qqxz"
    assert "each tenth is scored by a count model of the rest" in err


def test_odd_scores_a_line_under_each_of_its_labels(run, folder):
    (folder / "both.csv").write_text("name,sex\notto,M\nanna,F\nanna,M\nanna,M\n")
    rows, *_ = run("odd labelled both.csv --column name --label-column sex")
    assert rows[0].split("\t")[2:] == ["M", "anna"]
    assert len(rows) == 3
    found = json.loads(run("odd labelled both.csv --column name --label-column sex --json")[0][0])
    assert (found["line"], found["label"]) == ("anna", "M")


def test_columns_that_would_be_ignored_are_rejected(run):
    table = "table.csv --column name"
    for line in (
        f"score model {table} --label-column sex",
        f"score labelled {table} --weight-column births",
        f"rank labelled {table} --label-column sex",
        f"classify labelled {table} --label-column sex",
        f"odd model {table} --label-column sex",
        f"odd {table} --label-column sex",
        "fit more.txt --adapt -o wider",
    ):
        _, err, code = run(line)
        assert code == 2
        assert "leave out --" in err or "--adapt needs --from" in err
    assert run("rank model asked.txt --draws 0")[2] == 2
    assert run("rank model asked.txt -n 5")[2] == 2


def test_fit_from_keeps_the_options_of_the_first_fit(run, folder):
    run("fit list.txt -o first --model ngram --test 0.2 --seed 5 --steps 7")
    run("fit more.txt --from first -o second")
    run("fit more.txt --from first -o third --budget 3s --seed 6")
    params = [MakeMore.load(folder / name).get_params() for name in ("second", "third")]
    assert [(p["test"], p["random_state"]) for p in params] == [(0.2, 5), (0.2, 6)]
    assert [(p["steps"], p["budget"]) for p in params] == [(7, None), (None, "3s")]


def test_fit_from_continues_from_a_fitted_model(run, folder):
    _, err, code = run("fit more.txt --from model -o wider")
    assert code == 0
    assert "2 lines read" in err
    at_once = MakeMore("kneser_ney").fit(
        [*(folder / "list.txt").read_text().split(), "zora", "zo\u00eb"]
    )
    wider = MakeMore.load(folder / "wider")
    assert wider.score_samples(["zoanna"]) == at_once.score_samples(["zoanna"])
    assert run("fit more.txt --from model --model gru -o wider")[2] == 2
    assert "leave out --model" in run("fit more.txt --from model -O window=3 -o wider")[1]
    assert run("fit more.txt --from missing -o wider")[2] == 1


def test_blend_combines_models(run, folder):
    _, err, code = run("blend model other -o both --weights 1,3")
    assert code == 0
    assert "saved both" in err
    both, one = MakeMore.load(folder / "both"), MakeMore.load(folder / "other")
    assert both.learned_.model.weights.tolist() == [0.25, 0.75]
    (a,), (b,) = (m.score_characters(["zo\u00eb"]) for m in (one, both))
    assert b[2] > a[2] - 1.5
    assert any(row.startswith("weights") for row in run("info both")[0])
    assert any(row.split("  ")[-1].strip() == "not measured" for row in run("info both")[0])
    _, err, _ = run("blend model other -o both --by more.txt")
    assert "dev" in err
    for line, message in (
        ("blend model -o both", "at least two models"),
        ("blend model other -o both --weights 1", "one number of 0 or more for each of 2"),
        ("blend model other -o both --weights a,b", "give numbers such as 3,1"),
        ("blend model labelled -o both", "different labels"),
        ("blend model missing -o both", "no such file"),
        ("blend model other -o missing/both", "no directory missing"),
    ):
        _, err, code = run(line)
        assert code in (1, 2)
        assert message in err
