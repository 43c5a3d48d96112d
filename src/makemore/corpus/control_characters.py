"""Characters made visible: control characters and spaces as a person can see them."""

from typing import TYPE_CHECKING
from unicodedata import category

if TYPE_CHECKING:
    from makemore.corpus.vocabulary import Vocabulary


def visible(line: str) -> str:
    r"""Spells control characters out, so that a line cannot steer a terminal.

    Example:
        >>> visible("a\x1b[2Jb")
        'a\\x1b[2Jb'
    """
    if line.isprintable():
        return line
    return "".join(
        c if c.isprintable() or not _steers(c) else c.encode("unicode_escape").decode()
        for c in line
    )


def escaped(document: str) -> str:
    r"""Escapes in a document of JSON what would steer a terminal; it says the same.

    Example:
        >>> escaped('["\x9b", "\u202e", "\u00e9"]')
        '["\\u009b", "\\u202e", "é"]'
    """
    if document.isprintable():
        return document
    return "".join(f"\\u{ord(c):04x}" if _steers(c) else c for c in document)


def shown(character: str) -> str:
    """A character so that it can be seen: a space as _."""
    return "_" if character.isspace() else visible(character)


def names_of(vocabulary: "Vocabulary") -> list[str]:
    r"""What each id is called in pictures, each character differently, then the labels.

    The boundary is a dot, as in the lectures, a space _, unless the list has these itself. What
    cannot be seen has its sign or its code.

    Example:
        >>> from makemore.corpus.vocabulary import Vocabulary
        >>> names_of(Vocabulary("\x1b ab\u200d", ("F",)))
        ['.', '␛', '_', 'a', 'b', '200d', 'F']
        >>> names_of(Vocabulary(" ._"))
        ['■', '␣', '.', '_']
    """
    characters = vocabulary.characters
    boundary = "■" if "." in characters else "."
    space = space_in(vocabulary)
    signs = (space if c == " " and space else _sign(c) for c in characters)
    return [boundary, *signs, *map(visible, vocabulary.labels)]


def space_in(vocabulary: "Vocabulary") -> str | None:
    """What a space is called in pictures, unlike every character; None where there is none."""
    if " " not in vocabulary.characters:
        return None
    return "␣" if "_" in vocabulary.characters else "_"


def _sign(character: str) -> str:
    """What stands for a character in a picture."""
    if ord(character) < 32:
        return chr(0x2400 + ord(character))
    if category(character)[0] == "M":
        return f"◌{character}"
    return character if category(character)[0] not in "CZ" else f"{ord(character):x}"


def _steers(character: str) -> bool:
    """Whether a character is a control or a change of direction."""
    code = ord(character)
    return code < 32 or 127 <= code < 160 or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069
