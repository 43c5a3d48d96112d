import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.corpus.cleaning import Summary
from makemore.corpus.lines import Lines
from makemore.errors import DataError

SPACES = [chr(code) for code in range(0x110000) if chr(code).isspace()]
ANY = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
# Combining accents, spaces of every kind and line endings are drawn more often than by chance.
CHARACTER = st.one_of(
    st.sampled_from("ab \t\n\r"),
    st.sampled_from(["e", "n", "A", "\u0301", "\u0303", "\u030a", "\u1100", "\u1161"]),
    st.sampled_from(SPACES),
    ANY,
)
TEXT = st.text(CHARACTER, max_size=40)


def cleaned(line: str) -> str:
    """Clean one line with plain Python."""
    return unicodedata.normalize("NFC", line).strip()


def split_at_line_ends(text: str) -> list[str]:
    """Split a text into lines; a final line ending does not start another line."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text:
        return []
    return text.removesuffix("\n").split("\n")


@given(TEXT)
@settings(deadline=None, max_examples=300)
def test_cleaning_a_text_equals_plain_python(text):
    raw = split_at_line_ends(text)
    lines = Lines.from_text(text)
    assert lines.to_list() == [line for line in map(cleaned, raw) if line]
    assert lines.read == len(raw)


@given(st.lists(TEXT, max_size=12))
@settings(deadline=None, max_examples=300)
def test_cleaning_strings_equals_plain_python(strings):
    expected = [cleaned(s.replace("\n", " ").replace("\r", " ")) for s in strings]
    lines = Lines.from_strings(strings)
    assert lines.to_list() == [line for line in expected if line]
    assert lines.read == len(strings)
    assert Lines.from_strings(strings, keep_blank=True).to_list() == expected


@given(st.lists(st.text(CHARACTER.filter(lambda c: c not in "\r\n"), max_size=12), max_size=12))
@settings(deadline=None, max_examples=200)
def test_a_text_and_its_separate_lines_give_the_same_list(strings):
    from_text = Lines.from_text("".join(s + "\n" for s in strings))
    from_strings = Lines.from_strings(strings)
    assert from_text.to_list() == from_strings.to_list()
    assert from_text.offsets.tolist() == from_strings.offsets.tolist()
    assert from_text.summary() == from_strings.summary()


@given(st.lists(TEXT, max_size=12))
@settings(deadline=None, max_examples=100)
def test_cleaning_is_idempotent(strings):
    once = Lines.from_strings(strings)
    twice = Lines.from_strings(once.to_list())
    assert twice.to_list() == once.to_list()
    assert twice.codes.tolist() == once.codes.tolist()


@given(st.lists(TEXT, max_size=12))
@settings(deadline=None, max_examples=100)
def test_codes_and_offsets_spell_the_lines(strings):
    lines = Lines.from_strings(strings, keep_blank=True)
    spelt = [
        "".join(map(chr, lines.codes[low:high].tolist()))
        for low, high in zip(lines.offsets[:-1], lines.offsets[1:], strict=True)
    ]
    assert spelt == lines.to_list()
    assert [line.encode() for line in spelt] == lines.to_bytes()
    assert [len(line) for line in spelt] == lines.lengths().tolist()
    assert len(lines) == len(spelt)


def test_the_arrays_have_the_documented_dtypes():
    lines = Lines.from_strings(["anna", "ben"], labels=["F", "M"], weights=[2, 1])
    assert lines.codes.dtype == np.uint32
    assert lines.offsets.dtype == np.int64
    assert lines.labels.dtype == np.int32
    assert lines.weights.dtype == np.float64


def test_a_combining_accent_is_composed_with_its_letter():
    decomposed, composed = "Jose\u0301", "Jos\u00e9"
    assert Lines.from_text(decomposed).to_list() == [composed]
    assert Lines.from_strings([decomposed]).to_list() == [composed]
    assert Lines.from_strings([decomposed]).lengths().tolist() == [4]


def test_every_unicode_space_is_trimmed_at_both_ends_and_kept_inside():
    for space in SPACES:
        inside = " " if space in "\n\r" else unicodedata.normalize("NFC", space)
        lines = Lines.from_strings([f"{space}a{space}b{space}{space}"])
        assert lines.to_list() == [f"a{inside}b"], ascii(space)


def test_zero_width_characters_are_kept():
    kept = ["\u200bann", "anna\u2060", "\ufeffben", "\u180eotto"]
    assert Lines.from_strings(kept).to_list() == kept


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_ending_ends_a_line(end):
    lines = Lines.from_text(f"anna{end}{end}ben{end}")
    assert lines.to_list() == ["anna", "ben"]
    assert lines.read == 3


def test_line_endings_may_be_mixed():
    assert Lines.from_text("a\r\nb\rc\nd\n\re").to_list() == ["a", "b", "c", "d", "e"]


def test_the_last_line_needs_no_line_ending():
    assert Lines.from_text("anna\nben").to_list() == Lines.from_text("anna\nben\n").to_list()
    assert Lines.from_text("anna\nben").read == Lines.from_text("anna\nben\n").read == 2


def test_unicode_line_separators_do_not_end_a_line():
    assert Lines.from_text("an\u2028na\x0bben\x85otto").to_list() == ["an\u2028na\x0bben\x85otto"]


def test_order_and_repeats_are_kept():
    raw = ["otto", "anna", "otto", "ben", "anna", "otto"]
    assert Lines.from_strings(raw).to_list() == raw
    assert Lines.from_text("\n".join(raw)).to_list() == raw


def test_blank_lines_are_dropped():
    assert Lines.from_strings(["", "anna", " \t\u3000", "ben", "\n"]).to_list() == ["anna", "ben"]
    assert Lines.from_text("\n\nanna\n \t\u3000\nben\n\n").to_list() == ["anna", "ben"]


def test_keep_blank_keeps_the_indices_of_the_strings():
    strings = ["", "anna", "  ", "", "ben", "\u00a0"]
    lines = Lines.from_strings(strings, keep_blank=True)
    assert len(lines) == len(strings)
    assert lines.to_list() == ["", "anna", "", "", "ben", ""]
    assert lines.to_bytes() == [b"", b"anna", b"", b"", b"ben", b""]
    assert lines.lengths().tolist() == [0, 4, 0, 0, 3, 0]


def test_labels_and_weights_stay_aligned_when_blank_lines_are_dropped():
    lines = Lines.from_strings(
        ["", "anna", " ", "ben"], labels=["F", "F", "M", "M"], weights=[1, 2, 3, 4]
    )
    assert lines.to_list() == ["anna", "ben"]
    assert [lines.label_names[i] for i in lines.labels] == ["F", "M"]
    assert lines.weights.tolist() == [2.0, 4.0]


@pytest.mark.parametrize("strings", [[], [""], ["", " "]])
def test_blank_strings_give_no_lines(strings):
    lines = Lines.from_strings(strings)
    assert len(lines) == 0
    assert lines.to_list() == lines.to_bytes() == []
    assert lines.lengths().tolist() == lines.distinct_indices().tolist() == []
    assert lines.read == len(strings)


@pytest.mark.parametrize("text, read", [("", 0), ("\n", 1), ("\n\n", 2), (" ", 1)])
def test_a_blank_text_gives_no_lines(text, read):
    lines = Lines.from_text(text)
    assert (len(lines), lines.to_list(), lines.read) == (0, [], read)


def test_a_nul_character_is_rejected_with_its_line():
    with pytest.raises(DataError, match=r"line 3: a NUL character: this looks like a binary"):
        Lines.from_text("anna\r\n\r\nb\0en\n")
    with pytest.raises(DataError, match=r"line 2: a NUL character.*--encoding utf-16"):
        Lines.from_strings(["anna", "ben\0"])


@pytest.mark.parametrize("code", [0xD800, 0xDC80, 0xDFFF])
def test_a_lone_surrogate_is_rejected_with_its_line(code):
    half, sentence = chr(code), rf"line 2: half of a surrogate pair \(U\+{code:04X}\)"
    with pytest.raises(DataError, match=sentence):
        Lines.from_text(f"anna\nbe{half}n\n")
    with pytest.raises(DataError, match=sentence):
        Lines.from_strings(["anna", half])


def test_the_line_of_a_lone_surrogate_is_right_after_composed_accents():
    # Composition shortens the text, so positions in the composed and the original text differ.
    raw = ["e\u0301" * 10, "ben\ud800"]
    with pytest.raises(DataError, match=r"line 2: half of a surrogate pair \(U\+D800\)"):
        Lines.from_strings(raw)
    with pytest.raises(DataError, match=r"line 2: half of a surrogate pair \(U\+D800\)"):
        Lines.from_text("\n".join(raw))


def test_a_single_string_instead_of_a_list_is_rejected():
    with pytest.raises(DataError, match=r"got one string, but a list of strings is needed"):
        Lines.from_strings("anna")


@pytest.mark.parametrize("wrong", [b"ben", 3, ["ben"]])
def test_a_value_that_is_not_a_string_is_rejected_with_its_line_and_type(wrong):
    with pytest.raises(
        DataError, match=rf"line 2: this item is of type {type(wrong).__name__}, not str"
    ):
        Lines.from_strings(["anna", wrong])


def test_weights_are_stored_as_floats():
    lines = Lines.from_strings(["anna", "ben"], weights=[2, 0.5])
    assert lines.weights.tolist() == [2.0, 0.5]
    assert Lines.from_strings(["anna"], weights=["3"]).weights.tolist() == [3.0]
    assert Lines.from_strings(["anna"]).weights is None


@pytest.mark.parametrize(
    "weight, shown",
    [
        (-1.0, "-1.0"),
        (float("inf"), "inf"),
        ("many", "'many'"),
        ("", "''"),
    ],
)
def test_an_invalid_weight_is_rejected_with_its_line(weight, shown):
    with pytest.raises(DataError, match=rf"line 2: weight {shown} is not a number of 0 or more"):
        Lines.from_strings(["anna", "ben"], weights=[1, weight])


def test_an_invalid_weight_in_an_array_is_shown_as_a_plain_number():
    with pytest.raises(DataError, match=r"line 2: weight -1\.0 is not a number of 0 or more"):
        Lines.from_strings(["anna", "ben"], weights=np.array([1.0, -1.0]))


def test_lines_of_weight_zero_are_dropped():
    lines = Lines.from_strings(["anna", "ben", "otto"], labels=["F", "M", "M"], weights=[2, 0, 1])
    assert lines.to_list() == ["anna", "otto"]
    assert lines.weights.tolist() == [2.0, 1.0]
    assert [lines.label_names[i] for i in lines.labels] == ["F", "M"]


def test_a_line_of_weight_zero_is_not_counted_as_blank():
    summary = Lines.from_strings(["anna", "ben", " "], weights=[1, 0, 1]).summary()
    assert (summary.read, summary.kept) == (3, 1)
    assert summary.blank == 1


def test_the_numbers_of_weights_and_labels_must_match_the_lines():
    with pytest.raises(DataError, match=r"got 1 weights for 2 lines: give one for each line"):
        Lines.from_strings(["anna", "ben"], weights=[1])
    with pytest.raises(DataError, match=r"got 3 labels for 2 lines: give one for each line"):
        Lines.from_strings(["anna", "ben"], labels=["F", "M", "M"])


def test_labels_are_trimmed_normalised_and_sorted():
    lines = Lines.from_strings(["a", "b", "c", "d"], labels=[" M", "F ", "e\u0301", "\u00e9"])
    assert lines.label_names == ("F", "M", "\u00e9")
    assert lines.labels.tolist() == [1, 0, 2, 2]


@pytest.mark.parametrize("blank", ["", " ", "\t\u3000"])
def test_a_blank_label_is_rejected_with_its_line(blank):
    with pytest.raises(DataError, match=r"line 2: the label is blank: give every line a label"):
        Lines.from_strings(["anna", "ben"], labels=["F", blank])


def test_select_accepts_any_order_and_repeats():
    lines = Lines.from_strings(
        ["anna", "ben", "otto"], labels=["F", "M", "M"], weights=[1.0, 2.0, 3.0]
    )
    some = lines.select(np.array([2, 0, 2]))
    assert some.to_list() == ["otto", "anna", "otto"]
    assert some.labels.tolist() == [1, 0, 1]
    assert some.weights.tolist() == [3.0, 1.0, 3.0]
    assert some.label_names == ("F", "M")
    assert lines.select(np.zeros(0, np.int64)).to_list() == []
    assert lines.to_list() == ["anna", "ben", "otto"]


@given(st.lists(st.text("ab\u00e9", max_size=4), min_size=1, max_size=8), st.data())
@settings(deadline=None, max_examples=100)
def test_select_equals_list_indexing(strings, data):
    which = data.draw(st.lists(st.integers(0, len(strings) - 1), max_size=10))
    lines = Lines.from_strings(strings, keep_blank=True).select(np.array(which, np.int64))
    assert lines.to_list() == [strings[i] for i in which]


@given(st.lists(st.text("ab", min_size=1, max_size=2), max_size=20))
@settings(deadline=None, max_examples=100)
def test_distinct_returns_the_first_of_equal_lines(strings):
    expected = [i for i, s in enumerate(strings) if s not in strings[:i]]
    assert Lines.from_strings(strings).distinct_indices().tolist() == expected


def test_the_summary_counts_read_blank_repeated_and_kept_lines():
    lines = Lines.from_strings([" anna ", "", "ben", "anna", "  ", "Anna", "jos\u00e9"])
    assert lines.summary() == Summary(read=7, blank=2, repeated=1, kept=5, characters=19)
    assert lines.summary() == Lines.from_text(" anna \n\nben\nanna\n  \nAnna\njos\u00e9").summary()


def test_the_summary_is_printed_on_one_line():
    summary = Summary(read=1234, blank=5, repeated=67, kept=1229, characters=9876543)
    words = "1,234 lines read, 5 blank, 67 repeated, 1,229 kept, 9,876,543 characters"
    assert str(summary) == words


@given(st.lists(st.text("ab \u0301", max_size=3), max_size=20))
@settings(deadline=None, max_examples=100)
def test_the_numbers_of_a_summary_add_up(strings):
    kept = [line for line in map(cleaned, strings) if line]
    summary = Lines.from_strings(strings).summary()
    assert summary.read == len(strings) == summary.blank + summary.kept
    assert summary.kept == len(kept)
    assert summary.repeated == len(kept) - len(set(kept))
    assert summary.characters == sum(map(len, kept))


def test_the_summary_of_selected_lines_ignores_the_others():
    lines = Lines.from_strings(["a", "", "b", "c"])
    assert str(lines.summary()).startswith("4 lines read, 1 blank")
    assert str(lines.select(np.array([0, 2])).summary()).startswith("2 lines read, 0 blank")


def test_lines_can_be_truncated_and_relabelled():
    lines = Lines.from_strings(["anna", "ben", "o"], ["F", "M", "M"], [1, 2, 3])
    cut = lines.truncate(np.array([2, 0, 1]))
    assert cut.to_list() == ["an", "", "o"]
    assert cut.weights.tolist() == [1, 2, 3]
    all_x = lines.with_label("X")
    assert (all_x.labels.tolist(), all_x.label_names) == ([0, 0, 0], ("X",))
    assert (lines.without_labels().labels, lines.without_labels().label_names) == (None, ())
    assert cut.digests[0] == Lines.from_strings(["an"]).digests[0]  # not those of the whole lines


def test_summaries_can_be_added():
    both = Lines.from_strings(["a", "", "a"]).summary() + Lines.from_strings(["bb"]).summary()
    assert str(both) == "4 lines read, 1 blank, 1 repeated, 3 kept, 4 characters"
