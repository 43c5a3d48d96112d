"""With `new_by`, every line is at least so many edits from every learned line, and none is lost."""

from itertools import islice, product

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from makemore import MakeMore
from makemore.errors import ConstraintError, OptionError
from makemore.sampling.edit_distance import neighbours

LINES = ["abba", "baab", "aab", "bbbb", "abab", "cab"]
TEXTS = ["".join(letters) for n in range(1, 6) for letters in product("abc", repeat=n)]


@pytest.fixture(scope="module", params=["ngram", "gru"])
def maker(request):
    steps = {"steps": 3} if request.param == "gru" else {}
    return MakeMore(request.param, **steps).fit(LINES)


@pytest.mark.parametrize("edits", [0, 1, 2])
@pytest.mark.parametrize("text", ["", "a", "aba", "cabb"])
def test_neighbours_are_all_texts_within_the_edits(text, edits):
    every = ["".join(x) for n in range(len(text) + edits + 1) for x in product("abc", repeat=n)]
    expected = {each for each in every if Levenshtein.distance(text, each) <= edits}
    assert set(neighbours(text, "abc", edits)) == expected


@pytest.mark.parametrize("learned", [None, LINES])
@pytest.mark.parametrize("new_by", [1, 2, 3])
@pytest.mark.parametrize("options", [{}, {"max_length": 5}, {"temperature": 0, "max_length": 5}])
def test_no_line_is_nearer_to_the_list(maker, options, new_by, learned):
    lines = list(
        islice(maker.stream(new_by=new_by, learned=learned, patience=5_000, **options), 30)
    )
    assert len(lines) > 5 or new_by > 1
    for line in lines:
        assert min(Levenshtein.distance(line, each) for each in LINES) >= new_by


def test_every_other_line_is_drawn_in_its_share(maker):
    far = [x for x in TEXTS if min(Levenshtein.distance(x, each) for each in LINES) >= 2]
    expected = np.exp(maker.score_samples(far))
    lines = maker.sample(6_000, new_by=2, learned=LINES, max_length=5, seed=3)
    shares = np.array([lines.count(x) for x in far]) / len(lines)
    assert shares == pytest.approx(expected / expected.sum(), abs=0.025)
    assert maker.sample(50, new_by=2, max_length=5) == maker.sample(
        50, new_by=2, max_length=5, learned=LINES
    )


def test_one_edit_is_new(maker):
    assert maker.sample(50, new_by=1) == maker.sample(50, new=True)


def test_distinct_lines_far_from_the_list(maker):
    lines = maker.sample(30, new_by=2, distinct=True, max_length=5)
    assert len(set(lines)) == 30


def test_case_is_ignored_as_in_other_options():
    maker = MakeMore("ngram").fit(["Anna", "anna", "Otto", "ottO"])
    for learned in (None, ["Anna", "Otto"]):
        lines = maker.sample(50, new_by=2, ignore_case=True, learned=learned, max_length=6)
        for line in lines:
            assert min(Levenshtein.distance(line.lower(), x) for x in ("anna", "otto")) >= 2


def test_the_stream_ends_if_every_line_is_near():
    maker = MakeMore("ngram").fit(["ab"])
    with pytest.raises(ConstraintError, match="passed the constraints and filters"):
        maker.sample(5, new_by=3, max_length=2)


def test_without_digests_the_list_is_needed(tmp_path):
    maker = MakeMore("ngram", keep_digests=False).fit(LINES)
    with pytest.raises(OptionError, match="or give the list with new_by"):
        maker.sample(3, new_by=2)
    assert maker.sample(3, new_by=2, learned=LINES)


def test_the_command_takes_the_list(tmp_path, capsys):
    from makemore.cli.main import main

    (tmp_path / "list.txt").write_text("\n".join(LINES) + "\n")
    MakeMore("ngram").fit(LINES).save(tmp_path / "model")
    sample = ["sample", str(tmp_path / "model"), "-n", "20", "--new-by", "2"]
    main(sample)
    without = capsys.readouterr().out
    main([*sample, "--list", str(tmp_path / "list.txt")])
    assert capsys.readouterr().out == without
    with pytest.raises(SystemExit) as stop:
        main([*sample[:-2], "--list", str(tmp_path / "list.txt")])
    assert stop.value.code == 2
    assert "--list is for --new-by" in capsys.readouterr().err
