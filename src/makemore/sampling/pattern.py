"""Regular expressions compiled to finite automata, with bounded work.

Python's own parser reads an expression, so the syntax and its meaning are those of `re`. Characters
that no expression distinguishes share one symbol, so a large vocabulary costs little more than a
small one. automata-lib minimises, complements and intersects automata. It has no limit on states,
so an expression that would need too many is rejected here before its automaton is built.
"""

import re
import unicodedata
import warnings
from collections.abc import Iterable
from functools import cached_property
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]
from typing import TypeAlias

import numpy as np
from automata.fa.dfa import DFA
from numpy.typing import NDArray

from makemore.errors import ConstraintError

# Python's parse tree: each node is an opcode and its argument. For a single character, the argument
# is a code point, the items of a set, or None. For the other opcodes that are read here, it is
#     AT                        a position, as an opcode
#     BRANCH                    None, alternatives
#     MAX_REPEAT, MIN_REPEAT    minimum, maximum, repeated tree
#     SUBPATTERN                group, flags to add, flags to remove, inner tree
Tree: TypeAlias = "Iterable[Node]"
Argument: TypeAlias = (
    "int | list[Node] | tuple[None, Iterable[Tree]] | tuple[int, int, Tree]"
    " | tuple[int | None, int, int, Tree] | None"
)
Node: TypeAlias = tuple[int, Argument]

_ONE_CHARACTER = (_constants.LITERAL, _constants.NOT_LITERAL, _constants.IN, _constants.ANY)
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)
_STARTS = (_constants.AT_BEGINNING, _constants.AT_BEGINNING_STRING)
_ENDS = (_constants.AT_END, _constants.AT_END_STRING)
_WORK = 200  # maximum number of edges followed for each state allowed
_IN_WORDS = {
    _constants.AT: "a place such as ^, $ or \\b inside; it covers the whole line anyway",
    _constants.GROUPREF: "a reference back to a group",
    _constants.GROUPREF_EXISTS: "a reference back to a group",
    _constants.ASSERT: "a look ahead or behind",
    _constants.ASSERT_NOT: "a look ahead or behind",
    _constants.ATOMIC_GROUP: "an atomic group",
    _constants.POSSESSIVE_REPEAT: "a possessive repeat",
}


class Expression:
    """A regular expression as a nondeterministic automaton over sets of characters.

    Attributes:
        edges: for each state, its edges: the number of a set of characters, or None for an empty
            transition, and the target state. State 0 is the initial state.
        final: the accepting state.
    """

    def __init__(self, pattern: str, sets: "Sets", ignore_case: bool, most: int) -> None:
        """Parse an expression.

        Args:
            pattern: the regular expression.
            sets: registry of the sets of characters.
            ignore_case: whether to ignore case.
            most: maximum number of states.

        Raises:
            ConstraintError: the pattern is not a regular expression, uses a feature that a finite
                automaton cannot implement, or needs too many states.
        """
        self._pattern, self._sets, self._most, self._work = pattern, sets, most, 0
        self.edges: list[list[tuple[int | None, int]]] = [[]]
        flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # [[ has its present meaning
                tree = _parser.parse(unicodedata.normalize("NFC", pattern), flags)
            self.final = self._add(_without_ends(list(tree)), 0, tree.state.flags)
        except (re.error, OverflowError) as error:
            raise ConstraintError(
                f"pattern {pattern!r} is no regular expression: {error}"
            ) from None
        except RecursionError:
            raise ConstraintError(f"pattern {pattern[:20]!r}... is nested too deeply") from None

    def _new(self) -> int:
        """Add a state and return its number."""
        self._check(len(self.edges))
        self.edges.append([])
        return len(self.edges) - 1

    def _add(self, tree: Tree, at: int, flags: int) -> int:
        """Add the nodes of a tree in sequence after state `at`, and return the state after them."""
        for kind, argument in tree:
            match argument if isinstance(argument, tuple) else ():
                case _ if kind in _ONE_CHARACTER:
                    then = self._new()
                    self.edges[at].append((self._sets.number((kind, argument), flags), then))
                    at = then
                case (_, added, removed, inside) if kind is _constants.SUBPATTERN:
                    at = self._add(inside, at, (flags | added) & ~removed)
                case (_, branches) if kind is _constants.BRANCH:
                    at = self._joined([self._add(branch, at, flags) for branch in branches])
                case (low, high, inside) if kind in _REPEATS:
                    at = self._repeated(low, high, inside, at, flags)
                case _:
                    raise ConstraintError(
                        f"pattern {self._pattern!r} has {_IN_WORDS.get(kind, kind)}: no finite "
                        "automaton can do that; write it without"
                    )
        return at

    def _repeated(self, low: int, high: int, inside: Tree, at: int, flags: int) -> int:
        """Add a tree repeated `low` to `high` times, and return the state after it."""
        for _ in range(low):
            before, at = at, self._add(inside, at, flags)
            if at == before:  # the tree is empty, so repeating it adds nothing
                return at
        if high is _constants.MAXREPEAT:
            loop = self._joined([at])
            self.edges[self._add(inside, loop, flags)].append((None, loop))
            return loop
        ends = [at]
        for _ in range(high - low):
            at = self._add(inside, at, flags)
            if at == ends[-1]:
                return at
            ends.append(at)
        return self._joined(ends)

    def _joined(self, ends: list[int]) -> int:
        """Add a state with an empty transition from each of some states, and return it."""
        then = self._new()
        for end in ends:
            self.edges[end].append((None, then))
        return then

    def automaton(self) -> DFA:
        """Return the minimal deterministic automaton, over the symbols of the sets.

        Raises:
            ConstraintError: the subset construction needs too many states or too much work.
        """
        steps = self._steps()
        subsets = [self._closure(0)]
        places, transitions = {subsets[0]: 0}, {}
        for subset in subsets:  # the loop appends to it
            reached: dict[str, int] = {}
            for state in _members(subset):
                self._work += len(steps[state])
                for symbol, states in steps[state]:
                    reached[symbol] = reached.get(symbol, 0) | states
            for states in reached.values():
                if states not in places:
                    places[states] = len(subsets)
                    subsets.append(states)
            self._check(len(subsets))
            transitions[places[subset]] = {x: places[states] for x, states in reached.items()}
        found = DFA(
            states=set(transitions),
            input_symbols=self._sets.symbols,
            transitions=transitions,
            initial_state=0,
            final_states={places[subset] for subset in subsets if subset >> self.final & 1},
            allow_partial=True,
        )
        return found.minify()

    def _steps(self) -> list[list[tuple[str, int]]]:
        """Return for each state the states that each symbol leads to, as a bit set."""
        found: list[list[tuple[str, int]]] = []
        for edges in self.edges:
            found.append([])
            for number, to in edges:
                if number is not None:
                    symbols, reached = self._sets.members(number), self._closure(to)
                    self._work += len(symbols)
                    self._check()
                    found[-1] += [(symbol, reached) for symbol in symbols]
        return found

    def _closure(self, state: int) -> int:
        """Return the closure of a state under empty transitions, as a bit set."""
        found, waiting = 1 << state, [state]
        while waiting:
            for number, to in self.edges[waiting.pop()]:
                self._work += 1
                if number is None and not found >> to & 1:
                    found |= 1 << to
                    waiting.append(to)
        self._check()
        return found

    def _check(self, states: int = 0) -> None:
        """Raise a ConstraintError if there are too many states or too many edges were followed."""
        if states >= self._most or self._work > _WORK * self._most:
            shown = self._pattern if len(self._pattern) <= 40 else f"{self._pattern[:37]}..."
            raise ConstraintError(
                f"pattern {shown!r} takes more than {self._most:,} states: make it simpler, or "
                "raise states"
            )


