import contextlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import ConstraintError
from makemore.options.verbs import ConstraintOptions
from makemore.sampling.character_sets import CharacterSets
from makemore.sampling.constraint import Constraint
from makemore.sampling.pattern import Expression

CHARACTERS = tuple("abAB-é5 ")


def automaton(pattern, ignore_case=False, most=2000):
    sets = CharacterSets(CHARACTERS)
    return sets, Expression(pattern, sets, ignore_case, most).automaton()


def accepts(found, line):
    sets, dfa = found
    symbols = (sets.characters[sets.representatives[CHARACTERS.index(c)]] for c in line)
    return dfa.accepts_input("".join(symbols))


LINES = st.text("abAB-é5 ", max_size=6)
ATOMS = st.sampled_from(
    ["a", "b", ".", "[ab]", "[^a]", r"\w", r"\d", r"\s", r"\W", "é", "(?i:a)", "", "[a-z]", r"\-"]
)
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "??"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
        inner.map(lambda one: f"({one})"),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(PATTERNS, st.lists(LINES, min_size=5, max_size=20), st.booleans())
def test_patterns_match_as_in_python(pattern, lines, ignore_case):
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    found = automaton(pattern, ignore_case)
    for line in lines:
        assert accepts(found, line) == (re.fullmatch(pattern, line, flags) is not None), line


@pytest.mark.parametrize("pattern", ["^ab$", "^a|^b", "a$|b$", r"\Aab\Z", "^(?:ab)$"])
def test_anchors_at_both_ends_change_nothing(pattern):
    found = automaton(pattern)
    for line in ("ab", "a", "b", "", "ba", "aab"):
        assert accepts(found, line) == (re.fullmatch(pattern, line) is not None)


@pytest.mark.parametrize(
    "pattern, sentence",
    [
        ("(", "is not a regular expression: missing \\)"),
        ("a**", "is not a regular expression: multiple repeat"),
        ("[b-a]", "is not a regular expression: bad character range"),
        ("a{99999999999999999999}", "is not a regular expression"),
        (r"(a)\1", "a backreference"),
        ("(a)?(?(1)b|c)", "a backreference"),
        ("(" * 5000 + ")" * 5000, "is nested too deeply"),
    ],
)
def test_unsupported_patterns_are_rejected_with_the_reason(pattern, sentence):
    with pytest.raises(ConstraintError, match=sentence):
        automaton(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a|b)*a(a|b){20}",
        "a{100000}",
        "(a{1000}){1000}",
        "(?:a?){1900}",
        "(?:a?){900}",  # few states, but each has transitions to all later ones
        "((a?){40}){40}",
        "(.*a.*b){12}|(.*b.*a.*-){12}|.*a.{14}",
    ],
)
def test_an_exploding_pattern_is_rejected_quickly(pattern):
    # Without a bound this would take hours, until the time limit of the suite.
    with pytest.raises(ConstraintError, match=r"needs more than 2,000 states: simplify it"):
        automaton(pattern)


@pytest.mark.parametrize("pattern", ["(?:){1000000000}", "(?:(?:){0,900000000}){5}", "(?:a|){3}"])
def test_repeating_an_empty_group_takes_no_time(pattern):
    assert accepts(automaton(pattern), "")


def test_equivalent_characters_share_one_symbol():
    characters = tuple(chr(0x4E00 + i) for i in range(2000))
    sets = CharacterSets(characters)
    expression = Expression(f"{characters[7]}.*[{characters[3]}{characters[4]}]", sets, False, 100)
    assert len(sets.symbols) == 3
    assert expression.automaton().accepts_input(characters[7] + characters[0] + characters[3])


def test_the_automaton_is_minimal():
    _, twelve = automaton(".*a.{3}")
    _, again = automaton("(?:.*a.{3}|.*a...)")
    assert len(twelve.states) == len(again.states) == 16


KANJI = "".join(chr(0x4E00 + i) for i in range(2000))


@pytest.mark.parametrize(
    "pattern",
    [
        "(a|b)*a(a|b){20}",
        "((a{1000}){1000}){1000}",
        "(a{0,1000}){0,1000}",
        "((((){1000}){1000}){1000}){1000}",
        "(?:){1000000}",
        "(a?){9000}a",
        ".*a.{13}",
        "(a|aa|aaa|b)*b(a|b){9}",
        "(" * 5000 + ")" * 5000,
        "(" * 5000,
        "[a-b]{900}",
        "a" * 20_000,
        "|".join("ab" * 3000),
        "((((((a?){9}){9}){9}){9}){9}){9}",
        r"(?=a)b",
        r"(a)\1",
        "[[a]",
    ],
    ids=lambda pattern: pattern[:30],
)
def test_a_malicious_pattern_has_few_states_or_is_rejected(pattern):
    expression = None
    with contextlib.suppress(ConstraintError):
        expression = Expression(pattern, CharacterSets(CHARACTERS), False, 1000)
        assert len(expression.automaton().states) <= 1001
    if expression is not None:
        assert len(expression.edges) <= 1000


@pytest.mark.parametrize(
    "pattern",
    [
        "|".join(f"{c}.*" for c in KANJI),
        "|".join(f"{c}..." for c in KANJI),
        f"(?:{'|'.join(KANJI)})",
    ],
    ids=["each with more", "each with three", "any"],
)
def test_alternations_of_thousands_of_characters_take_bounded_work(pattern):
    expression = None
    with contextlib.suppress(ConstraintError):
        expression = Expression(pattern, CharacterSets(tuple(KANJI)), False, 3000)
        expression.automaton()
    assert expression is None or expression._work <= 200 * 3000 + len(KANJI)


def test_too_many_transitions_are_rejected_before_they_are_listed():
    apart = "|".join(c + c for c in KANJI[:750])
    expression = Expression(f"(?:{apart}).{{1490}}", CharacterSets(tuple(KANJI)), False, 3000)
    with pytest.raises(ConstraintError, match="needs more than 3,000 states"):
        expression._transitions()


def test_dead_states_are_found_in_a_chain_of_thousands():
    found = Constraint.of(
        ConstraintOptions(pattern="[ab]{3000}"), Vocabulary("ab"), max_length=4000
    )
    assert (found.goto[:, 1:] >= 0).any(axis=1).sum() == 3000
    assert found.is_final.sum() == 1
