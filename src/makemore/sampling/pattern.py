"""Regular expressions compiled to finite automata, with bounded work.

Python's own parser reads an expression, so the syntax and its meaning are those of `re`. Characters
that no expression distinguishes share one symbol, so a large vocabulary costs little more than a
small one. automata-lib minimises, complements and intersects automata. It has no limit on states,
so an expression that would need too many is rejected here before its automaton is built.
"""

import re
import unicodedata
import warnings

from automata.fa.dfa import DFA

from makemore.errors import ConstraintError
from makemore.sampling.assertions import (
    AHEAD,
    ANY,
    BEHIND,
    Assertion,
    Condition,
    boundary_tree,
    determinise,
)
from makemore.sampling.character_sets import OPCODES, PARSER, CharacterSets, Node, Tree

_ONE_CHARACTER = (OPCODES.LITERAL, OPCODES.NOT_LITERAL, OPCODES.IN, OPCODES.ANY)
_ASSERTIONS = (OPCODES.ASSERT, OPCODES.ASSERT_NOT)
_REPEATS = (OPCODES.MAX_REPEAT, OPCODES.MIN_REPEAT)
_EDGES_PER_STATE = 200  # maximum number of edges followed, for each state of the limit
_UNSUPPORTED = {
    OPCODES.GROUPREF: "a backreference",
    OPCODES.GROUPREF_EXISTS: "a backreference",
    OPCODES.ATOMIC_GROUP: "an atomic group that can match in several ways",
    OPCODES.POSSESSIVE_REPEAT: "a possessive quantifier of more than one character",
}
_ANYTHING: Node = (OPCODES.MAX_REPEAT, (0, OPCODES.MAXREPEAT, [ANY]))
_POSIX_CLASS = re.compile(r"\[:\^?[a-z]+:\]")


