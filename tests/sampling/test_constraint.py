import itertools
import re

import numpy as np
import pytest
from enumeration import is_selected
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import ConstraintError
from makemore.options.verbs import ConstraintOptions
from makemore.sampling.constraint import Constraint
from makemore.sampling.exhaustive import enumerate_lines

VOCABULARY = Vocabulary.of(Lines.from_strings(["ab B-"]))
LONGEST = 5
EVERYTHING = [
    "".join(line)
    for length in range(LONGEST + 1)
    for line in itertools.product(VOCABULARY.characters, repeat=length)
]
IDS = np.zeros((len(EVERYTHING), LONGEST), np.int32)
for _i, _line in enumerate(EVERYTHING):
    IDS[_i, : len(_line)] = VOCABULARY.encode(np.array([ord(c) for c in _line], np.uint32))
TEXTS = st.text("abB- ", max_size=3)
NOTHING = np.zeros(0, np.int32)


def is_allowed(line, o):
    return is_selected(line, o) and len(line) <= (o.length or o.max_length or LONGEST)


@st.composite
def all_options(draw):
    """Random constraints, often several at once."""
    found = {}
    for name, values in {
        "prefix": TEXTS,
        "suffix": TEXTS,
        "contains": st.lists(TEXTS, max_size=2).map(tuple),
        "pattern": st.lists(
            st.sampled_from(["a.*", ".*[ab]-.*", "(?:ab|b )+b?", "[^-]{2,4}", "", "(?!.*aa).*b$"]),
            max_size=2,
        ).map(tuple),
        "forbid": st.lists(TEXTS, max_size=3).map(tuple),
        "only": st.text("abB- ", max_size=4),
        "min_length": st.integers(1, 5),
        "max_length": st.integers(1, LONGEST),
        "ignore_case": st.booleans(),
    }.items():
        if draw(st.booleans()):
            found[name] = draw(values)
    return ConstraintOptions(**found)


@settings(max_examples=150, deadline=None)
@given(all_options())
def test_a_constraint_allows_counts_and_lists_the_matching_lines(options):
    constraint = Constraint.of(options, VOCABULARY, options.max_length or LONGEST)
    expected = np.array([is_allowed(line, options) for line in EVERYTHING])
    np.testing.assert_array_equal(constraint.allows(IDS), expected)
    assert constraint.count(NOTHING) == expected.sum()
    listed = enumerate_lines(constraint, NOTHING)
    texts = [VOCABULARY.text(line) for line in listed.tolist()]
    assert sorted(texts) == sorted(
        line for line, yes in zip(EVERYTHING, expected, strict=True) if yes
    )


def automaton_of(**options):
    return Constraint.of(ConstraintOptions(**options), VOCABULARY, LONGEST)


@settings(max_examples=100, deadline=None)
@given(all_options(), TEXTS.filter(bool))
def test_forbidding_and_requiring_a_text_partition_the_lines(options, text):
    """|A| = |A and x| + |A and not x|, and no line is in both."""
    given = options.to_dict() | {"max_length": LONGEST, "contains": "", "min_length": None}
    whole = automaton_of(**given)
    inside = automaton_of(**(given | {"contains": text}))
    outside = automaton_of(**(given | {"forbid": (*options.forbid, text)}))
    assert not (inside.allows(IDS) & outside.allows(IDS)).any()
    np.testing.assert_array_equal(inside.allows(IDS) | outside.allows(IDS), whole.allows(IDS))
    assert inside.count(NOTHING) + outside.count(NOTHING) == whole.count(NOTHING)


PATTERNS = st.sampled_from(["a.*", ".*b", "[ab]+", "(?:ab)*-?", "B{1,3}", ".*-.*", "[^b]*", "a|bb"])


@settings(max_examples=60, deadline=None)
@given(PATTERNS, PATTERNS, st.booleans())
def test_pattern_operators_equal_set_operations(one, other, ignore_case):
    def allowed(pattern):
        return set(
            np.flatnonzero(automaton_of(pattern=pattern, ignore_case=ignore_case).allows(IDS))
        )

    first, second = allowed(one), allowed(other)
    assert allowed(f"(?:{one})|(?:{other})") == first | second
    assert allowed(f"(?:{other})|(?:{one})") == first | second
    assert allowed(f"(?:{one}){{1,2}}") >= first
    assert allowed(f"(?:{one})?") == first
    assert allowed(f"(?:(?:{one})*)*") == allowed(f"(?:{one})*")


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS, st.booleans())
def test_equivalent_constraints_compile_to_automata_of_the_same_size(start, end, ignore_case):
    said = automaton_of(prefix=start, suffix=end, ignore_case=ignore_case)
    for other in (
        automaton_of(pattern=f"{re.escape(start)}.*", suffix=end, ignore_case=ignore_case),
        automaton_of(pattern=f".*{re.escape(end)}", prefix=start, ignore_case=ignore_case),
    ):
        np.testing.assert_array_equal(said.allows(IDS), other.allows(IDS))
        assert len(said.goto) == len(other.goto)  # both are minimal, so they have the same size


@pytest.mark.parametrize("prefix", ["a", "ab", "b-", "a "])
def test_lines_are_counted_after_a_prefix(prefix):
    options = ConstraintOptions(suffix="b", forbid=("bb",), min_length=2)
    constraint = Constraint.of(options, VOCABULARY, LONGEST)
    ids = VOCABULARY.encode(np.array([ord(c) for c in prefix], np.uint32))
    expected = [
        line for line in EVERYTHING if line.startswith(prefix) and is_allowed(line, options)
    ]
    assert constraint.count(ids) == len(expected)
    assert len(enumerate_lines(constraint, ids)) == len(expected)


def test_a_prefix_too_long_or_not_allowed_has_no_lines():
    constraint = Constraint.of(ConstraintOptions(forbid=("ab",)), VOCABULARY, 2)
    a, b = (VOCABULARY.encode(np.array([ord(c)], np.uint32))[0] for c in "ab")
    assert constraint.count(np.array([a, b], np.int32)) == 0
    assert constraint.count(np.array([b, b, b], np.int32)) == 0


def test_counts_are_exact_below_2_to_the_53():
    constraint = Constraint.of(ConstraintOptions(only="ab", length=52), VOCABULARY, 52)
    assert constraint.count(NOTHING) == 2**52


def test_too_many_states_in_combination_are_rejected():
    options = ConstraintOptions(
        pattern=".*a.{8}", contains="ab" * 60, forbid=("-b" * 60,), states=700
    )
    with pytest.raises(ConstraintError, match="need more than 700 states"):
        Constraint.of(options, VOCABULARY, 200)
