r"""Assertions in regular expressions: look-ahead, look-behind, anchors and word boundaries.

An anchor or a word boundary is looked at as look-around at one character:

    ^   (?<!.)              \b  (?<=\w)(?!\w)|(?<!\w)(?=\w)
    $   (?!.)               \B  (?<=\w)(?=\w)|(?<!\w)(?!\w)

Whether a look-behind holds depends on the characters so far only: its automaton, of all texts that
end with a match, runs beside the expression. A look-ahead is an obligation on the rest of the line:
each path through the expression carries the states of the automata of its obligations, of all texts
that start with a match, or of all others. The path is accepted if every one of them accepts.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from automata.fa.dfa import DFA

from makemore.sampling.character_sets import OPCODES, CharacterSets, Node

_ASSERT, _ASSERT_NOT = OPCODES.ASSERT, OPCODES.ASSERT_NOT
AHEAD, BEHIND = 1, -1  # directions in Python's parse tree
ANY: Node = (OPCODES.ANY, None)
_WORD: Node = (OPCODES.IN, [(OPCODES.CATEGORY, OPCODES.CATEGORY_WORD)])

State = str  # of an automaton, as automata-lib annotates it
Obligations = frozenset[tuple[int, State]]  # conditions, each with the state of its automaton
Behind = tuple[State | None, ...]  # the state of each look-behind; None if no text can match
Path = tuple[int, Obligations]  # a state of the expression, with its obligations


@dataclass(frozen=True)
class Assertion:
    """A look-ahead or a look-behind of a pattern.

    Attributes:
        direction: `AHEAD` or `BEHIND`.
        tree: the tree of what must or must not match.
        flags: flags of the tree.
        starts_line: whether it is a look-ahead from the start of the line.
    """

    direction: int
    tree: list[Node]
    flags: int
    starts_line: bool


class Compilable(Protocol):
    """An expression that compiles to an automaton."""

    def automaton(self) -> DFA:
        """Return its automaton."""


@dataclass(frozen=True, eq=False)
class Condition:
    """An edge that consumes no character and holds only if an assertion does.

    Attributes:
        expression: all texts that end with a match of the assertion, or that start with one.
        direction: `BEHIND` or `AHEAD`.
        is_negated: whether there must be no match.
    """

    expression: Compilable
    direction: int
    is_negated: bool


def boundary_tree(kind: int) -> list[Node]:
    """Return an anchor or a word boundary as a tree of assertions."""
    if kind in (OPCODES.AT_BEGINNING, OPCODES.AT_BEGINNING_STRING):
        return [(_ASSERT_NOT, (BEHIND, [ANY]))]
    if kind in (OPCODES.AT_END, OPCODES.AT_END_STRING):
        return [(_ASSERT_NOT, (AHEAD, [ANY]))]
    is_change = kind is OPCODES.AT_BOUNDARY
    after, before = (_ASSERT, (BEHIND, [_WORD])), (_ASSERT_NOT, (BEHIND, [_WORD]))
    word, end = (_ASSERT, (AHEAD, [_WORD])), (_ASSERT_NOT, (AHEAD, [_WORD]))
    branches = [[after, end], [before, word]] if is_change else [[after, word], [before, end]]
    return [(OPCODES.BRANCH, (None, branches))]


def determinise(
    edges: "list[list[tuple[int | Condition | None, int]]]",
    final: int,
    sets: CharacterSets,
    check_limits: Callable[[int, int], None],
) -> DFA:
    """Return the minimal deterministic automaton of an expression with assertions.

    Args:
        edges: the edges of each state: a set of characters, a condition or None; and the target.
        final: the accepting state.
        sets: the sets of characters.
        check_limits: raises an error for a number of states, and of paths followed since the last
            call.
    """
    return _Determiniser(edges, final, sets, check_limits).run()


class _Determiniser:
    """The subset construction, over paths with obligations and the states of look-behinds."""

    def __init__(
        self,
        edges: "list[list[tuple[int | Condition | None, int]]]",
        final: int,
        sets: CharacterSets,
        check_limits: Callable[[int, int], None],
    ) -> None:
        """Compile the automaton of each condition."""
        self._edges, self._final, self._sets = edges, final, sets
        self._check_limits = check_limits
        self._conditions = [
            label for each in edges for label, _ in each if isinstance(label, Condition)
        ]
        self._index = {id(condition): i for i, condition in enumerate(self._conditions)}
        self._automata = []
        for condition in self._conditions:
            automaton = condition.expression.automaton()
            if condition.is_negated and condition.direction == AHEAD:
                automaton = automaton.complement()
            self._automata.append(automaton)
        self._behind = [
            i for i, condition in enumerate(self._conditions) if condition.direction == BEHIND
        ]

    def run(self) -> DFA:
        """Return the automaton."""
        behind: Behind = tuple(self._automata[i].initial_state for i in self._behind)
        start = (self._closure({(0, frozenset())}, behind), behind)
        index, pending = {start: 0}, [start]
        transitions: dict[int, dict[str, int]] = {}
        for paths, behind in pending:  # the loop appends to it
            targets = transitions[index[paths, behind]] = {}
            for symbol in self._sets.symbols:
                target = self._step(paths, behind, symbol)
                if target[0]:
                    if target not in index:
                        index[target] = len(index)
                        pending.append(target)
                    targets[symbol] = index[target]
            self._check_limits(len(index), len(paths) * len(self._sets.symbols))
        return DFA(
            states=set(index.values()),
            input_symbols=self._sets.symbols,
            transitions=transitions,
            initial_state=0,
            final_states={i for (paths, _), i in index.items() if any(map(self._accepts, paths))},
            allow_partial=True,
        ).minify()

    def _step(
        self, paths: frozenset[Path], behind: Behind, symbol: str
    ) -> tuple[frozenset[Path], Behind]:
        """Return the paths and the states of look-behinds after a symbol."""
        after = tuple(
            None if state is None else self._automata[i].transitions[state].get(symbol)
            for i, state in zip(self._behind, behind, strict=True)
        )
        moved: set[Path] = set()
        for state, obligations in paths:
            targets = [
                target
                for label, target in self._edges[state]
                if isinstance(label, int) and symbol in self._sets.symbol_set(label)
            ]
            advanced = self._advance(obligations, symbol) if targets else None
            if advanced is not None:
                moved.update((target, advanced) for target in targets)
        return self._closure(moved, after), after

    def _advance(self, obligations: Obligations, symbol: str) -> Obligations | None:
        """Return the obligations after a symbol; None if one can no longer be met."""
        advanced = set()
        for i, state in obligations:
            target = self._automata[i].transitions[state].get(symbol)
            if target is None:
                return None
            advanced.add((i, target))
        return self._without_met(advanced)

    def _without_met(self, obligations: Iterable[tuple[int, State]]) -> Obligations:
        """Return the obligations without those that every rest of a line meets."""
        return frozenset(
            (i, state)
            for i, state in obligations
            if not (
                state in self._automata[i].final_states
                and len(self._automata[i].transitions[state]) == len(self._sets.symbols)
                and set(self._automata[i].transitions[state].values()) == {state}
            )
        )

    def _closure(self, paths: Iterable[Path], behind: Behind) -> frozenset[Path]:
        """Return the paths, and those that follow from them without a character."""
        closure, pending = set(paths), list(paths)
        states = dict(zip(self._behind, behind, strict=True))
        while pending:
            state, obligations = pending.pop()
            for label, target in self._edges[state]:
                if isinstance(label, int):
                    continue
                reached = obligations
                if label is not None:
                    i = self._index[id(label)]
                    if label.direction == AHEAD:
                        first = (i, self._automata[i].initial_state)
                        reached = self._without_met({*obligations, first})
                    elif (states[i] in self._automata[i].final_states) == label.is_negated:
                        continue
                if (target, reached) not in closure:
                    closure.add((target, reached))
                    pending.append((target, reached))
            self._check_limits(0, 1)
        return frozenset(closure)

    def _accepts(self, path: Path) -> bool:
        """Return whether a line may end after a path."""
        state, obligations = path
        return state == self._final and all(
            each in self._automata[i].final_states for i, each in obligations
        )