class Expression:
    """A regular expression as a nondeterministic automaton over sets of characters.

    Attributes:
        edges: for each state, its edges: the number of a set of characters, or None for an empty
            transition, and the target state. State 0 is the initial state.
        final: the accepting state.
    """

    def __init__(
        self,
        pattern: str,
        sets: CharacterSets,
        ignore_case: bool,
        max_states: int,
        assertion: Assertion | None = None,
    ) -> None:
        """Parse an expression.

        Args:
            pattern: the regular expression.
            sets: registry of the sets of characters.
            ignore_case: whether to ignore case.
            max_states: maximum number of states.
            assertion: an assertion of the pattern; the expression is then that of all texts that
                end, or start, with a match of it.

        Raises:
            ConstraintError: the pattern is not a regular expression, uses an unsupported feature,
                or needs too many states.
        """
        self._pattern, self._sets, self._max_states, self._work = pattern, sets, max_states, 0
        self._ignore_case = ignore_case
        # Direction in which nothing is known: what precedes a look-ahead, or follows a look-behind.
        self._unknown = 0
        if assertion is not None and not assertion.starts_line:
            self._unknown = -assertion.direction
        self._has_characters, self._loops = False, 0
        self.edges: list[list[tuple[int | Condition | None, int]]] = [[]]
        try:
            if assertion is None:
                tree, flags = _parse(pattern, ignore_case)
            else:
                flags, inner = assertion.flags, assertion.tree
                is_ahead = assertion.direction == AHEAD
                tree = [*inner, _ANYTHING] if is_ahead else [_ANYTHING, *inner]
            self.final = self._add_tree(tree, 0, flags)
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
                    self._has_characters = True
                    target = self._add_state()
                    self.edges[state].append((self._sets.register((kind, argument), flags), target))
                    state = target
                case (_, added, removed, inner) if kind is OPCODES.SUBPATTERN:
                    state = self._add_tree(inner, state, (flags | added) & ~removed)
                case (None, branches) if kind is OPCODES.BRANCH:
                    state = self._join(
                        [self._add_tree(branch, state, flags) for branch in branches]
                    )
                case (low, high, inner) if kind in _REPEATS:
                    state = self._add_repeat(low, high, inner, state, flags)
                case (int(direction), inner) if kind in _ASSERTIONS:
                    is_negated = kind is OPCODES.ASSERT_NOT
                    state = self._add_assertion(direction, [*inner], state, flags, is_negated)
                case (low, high, inner) if kind is OPCODES.POSSESSIVE_REPEAT:
                    state = self._add_possessive(low, high, list(inner), state, flags)
                case _ if isinstance(argument, PARSER.SubPattern):  # of an atomic group
                    state = self._add_atomic(list(argument), state, flags)
                case _ if kind is OPCODES.AT and isinstance(argument, int):
                    state = self._add_tree(boundary_tree(argument), state, flags)
                case _:
                    raise self._unsupported(_UNSUPPORTED.get(kind, str(kind)))
        return state

    def _unsupported(self, feature: str) -> ConstraintError:
        """Return the error for a feature that is not supported."""
        return ConstraintError(
            f"pattern {self._pattern!r} has {feature}, which makemore does not support: write the "
            "pattern without it"
        )

    def _add_assertion(
        self, direction: int, inner: list[Node], state: int, flags: int, is_negated: bool
    ) -> int:
        """Add a look-ahead or a look-behind, and return the state after it."""
        if direction == self._unknown:
            names = {AHEAD: "a look-ahead", BEHIND: "a look-behind"}
            raise self._unsupported(
                f"{names[direction]}, an anchor or a word boundary within {names[-direction]}"
            )
        starts_line = not (self._has_characters or self._loops or self._unknown)
        assertion = Assertion(direction, inner, flags, starts_line and direction == AHEAD)
        expression = Expression(
            self._pattern, self._sets, self._ignore_case, self._max_states, assertion
        )
        target = self._add_state()
        self.edges[state].append((Condition(expression, direction, is_negated), target))
        return target

    def _add_possessive(
        self, low: int, high: int, inner: list[Node], state: int, flags: int
    ) -> int:
        """Add a possessive repeat of one character: as many as there are, and at least `low`."""
        if len(inner) != 1 or inner[0][0] not in _ONE_CHARACTER:
            raise self._unsupported(_UNSUPPORTED[OPCODES.POSSESSIVE_REPEAT])
        end: Node = (OPCODES.ASSERT_NOT, (AHEAD, inner))
        if high is OPCODES.MAXREPEAT:
            return self._add_tree([(OPCODES.MAX_REPEAT, (low, high, inner)), end], state, flags)
        full: list[Node] = [(OPCODES.MAX_REPEAT, (high, high, inner))]
        fewer: list[Node] = [(OPCODES.MAX_REPEAT, (low, high - 1, inner)), end]
        branches = [full, fewer] if high > low else [full]
        return self._add_tree([(OPCODES.BRANCH, (None, branches))], state, flags)

    def _add_atomic(self, inner: list[Node], state: int, flags: int) -> int:
        """Add an atomic group that matches in one way only, so that it changes nothing."""
        if len(inner) == 1 and inner[0][0] is OPCODES.MAX_REPEAT:
            argument = inner[0][1]
            match argument if isinstance(argument, tuple) else ():
                case (int(low), int(high), repeated):
                    return self._add_possessive(low, high, list(repeated), state, flags)
        if not all(kind in _ONE_CHARACTER for kind, _ in inner):
            raise self._unsupported(_UNSUPPORTED[OPCODES.ATOMIC_GROUP])
        return self._add_tree(inner, state, flags)

    def _add_repeat(self, low: int, high: int, inner: Tree, state: int, flags: int) -> int:
        """Add a tree repeated `low` to `high` times, and return the state after it."""
        for _ in range(low):
            before, state = state, self._add_tree(inner, state, flags)
            if state == before:  # the tree is empty, so repeating it adds nothing
                return state
        if high is OPCODES.MAXREPEAT:
            loop = self._join([state])
            self._loops += 1
            self.edges[self._add_tree(inner, loop, flags)].append((None, loop))
            self._loops -= 1
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
        if any(isinstance(label, Condition) for edges in self.edges for label, _ in edges):
            return determinise(self.edges, self.final, self._sets, self._count_work)
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
                if isinstance(set_number, int):
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

    def _count_work(self, states: int, work: int) -> None:
        """Count paths that were followed, and check the limits."""
        self._work += work
        self._check_limits(states)

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


def _parse(pattern: str, ignore_case: bool) -> tuple[list[Node], int]:
    """Return the tree of a pattern and its flags; raise ConstraintError for a POSIX class."""
    posix = _POSIX_CLASS.search(pattern)
    if posix and "[" in pattern[: posix.start()]:
        raise ConstraintError(
            f"pattern {pattern!r} has the POSIX class {posix[0]}, which Python's syntax lacks: "
            r"write the characters, or \w, \d, \s or [^\W\d_] for letters"
        )
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # [[ has its present meaning
        tree = PARSER.parse(unicodedata.normalize("NFC", pattern), flags)
    return list(tree), tree.state.flags
