"""Regular expressions compiled to finite automata, with bounded work.

Python's own parser reads an expression, so the syntax and its meaning are those of `re`. Characters
that no expression distinguishes share one symbol, so a large vocabulary costs little more than a
small one. automata-lib minimises, complements and intersects automata. It has no limit on states,
so an expression that would need too many is rejected here before its automaton is built.
"""

import re
import unicodedata
import warnings
from re import _constants, _parser  # type: ignore[attr-defined]

from automata.fa.dfa import DFA

from makemore.errors import ConstraintError
from makemore.sampling.character_sets import CharacterSets, Node, Tree

_ONE_CHARACTER = (_constants.LITERAL, _constants.NOT_LITERAL, _constants.IN, _constants.ANY)
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)
_START_ANCHORS = (_constants.AT_BEGINNING, _constants.AT_BEGINNING_STRING)
_END_ANCHORS = (_constants.AT_END, _constants.AT_END_STRING)
_EDGES_PER_STATE = 200  # maximum number of edges followed, for each state of the limit
_UNSUPPORTED = {
    _constants.AT: "an anchor such as ^, $ or \\b inside (a pattern matches the whole line anyway)",
    _constants.GROUPREF: "a backreference",
    _constants.GROUPREF_EXISTS: "a backreference",
    _constants.ASSERT: "a lookahead or lookbehind",
    _constants.ASSERT_NOT: "a lookahead or lookbehind",
    _constants.ATOMIC_GROUP: "an atomic group",
    _constants.POSSESSIVE_REPEAT: "a possessive quantifier",
}


