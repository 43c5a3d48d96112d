import unicodedata

import numpy as np
import pytest

from makemore import DataError, Lines
from makemore.corpus.canaries import Canaries


def test_canaries_are_distinct_unseen_lines_over_the_characters_of_the_list(us_names):
    canaries = Canaries.of(us_names, 1000, seed=3)
    assert len(set(canaries.lines)) == 1000
    assert not set(canaries.lines) & set(us_names.to_list())
    assert all(canaries.is_in_sample_space(line) for line in canaries.lines)
    assert {len(line) for line in canaries.lines} == {6} == {int(np.median(us_names.lengths()))}
    assert canaries.bits == pytest.approx(6 * np.log2(26))
    assert Canaries.of(us_names, 1000, seed=3) == canaries
    assert not set(Canaries.of(us_names, 1000, seed=4).lines) & set(canaries.lines)


def test_every_character_is_equally_likely_at_every_position(us_names):
    canaries = Canaries.of(us_names, 1, seed=0)
    drawn = np.array([list(line) for line in canaries.draw(26_000, np.random.default_rng(0))])
    for position in drawn.T:
        _, count = np.unique(position, return_counts=True)
        assert len(count) == 26
        assert ((count - 1000) ** 2 / 1000).sum() < 60  # chi-squared with 25 degrees: 1 in 10,000


def test_the_length_of_canaries_depends_on_alphabet_size_and_line_length():
    few = Lines.from_strings([format(i, "08b") for i in range(256)])
    assert Canaries.of(few, 5, seed=0).length == 24
    long = Lines.from_strings(["ab cd" * 99])
    assert Canaries.of(long, 5, seed=0).bits == pytest.approx(256, abs=2)
    assert " " not in "".join(Canaries.of(long, 5, seed=0).lines)


def test_canaries_of_a_large_list_over_two_characters_are_long_enough():
    lines = Lines.from_strings(["01" * 13] * 2**18)
    assert Canaries.of(lines, 5, seed=0).length == 26


def test_canaries_are_in_normalisation_form_c():
    lines = Lines.from_strings(["e\u0301x", "a\u0323\u0301b", "xyz"])
    for line in Canaries.of(lines, 200, seed=0).lines:
        assert unicodedata.is_normalized("NFC", line)


def test_a_canary_has_the_median_weight_and_a_label_of_the_list():
    lines = Lines.from_strings(["anna", "ben", "cleo"], ["F", "M", "F"], [5, 7, 100])
    canaries = Canaries.of(lines, 300, seed=0)
    assert canaries.weight == 7
    assert 150 < canaries.labels.count("F") < 250
    assert set(canaries.labels) == {"F", "M"}
    both = canaries.append_to(lines.select(np.array([2, 1])))
    assert both.to_list() == ["cleo", "ben", *canaries.lines]
    assert both.label_list() == ["F", "M", *canaries.labels]
    assert both.counts().tolist() == [100, 7] + [7] * 300


def test_a_list_over_one_character_has_no_canaries():
    with pytest.raises(DataError, match="random lines of the list's characters, so the list needs"):
        Canaries.of(Lines.from_strings(["a", "a a"]), 1, seed=0)


def test_a_line_of_the_list_is_not_chosen_as_a_canary(us_names):
    some = us_names.select(np.arange(999)).to_list()
    first = Canaries.of(Lines.from_strings(some), 5, seed=0)
    second = Canaries.of(Lines.from_strings([*some, *first.lines[:2]]), 3, seed=0)
    assert second.lines == first.lines[2:]
