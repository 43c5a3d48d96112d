"""Visible forms of control characters and spaces."""

from typing import TYPE_CHECKING
from unicodedata import category

if TYPE_CHECKING:
    from makemore.corpus.vocabulary import Vocabulary


def visible(line: str) -> str:
    r"""Escape control and text-direction characters, so that a line cannot control a terminal.

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
    r"""Escape control and text-direction characters in a JSON document; its value is the same.

    Example:
        >>> escaped('["\x9b", "\u202e", "\u00e9"]')
        '["\\u009b", "\\u202e", "é"]'
    """
    if document.isprintable():
        return document
    return "".join(f"\\u{ord(c):04x}" if _steers(c) else c for c in document)


def shown(character: str) -> str:
    """Return the visible form of a character; white space becomes _."""
    return "_" if character.isspace() else visible(character)


def names_of(vocabulary: "Vocabulary") -> list[str]:
    r"""Return the names of all ids in plots, in id order; names of characters are distinct.

    The boundary is a dot, as in the lectures, and a space is _. If the vocabulary contains a dot
    or _, the name is ■ or ␣ instead. An invisible character is shown as its symbol or code point.

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
    """Return the name of a space in plots; None if the vocabulary has no space.

    It is _, or ␣ if the vocabulary contains _.
    """
    if " " not in vocabulary.characters:
        return None
    return "␣" if "_" in vocabulary.characters else "_"


def _sign(character: str) -> str:
    """Return the name of a character in a plot."""
    if ord(character) < 32:
        return chr(0x2400 + ord(character))
    if category(character)[0] == "M":
        return f"◌{character}"
    return character if category(character)[0] not in "CZ" else f"{ord(character):x}"


def _steers(character: str) -> bool:
    """Return whether a character is a control character or changes the text direction."""
    code = ord(character)
    return code < 32 or 127 <= code < 160 or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069
