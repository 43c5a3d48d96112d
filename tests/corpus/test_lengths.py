"""One line that is far longer than the others spoils nothing."""

import re

import numpy as np
import pytest

from makemore import MakeMore, read_blocks
from makemore.corpus.lengths import usual_length
from makemore.corpus.lines import Lines

NAMES = [a + b + c for a in ("an", "be", "jo") for b in ("n", "r", "tt") for c in ("a", "e", "ina")]


@pytest.mark.parametrize(
    "lengths, usual",
    [
        ([1], 1),
        ([3, 9], 9),
        ([3, 14], 13),
        ([5] * 99 + [500], 15),
        ([50] * 999 + [500], 100),
        ([50] * 999 + [90], 90),
        ([5] * 198 + [500, 500], 15),
        ([5] * 97 + [500] * 3, 500),
        (range(1, 100), 99),
    ],
)
def test_the_usual_length_is_bounded_by_a_high_quantile(lengths, usual):
    assert usual_length(np.bincount(list(lengths))) == usual


@pytest.mark.parametrize("junk", [500, 8_000, 200_000])
def test_a_line_of_junk_leaves_constraints_exact_and_quick(junk, tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("\n".join([*NAMES, "an" * (junk // 2)]) + "\n")
    maker = MakeMore("kneser_ney").fit(read_blocks(path))
    assert (maker.learned_.longest, maker.learned_.usual_length) == (junk, 17)
    stream = maker.stream(suffix="a", min_length=3)
    assert stream.method == "exact, automaton"
    assert max(len(next(stream)) for _ in range(200)) <= 17
    assert len(maker.sample(1, length=30)[0]) == 30
    assert maker.rank(["anna", "bere"], draws=500).more.shape == (2,)
    maker.save(tmp_path / "model")
    assert MakeMore.load(tmp_path / "model").learned_.usual_length == 17


def test_blocks_and_lines_have_the_same_usual_length():
    lines = [*NAMES * 5, "x" * 300]
    blocks = [Lines.from_strings(lines[i : i + 7]) for i in range(0, len(lines), 7)]
    one = MakeMore("ngram").fit(iter(blocks)).learned_
    other = MakeMore("ngram").fit(lines).learned_
    assert (one.longest, one.usual_length) == (other.longest, other.usual_length) == (300, 17)


def test_the_command_says_that_it_left_out_a_long_line(tmp_path, capsys):
    from makemore.cli.main import main

    (tmp_path / "list.txt").write_text("\n".join([*NAMES, "an" * 300]) + "\n")
    main([str(tmp_path / "list.txt"), "-n", "3"])
    message = capsys.readouterr().err
    assert re.search(r"the longest line of the list has 600 characters, .*--max-length\)", message)
    main([str(tmp_path / "list.txt"), "-n", "3", "--max-length", "20"])
    assert "--max-length" not in capsys.readouterr().err
