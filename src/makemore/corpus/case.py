r"""Upper and lower case: two texts that differ only in case have the same case folding.

Case folding is that of the Unicode standard, chapter 3.13, with full foldings: \u00df folds to ss,
and the final sigma \u03c2 to \u03c3.
"""

import unicodedata
from functools import cache


def fold_case(text: str) -> str:
    r"""Return the case folding of a text, in NFC.

    Example:
        >>> fold_case("Stra\u00dfe") == fold_case("STRASSE")
        True
    """
    return unicodedata.normalize("NFC", text.casefold())


def is_folded(text: str) -> bool:
    """Return whether the case folding of a text in NFC is the text itself."""
    return fold_case(text) == text


@cache
def case_variants(folded: str) -> tuple[str, ...]:
    r"""Return all single characters in NFC that fold to a text, in ascending order.

    Example:
        >>> case_variants("\u03c3") == ("\u03a3", "\u03c2", "\u03c3")
        True
    """
    variants = _variants().get(folded, [])
    is_own = len(folded) == 1 and is_folded(folded)
    return tuple(sorted([*variants, folded] if is_own else variants))


@cache
def _variants() -> dict[str, list[str]]:
    """Return the characters whose case folding is another text, by that text."""
    variants: dict[str, list[str]] = {}
    for character in map(chr, range(_END)):
        if unicodedata.is_normalized("NFC", character) and not is_folded(character):
            variants.setdefault(fold_case(character), []).append(character)
    return variants


_END = 0x1E944  # no character from here on has upper and lower case
