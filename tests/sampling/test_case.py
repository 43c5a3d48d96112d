# ruff: noqa: RUF001
"""One notion of upper and lower case: constraints, new, distinct and excluded lines follow it."""

import re
import sys
from unicodedata import is_normalized

import numpy as np
import pytest

from makemore import MakeMore
from makemore.corpus.case import case_variants, fold_case, is_folded
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import OptionError
from makemore.options.verbs import ConstraintOptions
from makemore.sampling.constraint import Constraint

GREEK = ["ΝΙΚΟΣ", "Νίκος", "ΓΙΩΡΓΟΣ", "γιώργος", "ΜΑΡΙΑ", "ελένη", "ΠΑΥΛΟΣ"]
GERMAN = ["Straße", "STRASSE", "Maße", "masse", "Gasse", "Fuß", "FUSS", "groß"]
NAMES = ["Hanna", "hAnna", "Anna", "anna", "Johanna", "HANNA", "Otto", "oTTo"]


@pytest.fixture(scope="module", params=["ngram", "kneser_ney", "mlp"])
def fit(request):
    steps = {} if request.param != "mlp" else {"steps": 5}
    return lambda lines: MakeMore(request.param, **steps).fit(lines)


@pytest.mark.parametrize(
    "lines, options, holds",
    [
        (GREEK, {"suffix": "ος"}, lambda x: x.endswith("οσ")),
        (GREEK, {"suffix": "ΟΣ"}, lambda x: x.endswith("οσ")),
        (GREEK, {"pattern": ".*ος"}, lambda x: x.endswith("οσ")),
        (GREEK, {"contains": "Σ"}, lambda x: "σ" in x),
        (GREEK, {"forbid": ["ς"]}, lambda x: "σ" not in x),
        (GREEK, {"pattern": "[^ς]*"}, lambda x: "σ" not in x),
        (GERMAN, {"suffix": "ss"}, lambda x: x.endswith("ss")),
        (GERMAN, {"contains": "ß"}, lambda x: "ss" in x),
        (GERMAN, {"forbid": ["SS"]}, lambda x: "ss" not in x),
        (GERMAN, {"only": "FUS"}, lambda x: set(x) <= set("fus")),
        (NAMES, {"prefix": "hAN"}, lambda x: x.startswith("han")),
        (NAMES, {"pattern": "[h-i].*"}, lambda x: x[0] in "hi"),
    ],
    ids=lambda value: "" if callable(value) else str(value),
)
def test_constraints_hold_for_the_case_folding_of_lines(fit, lines, options, holds):
    maker = fit(lines)
    drawn = maker.sample(300, ignore_case=True, **options)
    assert all(holds(fold_case(line)) for line in drawn)
    assert len({*drawn}) > 1
    assert all(holds(fold_case(line)) for line, _ in maker.top(20, ignore_case=True, **options))


@pytest.mark.parametrize("text", ["SSE", "sse", "ße", "ẞE"])
def test_every_line_that_satisfies_a_constraint_without_case_is_allowed(text):
    lines = Lines.from_strings(GERMAN)
    vocabulary = Vocabulary.of(lines)
    options = ConstraintOptions(suffix=text, ignore_case=True)
    allows = Constraint.of(options, vocabulary, 10).allows
    allowed = [x for x in GERMAN if allows(vocabulary.encode(np.array([*map(ord, x)]))[None])[0]]
    assert allowed == ["Straße", "STRASSE", "Maße", "masse", "Gasse"]


@pytest.mark.parametrize("lines", [GREEK, GERMAN, NAMES])
def test_new_distinct_and_exclude_follow_the_same_notion(fit, lines, tmp_path):
    maker = fit(lines)
    maker.save(tmp_path / "model")
    learned = set(map(fold_case, lines))
    for each in (maker, MakeMore.load(tmp_path / "model")):
        new = each.sample(200, new=True, ignore_case=True)
        assert new
        assert not learned & set(map(fold_case, new))
    distinct = maker.sample(200, distinct=True, ignore_case=True)
    assert len(set(map(fold_case, distinct))) == len(distinct)
    excluded = maker.sample(200, exclude=[line.swapcase() for line in lines], ignore_case=True)
    assert not learned & set(map(fold_case, excluded))


def test_digests_without_case_are_the_same_in_blocks_merged_and_continued():
    lines = ["anna", "ben", "Anna", "Ben", "ß", "SS"]
    blocks = [Lines.from_strings(lines[:2]), Lines.from_strings(lines[2:])]
    whole = MakeMore("ngram").fit(lines).learned_.folded_digests().tolist()
    assert len(whole) == 3
    assert MakeMore("ngram").fit(iter(blocks)).learned_.folded_digests().tolist() == whole
    continued = MakeMore("ngram").fit(lines[:2]).partial_fit(lines[2:])
    assert continued.learned_.folded_digests().tolist() == whole
    blend = MakeMore.blend([MakeMore("ngram").fit(lines[:3]), MakeMore("ngram").fit(lines[3:])])
    assert blend.learned_.folded_digests().tolist() == whole


def test_a_file_without_digests_for_it_refuses_new_without_case(tmp_path):
    maker = MakeMore("ngram").fit(NAMES)
    maker.learned_ = type(maker.learned_)(**{**vars(maker.learned_), "folded_digests": None})
    maker.save(tmp_path / "old")
    with pytest.raises(OptionError, match="fit it again"):
        MakeMore.load(tmp_path / "old").sample(3, new=True, ignore_case=True)
    assert MakeMore.load(tmp_path / "old").sample(3, new=True)


def test_lower_case_lists_store_one_set_of_digests(tmp_path):
    MakeMore("ngram").fit(["anna", "ben"]).save(tmp_path / "lower")
    MakeMore("ngram").fit(["Anna", "ben"]).save(tmp_path / "mixed")
    assert b"folded_digests" not in (tmp_path / "lower").read_bytes()
    assert b"folded_digests" in (tmp_path / "mixed").read_bytes()


def test_variants_are_all_characters_with_the_same_folding():
    by_folding = {}
    for character in map(chr, range(sys.maxunicode + 1)):
        if not "\ud800" <= character <= "\udfff" and is_normalized("NFC", character):
            by_folding.setdefault(fold_case(character), []).append(character)
    for folded, characters in by_folding.items():
        if len(characters) > 1 or not is_folded(characters[0]):
            assert list(case_variants(folded)) == characters


def test_patterns_without_case_equal_those_of_python_on_ascii():
    names = ["aB", "Ab", "ba", "BB", "a_"]
    maker = MakeMore("ngram").fit(names)
    for pattern in ("a.", "[^a]+", "(?-i:a).", "[A-B]b", r"\w+", r"[^\W_]+", "(?a:b.)"):
        expected = {
            x
            for x in {a + b for a in "aAbB_" for b in "aAbB_"}
            if re.fullmatch(pattern, x, re.IGNORECASE)
        }
        drawn = {x for x, _ in maker.top(100, pattern=pattern, ignore_case=True, length=2)}
        assert drawn == expected
