r"""Patterns with look-ahead, look-behind, anchors, \b and possessive repeats match as in Python."""

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore import ConstraintError, MakeMore
from makemore.sampling.character_sets import CharacterSets
from makemore.sampling.pattern import Expression

ALPHABET = "ab -"
LINES = ["".join(letters) for n in range(1, 6) for letters in product(ALPHABET, repeat=n)]


def accepted(pattern, states=20_000):
    sets = CharacterSets(tuple(ALPHABET))
    automaton = Expression(pattern, sets, False, states).automaton()
    symbol_of = {
        sets.characters[i]: symbol for symbol in sets.symbols for i in sets.characters_of(symbol)
    }
    return [x for x in LINES if automaton.accepts_input("".join(map(symbol_of.get, x)))]


def matched(pattern):
    return [x for x in LINES if re.fullmatch(pattern, x, re.DOTALL)]


PATTERNS = [
    "(^ab.*$)|(^b.*$)",
    "(?=.*a)(?=.*b).{3,}",
    "(?!.*a)b.*",
    r"\bab\b",
    r".*\bab\b.*",
    r".*\Bb.*",
    r"(?=.*\bab\b)(?!.*--).*",
    "a^b|a*",
    "a*$b?",
    "(?:a$|b)+",
    "(?<=a)b|.*(?<=b)a",
    ".*(?<!a)b.*",
    ".*(?<=ab)(?=ba).*",
    "(?:a(?=b)|b(?!b)| )*",
    "(?:(?<=a)b|(?<!b)a)+",
    "(?=(?:..)*$).*",
    "(?=(?=.*b)a).*",
    "(?!(?!a).)...",
    r"(?:\b[ab]+\b[ -]?)+",
    "a*+b",
    "a*+a",
    "a{1,2}+a",
    "a{2}+b",
    "[ab]++ .*",
    "a?+a",
    "(?>ab)-",
    "(?>a*)b",
    "(?>a+)a",
    "(?:(?>[ab]*)-)*",
    "(?=)a",
    "(?!)a|b",
    r"\Aab?\Z",
    "(?=a)(?=.b)(?=..-).*",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_language_of_a_pattern_is_that_of_python(pattern):
    assert accepted(pattern) == matched(pattern)


PIECES = st.recursive(
    st.sampled_from(["a", "b", ".", "[ab]", " ", "^", "$", r"\b", r"\B", "-"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(inner, inner).map("(?:{0[0]}|{0[1]})".format),
        inner.map("(?:{})*".format),
        inner.map("(?={})".format),
        inner.map("(?!{})".format),
        st.sampled_from(["(?<=a)", "(?<!b)", "(?<=ab)", "(?<![ -])"]),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(PIECES)
def test_generated_patterns_with_assertions_match_as_in_python(pattern):
    try:
        found = accepted(pattern)
    except ConstraintError as error:
        assert "does not support" in str(error) or "states" in str(error)  # noqa: PT017
        return
    assert found == matched(pattern)


@pytest.mark.parametrize(
    "pattern, feature",
    [
        (r"(a)\1", "a backreference"),
        ("(a)?(?(1)b|c)", "a backreference"),
        ("(?>a|ab)-", "an atomic group"),
        ("(?:ab)*+", "a possessive quantifier"),
        ("a(?=.*(?<=b))", "a look-behind, an anchor or a word boundary within a look-ahead"),
        ("b(?<=a(?=b)b)", "a look-ahead, an anchor or a word boundary within a look-behind"),
    ],
)
def test_what_is_not_supported_is_named_as_that(pattern, feature):
    with pytest.raises(ConstraintError, match="which makemore does not support") as error:
        accepted(pattern)
    assert feature in str(error.value)


def test_a_posix_class_is_refused_with_what_to_write():
    for pattern in ("[[:alpha:]]+", "a[[:^digit:]x]"):
        with pytest.raises(ConstraintError, match=r"the POSIX class \[:\^?[a-z]+:\].*write"):
            accepted(pattern)
    assert accepted("[:alph:]*") == matched("[:alph:]*")


def test_the_work_for_assertions_is_bounded():
    for pattern in ("(?=.*a.{15}b)" * 5 + ".*", ".*(?=.{9}a)" * 9, "(?:(?=.*a.*b.{12})a|b)*"):
        with pytest.raises(ConstraintError, match="needs more than 300 states"):
            accepted(pattern, states=300)


@pytest.mark.parametrize(
    "pattern", ["(^an.*$)|(^jo.*$)", "(?=.*a)(?=.*o).{4,}", "(?!.*s)an.*", r"\banna\b"]
)
def test_lines_are_sampled_under_patterns_with_assertions(pattern):
    maker = MakeMore("kneser_ney").fit(["anna", "johanna", "susanna", "otto", "anton", "joan"])
    lines = maker.sample(50, pattern=pattern)
    assert len(lines) == 50
    assert all(re.fullmatch(pattern, line) for line in lines)
