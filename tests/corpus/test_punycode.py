import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.corpus.named.punycode import from_punycode, to_punycode
from makemore.errors import DataError

WORDS = [
    "s\u00e3o",
    "paulo",
    "m\u00fcnchen",
    "troms\u00f8",
    "\u0142\u00f3d\u017a",
    "k\u00f8benhavn",
    "stra\u00dfe",
    "\u65e5\u672c",
    "\u043c\u043e\u0441\u043a\u0432\u0430",
    "\u03b1\u03b8\u03ae\u03bd\u03b1",
    "reykjav\u00edk",
    "new-york",
    "berlin",
]


@pytest.mark.parametrize(
    "text, encoded",
    [
        ("b\u00fccher", "xn--bcher-kva"),  # the example of RFC 3492's authors
        ("m\u00fcnchen", "xn--mnchen-3ya"),
        ("s\u00e3o paulo", "xn--so-sia paulo"),
        ("stra\u00dfe", "xn--strae-oqa"),  # IDNA 2008 keeps the sharp s
        ("berlin", "berlin"),
        ("", ""),
    ],
)
def test_known_words_have_the_known_encoding(text, encoded):
    assert to_punycode(text) == encoded
    assert from_punycode(encoded) == text


@given(st.lists(st.sampled_from(WORDS), max_size=5))
@settings(deadline=None, max_examples=100)
def test_decoding_inverts_encoding(words):
    text = " ".join(words)
    encoded = to_punycode(text)
    assert encoded.isascii()
    assert from_punycode(encoded) == text


def test_words_are_separated_by_one_space():
    assert to_punycode("  s\u00e3o \t paulo ") == "xn--so-sia paulo"


@pytest.mark.parametrize("word", ["a_b", "o'fallon", "S\u00e3o", "-a", "xn--", "\u00e9" * 70])
def test_a_word_that_cannot_be_encoded_is_rejected_by_name(word):
    with pytest.raises(DataError, match=r"cannot be encoded as punycode: .") as caught:
        to_punycode(f"paulo {word}")
    assert str(caught.value).startswith(repr(word))


@pytest.mark.parametrize("word", ["xn--a", "xn--zzzzzz99999", "xn--\u00e9"])
def test_a_word_that_cannot_be_decoded_is_rejected_by_name(word):
    with pytest.raises(DataError, match=r"cannot be decoded as punycode: .") as caught:
        from_punycode(f"paulo {word}")
    assert str(caught.value).startswith(repr(word))