class Expression:
    """A regular expression as a nondeterministic automaton over sets of characters.

    Attributes:
        edges: for each state, its edges: the number of a set of characters, or None for an empty
            transition, and the target state. State 0 is the initial state.
        final: the accepting state.
    """

    def __init__(
        self, pattern: str, sets: CharacterSets, ignore_case: bool, max_states: int
    ) -> None:
        """Parse an expression.

        Args:
            pattern: the regular expression.
            sets: registry of the sets of characters.
            ignore_case: whether to ignore case.
            max_states: maximum number of states.

        Raises:
            ConstraintError: the pattern is not a regular expression, uses a feature that a finite
                automaton cannot implement, or needs too many states.
        """
        self._pattern, self._sets, self._max_states, self._work = pattern, sets, max_states, 0
        self.edges: list[list[tuple[int | None, int]]] = [[]]
        flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # [[ has its present meaning
                tree = _parser.parse(unicodedata.normalize("NFC", pattern), flags)
            self.final = self._add_tree(_strip_anchors(list(tree)), 0, tree.state.flags)
        except (re.error, OverflowError) as error:
            raise ConstraintError(
                f"pattern {pattern!r} is not a regular expression: {error}"
            ) from None
        except RecursionError:
            raise ConstraintError(f"pattern {pattern[:20]!r}... is nested too deeply") from None

    def _add_state(self) -> int:
        """Add a state and return its number."""
        self._check_limits(len(self.edges))
        self.edges.append([])
        return len(self.edges) - 1

    def _add_tree(self, tree: Tree, state: int, flags: int) -> int:
        """Add the nodes of a tree in sequence after a state, and return the state after them."""
        for kind, argument in tree:
            match argument if isinstance(argument, tuple) else ():
                case _ if kind in _ONE_CHARACTER:
                    target = self._add_state()
                    self.edges[state].append((self._sets.register((kind, argument), flags), target))
                    state = target
                case (_, added, removed, inner) if kind is _constants.SUBPATTERN:
                    state = self._add_tree(inner, state, (flags | added) & ~removed)
                case (_, branches) if kind is _constants.BRANCH:
                    state = self._join(
                        [self._add_tree(branch, state, flags) for branch in branches]
                    )
                case (low, high, inner) if kind in _REPEATS:
                    state = self._add_repeat(low, high, inner, state, flags)
                case _:
                    raise ConstraintError(
                        f"pattern {self._pattern!r} has {_UNSUPPORTED.get(kind, kind)}, which a "
                        "finite automaton cannot match: write the pattern without it"
                    )
        return state

    def _add_repeat(self, low: int, high: int, inner: Tree, state: int, flags: int) -> int:
        """Add a tree repeated `low` to `high` times, and return the state after it."""
        for _ in range(low):
            before, state = state, self._add_tree(inner, state, flags)
            if state == before:  # the tree is empty, so repeating it adds nothing
                return state
        if high is _constants.MAXREPEAT:
            loop = self._join([state])
            self.edges[self._add_tree(inner, loop, flags)].append((None, loop))
            return loop
        ends = [state]
        for _ in range(high - low):
            state = self._add_tree(inner, state, flags)
            if state == ends[-1]:
                return state
            ends.append(state)
        return self._join(ends)

    def _join(self, ends: list[int]) -> int:
        """Add a state with an empty transition from each of some states, and return it."""
        target = self._add_state()
        for end in ends:
            self.edges[end].append((None, target))
        return target

    def automaton(self) -> DFA:
        """Return the minimal deterministic automaton, over the symbols of the sets.

        Raises:
            ConstraintError: the subset construction needs too many states or too much work.
        """
        transitions_by_state = self._transitions()
        subsets = [self._closure(0)]
        index, transitions = {subsets[0]: 0}, {}
        for subset in subsets:  # the loop appends to it
            targets_by_symbol: dict[str, int] = {}
            for state in _bits(subset):
                self._work += len(transitions_by_state[state])
                for symbol, targets in transitions_by_state[state]:
                    targets_by_symbol[symbol] = targets_by_symbol.get(symbol, 0) | targets
            for targets in targets_by_symbol.values():
                if targets not in index:
                    index[targets] = len(subsets)
                    subsets.append(targets)
            self._check_limits(len(subsets))
            transitions[index[subset]] = {
                x: index[targets] for x, targets in targets_by_symbol.items()
            }
        dfa = DFA(
            states=set(transitions),
            input_symbols=self._sets.symbols,
            transitions=transitions,
            initial_state=0,
            final_states={index[subset] for subset in subsets if subset >> self.final & 1},
            allow_partial=True,
        )
        return dfa.minify()

    def _transitions(self) -> list[list[tuple[str, int]]]:
        """Return for each state the states that each symbol leads to, as a bit set."""
        transitions: list[list[tuple[str, int]]] = []
        for edges in self.edges:
            transitions.append([])
            for set_number, target in edges:
                if set_number is not None:
                    symbols, targets = self._sets.symbols_of(set_number), self._closure(target)
                    self._work += len(symbols)
                    self._check_limits()
                    transitions[-1] += [(symbol, targets) for symbol in symbols]
        return transitions

    def _closure(self, state: int) -> int:
        """Return the closure of a state under empty transitions, as a bit set."""
        closure, pending = 1 << state, [state]
        while pending:
            for set_number, target in self.edges[pending.pop()]:
                self._work += 1
                if set_number is None and not closure >> target & 1:
                    closure |= 1 << target
                    pending.append(target)
        self._check_limits()
        return closure

    def _check_limits(self, states: int = 0) -> None:
        """Raise a ConstraintError if there are too many states or too many edges were followed."""
        if states >= self._max_states or self._work > _EDGES_PER_STATE * self._max_states:
            excerpt = self._pattern if len(self._pattern) <= 40 else f"{self._pattern[:37]}..."
            raise ConstraintError(
                f"pattern {excerpt!r} needs more than {self._max_states:,} states: simplify it, or "
                "raise states"
            )


def _bits(subset: int) -> list[int]:
    """Return the members of a bit set."""
    bits = []
    while subset:
        bits.append((subset & -subset).bit_length() - 1)
        subset &= subset - 1
    return bits


def _strip_anchors(tree: list[Node]) -> list[Node]:
    """Return a tree without anchors at its start and end: whole lines are matched anyway."""
    while tree and _is_anchor(tree[0], _START_ANCHORS):
        tree = tree[1:]
    while tree and _is_anchor(tree[-1], _END_ANCHORS):
        tree = tree[:-1]
    if len(tree) == 1:
        kind, argument = tree[0]
        match argument if isinstance(argument, tuple) else ():
            case (_, branches) if kind is _constants.BRANCH:
                return [(kind, (None, [_strip_anchors(list(each)) for each in branches]))]
    return tree


def _is_anchor(node: Node, positions: tuple[int, ...]) -> bool:
    """Return whether a node is an anchor at one of some positions."""
    return node[0] is _constants.AT and node[1] in positions
