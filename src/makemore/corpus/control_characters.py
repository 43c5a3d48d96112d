"""Visible forms of control characters and spaces."""

from typing import TYPE_CHECKING
from unicodedata import category

if TYPE_CHECKING:
    from makemore.corpus.vocabulary import Vocabulary


def escape_controls(line: str) -> str:
    r"""Escape control and text-direction characters, so that a line cannot control a terminal.

    Example:
        >>> escape_controls("a\x1b[2Jb")
        'a\\x1b[2Jb'
    """
    if line.isprintable():
        return line
    return "".join(
        c if c.isprintable() or not _is_control(c) else c.encode("unicode_escape").decode()
        for c in line
    )


def escape_json(document: str) -> str:
    r"""Escape control and text-direction characters in a JSON document; its value is the same.

    Example:
        >>> escape_json('["\x9b", "\u202e", "\u00e9"]')
        '["\\u009b", "\\u202e", "é"]'
    """
    if document.isprintable():
        return document
    return "".join(f"\\u{ord(c):04x}" if _is_control(c) else c for c in document)


def display_character(character: str) -> str:
    """Return a character as it is displayed: white space as _, control characters escaped."""
    return "_" if character.isspace() else escape_controls(character)


def display_names(vocabulary: "Vocabulary") -> list[str]:
    r"""Return the display names of all ids, in id order; names of characters are distinct.

    The boundary is a dot, as in the lectures, and a space is _. If the vocabulary contains a dot
    or _, the name is ■ or ␣ instead. An invisible character is shown as its symbol or code point.

    Example:
        >>> from makemore.corpus.vocabulary import Vocabulary
        >>> display_names(Vocabulary("\x1b ab\u200d", ("F",)))
        ['.', '␛', '_', 'a', 'b', '200d', 'F']
        >>> display_names(Vocabulary(" ._"))
        ['■', '␣', '.', '_']
    """
    characters = vocabulary.characters
    boundary = "■" if "." in characters else "."
    space = space_symbol(vocabulary)
    symbols = (space if c == " " and space else _symbol(c) for c in characters)
    return [boundary, *symbols, *map(escape_controls, vocabulary.labels)]


def space_symbol(vocabulary: "Vocabulary") -> str | None:
    """Return the display name of a space; None if the vocabulary has no space.

    It is _, or ␣ if the vocabulary contains _.
    """
    if " " not in vocabulary.characters:
        return None
    return "␣" if "_" in vocabulary.characters else "_"


def _symbol(character: str) -> str:
    """Return the display name of a character."""
    if ord(character) < 32:
        return chr(0x2400 + ord(character))
    if category(character)[0] == "M":
        return f"◌{character}"
    return character if category(character)[0] not in "CZ" else f"{ord(character):x}"


def _is_control(character: str) -> bool:
    """Return whether a character is a control character or changes the text direction."""
    code = ord(character)
    return code < 32 or 127 <= code < 160 or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069
