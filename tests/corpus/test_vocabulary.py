import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import BOUNDARY, Vocabulary
from makemore.errors import OptionError

WORDS = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Zs", "Cc", "Zl", "Zp"]), min_size=1)
)


def codes(text: str) -> np.ndarray:
    return np.array([ord(c) for c in text], np.uint32)


def test_the_boundary_has_id_zero_and_is_not_a_character():
    vocabulary = Vocabulary("abc")
    assert BOUNDARY == 0
    assert len(vocabulary) == 4
    assert vocabulary.encode(codes("abc")).tolist() == [1, 2, 3]


@given(WORDS)
@settings(deadline=None, max_examples=100)
def test_the_vocabulary_has_every_character_once_in_code_point_order(words):
    lines = Lines.from_strings(words)
    assert Vocabulary.of(lines).characters == "".join(sorted(set("".join(lines.to_list()))))


def test_characters_beyond_the_basic_plane_are_single_characters():
    lines = Lines.from_strings(["a\U0001f600", "\U0010ffff\u4e2d"])
    vocabulary = Vocabulary.of(lines)
    assert vocabulary.characters == "a\u4e2d\U0001f600\U0010ffff"
    assert vocabulary.encode(lines.codes).tolist() == [1, 3, 4, 2]


@given(WORDS)
@settings(deadline=None, max_examples=100)
def test_decoding_inverts_encoding(words):
    lines = Lines.from_strings(words)
    vocabulary = Vocabulary.of(lines)
    ids = vocabulary.encode(lines.codes)
    assert ids.dtype == np.int32
    assert vocabulary.decode(ids).tolist() == lines.codes.tolist()
    assert all(0 < i < len(vocabulary) for i in ids.tolist())


def test_the_boundary_decodes_to_a_line_feed():
    decoded = Vocabulary("ab").decode(np.array([2, 0, 1, 0], np.int32))
    assert "".join(map(chr, decoded)) == "b\na\n"


@given(st.text("abcdef\u00e9", max_size=20), st.sets(st.sampled_from("abcdef\u00e9")))
@settings(deadline=None, max_examples=200)
def test_unknown_characters_are_encoded_as_minus_one(text, known):
    ordered = sorted(known)
    expected = [ordered.index(c) + 1 if c in known else -1 for c in text]
    assert Vocabulary("".join(ordered)).encode(codes(text)).tolist() == expected


def test_an_empty_vocabulary_has_only_the_boundary():
    empty = Vocabulary.of(Lines.from_strings([]))
    assert (len(empty), empty.characters, empty.labels) == (1, "", ())
    assert empty.encode(codes("ab")).tolist() == [-1, -1]
    assert empty.encode(codes("")).tolist() == []
    assert empty.decode(np.array([0], np.int32)).tolist() == [10]


@given(st.lists(st.text("abxy", max_size=4), max_size=10), st.sampled_from(["", "a", "ab", "abxy"]))
@settings(deadline=None, max_examples=200)
def test_a_line_is_known_if_all_its_characters_are(strings, known):
    lines = Lines.from_strings(strings, keep_blank=True)
    expected = [all(c in known for c in line) for line in strings]
    assert Vocabulary(known).is_encodable(lines).tolist() == expected


def test_label_ids_follow_the_character_ids():
    lines = Lines.from_strings(["anna", "ben"], labels=["F", "M"])
    vocabulary = Vocabulary.of(lines)
    assert vocabulary.labels == ("F", "M")
    assert len(vocabulary) == 5
    assert [vocabulary.label_id(label) for label in ("F", "M")] == [5, 6]
    assert vocabulary.label_ids(["M", "F", "M"]).tolist() == [6, 5, 6]
    assert vocabulary.label_ids(["M"]).dtype == np.int32
    assert vocabulary.label_ids([]).tolist() == []


def test_an_unknown_label_is_rejected_with_the_known_ones():
    vocabulary = Vocabulary("ab", ("F", "M"))
    with pytest.raises(OptionError, match=r"label 'X' is not one of this model's labels \(F, M\)"):
        vocabulary.label_id("X")
    with pytest.raises(OptionError, match=r"label 'f' is not one of this model's labels \(F, M\)"):
        vocabulary.label_ids(["F", "f"])


def test_a_label_is_rejected_by_a_vocabulary_without_labels():
    with pytest.raises(OptionError, match=r"none, because it was fitted on a list without labels"):
        Vocabulary("ab").label_id("F")


def test_a_line_with_an_unknown_label_is_not_known():
    vocabulary = Vocabulary("ab", ("F", "M"))
    lines = Lines.from_strings(["a", "b", "c", "a"], ["F", "X", "F", "M"])
    assert vocabulary.is_encodable(lines).tolist() == [True, False, False, True]
    assert vocabulary.is_encodable(lines.without_labels()).tolist() == [True, True, False, True]


def test_a_narrower_vocabulary_is_mapped_to_ids_of_a_wider_one():
    narrow, other = Vocabulary("bd", ("M",)), Vocabulary("abc", ("F", "M"))
    wide = narrow.union(other)
    assert (wide.characters, wide.labels) == ("abcd", ("F", "M"))
    assert narrow.ids_in(wide).tolist() == [0, 2, 4, 6]
    assert wide.ids_in(wide).tolist() == list(range(7))
