"""Characters as a person can see them."""

from typing import TYPE_CHECKING

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


def shown(character: str) -> str:
    """A character so that it can be seen: a space as _."""
    return "_" if character.isspace() else visible(character)


def names_of(vocabulary: "Vocabulary") -> list[str]:
    r"""What each id is called in pictures, a character with one character, then the labels.

    The boundary is a dot, as in the lectures, a space _, a control its sign in Unicode, and what
    changes the direction of writing a question mark.

    Example:
        >>> from makemore.corpus.vocabulary import Vocabulary
        >>> names_of(Vocabulary("\x1b ab\u202e", ("F",)))
        ['.', '␛', '_', 'a', 'b', '\ufffd', 'F']
    """
    return [".", *map(_sign, vocabulary.characters), *map(visible, vocabulary.labels)]


def _sign(character: str) -> str:
    """One character that stands for a character."""
    if ord(character) < 32:
        return chr(0x2400 + ord(character))
    return "\N{REPLACEMENT CHARACTER}" if _steers(character) else shown(character)


def _steers(character: str) -> bool:
    """Whether a character is a control or a change of direction."""
    code = ord(character)
    return code < 32 or 127 <= code < 160 or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069
