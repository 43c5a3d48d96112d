"""Punycode encoding and decoding, word by word (IDNA 2008, with the `idna` library)."""

from collections.abc import Callable

import idna

from makemore.errors import DataError


def to_punycode(text: str) -> str:
    """Encode each word of a text as ASCII.

    Source: Costello (2003), RFC 3492, as used by IDNA 2008 (Klensin 2010, RFC 5891).

    Raises:
        DataError: a word cannot be encoded.

    Example:
        >>> to_punycode("são paulo")
        'xn--so-sia paulo'
    """
    return _convert_words(text, lambda word: idna.encode(word).decode("ascii"), "encoded")


def from_punycode(text: str) -> str:
    """Decode each word of a text encoded by `to_punycode`.

    Raises:
        DataError: a word is not valid punycode.

    Example:
        >>> from_punycode("xn--so-sia paulo")
        'são paulo'
    """
    return _convert_words(text, idna.decode, "decoded")


def _convert_words(text: str, convert: Callable[[str], str], action: str) -> str:
    """Convert each word; join the words by single spaces."""
    words = []
    for word in text.split():
        try:
            words.append(convert(word))
        except (idna.IDNAError, UnicodeError) as error:
            raise DataError(f"{word!r} cannot be {action} as punycode: {error}") from None
    return " ".join(words)