class Sets:
    """The sets of characters in expressions, and the symbols that are needed to express them.

    Attributes:
        characters: the characters of the vocabulary.
    """

    def __init__(self, characters: tuple[str, ...]) -> None:
        """Start without sets."""
        self.characters = characters
        self._numbers: dict[tuple[str, int], int] = {}
        self._masks: list[NDArray[np.bool_]] = []

    def number(self, node: Node, flags: int) -> int:
        """Return the number of the set of characters that one node of an expression matches."""
        key = repr(node), flags & ~re.DOTALL
        if key not in self._numbers:
            state = _parser.State()
            state.flags = flags
            matches = _compiler.compile(_parser.SubPattern(state, [node]), flags).fullmatch
            self._numbers[key] = len(self._masks)
            self._masks.append(np.array([matches(c) is not None for c in self.characters], bool))
        return self._numbers[key]

    @cached_property
    def places(self) -> NDArray[np.intp]:
        """(V - 1,) for each character, the index of the first one in exactly the same sets."""
        masks = np.array(self._masks, bool).reshape(len(self._masks), len(self.characters))
        _, first, place = np.unique(masks, axis=1, return_index=True, return_inverse=True)
        found: NDArray[np.intp] = first[place.ravel()]
        return found

    @cached_property
    def symbols(self) -> frozenset[str]:
        """One character for each class of characters that no set distinguishes."""
        return frozenset(self.characters[place] for place in set(self.places.tolist()))

    def members(self, number: int) -> list[str]:
        """Return the symbols of a set."""
        inside = set(self.places[self._masks[number]].tolist())
        return [self.characters[place] for place in sorted(inside)]

    def like(self, symbol: str) -> NDArray[np.intp]:
        """Return the indices of the characters that a symbol represents."""
        return np.flatnonzero(self.places == self.characters.index(symbol))


def _members(subset: int) -> list[int]:
    """Return the members of a bit set."""
    found = []
    while subset:
        found.append((subset & -subset).bit_length() - 1)
        subset &= subset - 1
    return found


def _without_ends(tree: list[Node]) -> list[Node]:
    """Return a tree without anchors at its start and end: whole lines are matched anyway."""
    while tree and _is_at(tree[0], _STARTS):
        tree = tree[1:]
    while tree and _is_at(tree[-1], _ENDS):
        tree = tree[:-1]
    if len(tree) == 1:
        kind, argument = tree[0]
        match argument if isinstance(argument, tuple) else ():
            case (_, branches) if kind is _constants.BRANCH:
                return [(kind, (None, [_without_ends(list(each)) for each in branches]))]
    return tree


def _is_at(node: Node, places: tuple[int, ...]) -> bool:
    """Return whether a node is an anchor at one of some positions."""
    return node[0] is _constants.AT and node[1] in places
