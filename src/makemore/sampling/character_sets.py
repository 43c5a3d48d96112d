"""The sets of characters that the nodes of regular expressions match, over a vocabulary."""

import re
from collections.abc import Iterable
from functools import cached_property
from itertools import chain
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.case import case_variants, fold_case

# Python's parse tree: each node is an opcode and its argument. For a single character, the argument
# is a code point, the items of a set, or None. For the other opcodes that are read here, it is
#     AT                        a position, as an opcode
#     ASSERT, ASSERT_NOT        direction, inner tree
#     BRANCH                    None, alternatives
#     MAX_REPEAT, MIN_REPEAT    minimum, maximum, repeated tree
#     SUBPATTERN                group, flags to add, flags to remove, inner tree
Tree: TypeAlias = "Iterable[Node]"
Argument: TypeAlias = (
    "int | list[Node] | tuple[None, Iterable[Tree]] | tuple[int, Tree] | tuple[int, int, Tree]"
    " | tuple[int | None, int, int, Tree] | None"
)
Node: TypeAlias = tuple[int, Argument]


OPCODES, PARSER = _constants, _parser  # of Python's own regular expressions


class CharacterSets:
    """The sets of characters in expressions, and the symbols that are needed to express them.

    Attributes:
        characters: the characters of the vocabulary.
    """

    def __init__(self, characters: tuple[str, ...]) -> None:
        """Start without sets."""
        self.characters = characters
        self._numbers: dict[tuple[str, int], int] = {}
        self._masks: list[NDArray[np.bool_]] = []
        self._symbol_sets: dict[int, frozenset[str]] = {}

    def register(self, node: Node, flags: int) -> int:
        """Return the number of the set of characters that one node of an expression matches."""
        key = repr(node), flags & ~re.DOTALL
        if key not in self._numbers:
            ignores_case = flags & re.IGNORECASE and not flags & re.ASCII
            select = _folded_members if ignores_case else _members
            self._numbers[key] = len(self._masks)
            self._masks.append(np.array(select(node, flags, self.characters), bool))
        return self._numbers[key]

    @cached_property
    def representatives(self) -> NDArray[np.intp]:
        """(V - 1,) for each character, the index of the first one in exactly the same sets."""
        masks = np.array(self._masks, bool).reshape(len(self._masks), len(self.characters))
        _, first, inverse = np.unique(masks, axis=1, return_index=True, return_inverse=True)
        representatives: NDArray[np.intp] = first[inverse.ravel()]
        return representatives

    @cached_property
    def symbols(self) -> frozenset[str]:
        """One character for each class of characters that no set distinguishes."""
        return frozenset(self.characters[i] for i in set(self.representatives.tolist()))

    def symbols_of(self, number: int) -> list[str]:
        """Return the symbols of a set."""
        indices = set(self.representatives[self._masks[number]].tolist())
        return [self.characters[i] for i in sorted(indices)]

    def symbol_set(self, number: int) -> frozenset[str]:
        """Return the symbols of a set, as a set; computed once."""
        if number not in self._symbol_sets:
            self._symbol_sets[number] = frozenset(self.symbols_of(number))
        return self._symbol_sets[number]

    def characters_of(self, symbol: str) -> NDArray[np.intp]:
        """Return the indices of the characters that a symbol represents."""
        return np.flatnonzero(self.representatives == self.characters.index(symbol))


def _members(node: Node, flags: int, characters: Iterable[str]) -> list[bool]:
    """Return whether one node of an expression matches each of some characters."""
    state = _parser.State()
    state.flags = flags
    matches = _compiler.compile(_parser.SubPattern(state, [node]), flags).fullmatch
    return [matches(character) is not None for character in characters]


def _folded_members(node: Node, flags: int, characters: tuple[str, ...]) -> list[bool]:
    """Return the same without regard to case.

    A character is in a set if any character with the same case folding is. Python's IGNORECASE has
    another notion, in which the dotless i is an i.
    """
    kind, argument = node
    is_negated = kind is _constants.NOT_LITERAL
    if is_negated:
        node = (_constants.LITERAL, argument)
    elif isinstance(argument, list) and argument[:1] == [(_constants.NEGATE, None)]:
        is_negated, node = True, (kind, argument[1:])
    variants = [(each, *case_variants(fold_case(each))) for each in characters]
    every = tuple(dict.fromkeys(chain.from_iterable(variants)))
    is_member = dict(zip(every, _members(node, flags & ~re.IGNORECASE, every), strict=True))
    return [any(map(is_member.__getitem__, each)) != is_negated for each in variants]
