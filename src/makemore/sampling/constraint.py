"""Constraints on lines, compiled to an automaton over a vocabulary that counts allowed lines."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Ints, concatenate_ranges, unique_inverse
from makemore.corpus.vocabulary import BOUNDARY, Vocabulary
from makemore.errors import ConstraintError
from makemore.inference.automaton import NOWHERE
from makemore.options.verbs import ConstraintOptions

if TYPE_CHECKING:
    from automata.fa.dfa import DFA

    from makemore.sampling.pattern import Sets

_TRIMMED = r"\S(?:.*\S)?"  # as all cleaned lines are: not blank, no space at either end
_PRODUCT = 16  # maximum product of two automata's sizes, in multiples of the states allowed


@dataclass(frozen=True, eq=False)
class Constraint:
    """The set of allowed lines, as an automaton with a minimum and a maximum length.

    Attributes:
        goto: (D, V) int32, the state after each id; NOWHERE if no end can be reached after it.
        ends: (D,) bool, whether a line may end in each state.
        shortest: minimum length of a line, in characters.
        longest: maximum length of a line, in characters.
    """

    goto: NDArray[np.int32]
    ends: NDArray[np.bool_]
    shortest: int
    longest: int

    @classmethod
    def of(cls, options: ConstraintOptions, vocabulary: Vocabulary, longest: int) -> Self:
        """Compile constraint options to one automaton.

        Args:
            options: the constraint options.
            vocabulary: the model's vocabulary.
            longest: maximum length of a line, in characters.

        Raises:
            ConstraintError: a pattern cannot be used, the automata need too many states, or a
                character is not in the vocabulary.
        """
        from makemore.sampling.pattern import Expression, Sets  # here, as its library loads slowly

        _check_known(options, vocabulary)
        sets = Sets(tuple(vocabulary.characters))
        required, forbidden = _patterns(options)
        case, most = options.ignore_case, options.states
        each = [Expression(text, sets, case, most) for text in (*required, *forbidden)]
        automata = [expression.automaton() for expression in each]
        for place in range(len(required), len(automata)):
            automata[place] = automata[place].complement()
        automata.sort(key=lambda automaton: len(automaton.states))
        goto, ends = _table(reduce(_both(most), automata), sets)
        return cls(goto, ends, options.length or options.min_length or 0, longest)

    @cached_property
    def completions(self) -> NDArray[np.float64]:
        """(longest + 1, D) number of allowed endings from each state after 0, 1, 2 ... characters.

        Counts below 2^53 are exact, as float64 represents them exactly; larger ones are rounded.
        """
        before, after, ways = self._arcs
        found = np.zeros((self.longest + 2, len(self.goto)))
        with np.errstate(over="ignore"):
            for read in range(self.longest, -1, -1):
                going_on = ways * found[read + 1, after]
                found[read] = np.bincount(before, going_on, minlength=len(self.goto))
                found[read] += self.ends & (read >= self.shortest)
        return found[:-1]

    @cached_property
    def _arcs(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Source states, target states and the number of ids that lead from one to the other."""
        states, ids = np.nonzero(self.goto != NOWHERE)
        size = len(self.goto)
        keys, place = unique_inverse(states * size + self.goto[states, ids], size * size)
        ways = np.bincount(place, minlength=len(keys)).astype(np.float64)
        return keys // size, keys % size, ways

    def continuations(self, states: Ints, read: Ints | int) -> NDArray[np.int32]:
        """Return the state after each id with which an allowed line can continue.

        Args:
            states: (n,) the states of lines.
            read: lengths of the lines so far, in characters: (n,) or one number for all.

        Returns:
            (n, V) int32, NOWHERE if no allowed line continues with the id, and for the boundary.
        """
        goto = self.goto[states]
        longer = np.minimum(np.add(read, 1), self.longest).reshape(-1, 1)
        is_open = np.less(read, self.longest).reshape(-1, 1)
        can_end = (goto != NOWHERE) & (self.completions[longer, goto] > 0) & is_open
        return np.where(can_end, goto, np.int32(NOWHERE))

    def may_end(self, states: Ints, read: Ints | int) -> NDArray[np.bool_]:
        """Return (n,) bool, whether lines in these states may end after `read` characters."""
        found: NDArray[np.bool_] = self.ends[states] & np.greater_equal(read, self.shortest)
        return found

    def count(self, prefix: NDArray[np.int32]) -> float:
        """Return |L|, the number of allowed lines that start with a prefix; exact below 2^53."""
        state = self.after(prefix)
        if state == NOWHERE or len(prefix) > self.longest:
            return 0.0
        return float(self.completions[len(prefix), state])

    def after(self, ids: NDArray[np.int32]) -> int:
        """Return the state after some ids, or NOWHERE."""
        state = 0
        for i in ids.tolist():
            state = int(self.goto[state, i]) if state != NOWHERE else NOWHERE
        return state

    def allows(self, ids: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return (n,) bool, whether each line is allowed; `ids` is (n, T), zero after its end."""
        goto = np.vstack([self.goto, np.full((1, self.goto.shape[1]), NOWHERE, np.int32)])
        state = np.zeros(len(ids), np.int32)
        for column in ids.T:
            state = np.where(column == BOUNDARY, state, goto[state, column])
        length = np.count_nonzero(ids, axis=1)
        is_end = np.append(self.ends, False)[state]
        allowed: NDArray[np.bool_] = is_end & (length >= self.shortest) & (length <= self.longest)
        return allowed


def _patterns(options: ConstraintOptions) -> tuple[list[str], list[str]]:
    """Return the patterns that a whole line must match, and those that it must not match."""
    required, forbidden = [_TRIMMED], []
    if options.prefix:
        required.append(f"{re.escape(options.prefix)}.*")
    if options.suffix:
        required.append(f".*{re.escape(options.suffix)}")
    if options.contains:
        required.append(f".*{re.escape(options.contains)}.*")
    if options.pattern is not None:
        required.append(options.pattern)
    if options.only is not None:
        required.append(f"[{re.escape(options.only)}]*" if options.only else "")
    if any(options.forbid):
        forbidden.append(f".*(?:{'|'.join(map(re.escape, filter(None, options.forbid)))}).*")
    return required, forbidden


def _check_known(options: ConstraintOptions, vocabulary: Vocabulary) -> None:
    """Raise a ConstraintError if an option has a character that is not in the vocabulary."""
    same = str.lower if options.ignore_case else str
    known = {same(character) for character in vocabulary.characters}
    for name in ("prefix", "suffix", "contains"):
        for character in unicodedata.normalize("NFC", getattr(options, name)):
            if same(character) not in known:
                raise ConstraintError(
                    f"{name} has {character!r}, which is in no line this model learned: leave it "
                    "out, or fit on a list that has it"
                )


def _both(most: int) -> "Callable[[DFA, DFA], DFA]":
    """Return a function that intersects two automata, unless their product is too large."""

    def both(a: "DFA", b: "DFA") -> "DFA":
        if len(a.states) * len(b.states) > _PRODUCT * most:
            raise ConstraintError(
                f"all that is asked of a line takes more than {most:,} states at once: ask for "
                "less, or raise states"
            )
        return a & b

    return both


def _table(automaton: "DFA", sets: "Sets") -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return (D, V) the state after each id, and (D,) whether a line may end; 0 is the first."""
    place = {automaton.initial_state: 0}
    for state in automaton.states:
        place.setdefault(state, len(place))
    goto = np.full((len(place), len(sets.characters)), NOWHERE, np.int32)
    columns = {symbol: sets.like(symbol) for symbol in sets.symbols}
    for state, reached in automaton.transitions.items():
        for symbol, after in reached.items():
            goto[place[state], columns[symbol]] = place[after]
    ends = np.zeros(len(place), bool)
    ends[[place[state] for state in automaton.final_states]] = True
    one_each = [places[0] for places in columns.values()]  # a symbol's characters lead alike
    goto[~_alive(goto[:, one_each], ends)[goto]] = NOWHERE
    boundary = np.full((len(place), 1), NOWHERE, np.int32)
    return np.hstack([boundary, goto]), ends


def _alive(goto: NDArray[np.int32], ends: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (D,) whether an end can be reached from each state, by a backward search."""
    before, ids = np.nonzero(goto != NOWHERE)
    after = goto[before, ids]
    order = np.argsort(after, kind="stable")
    start = np.searchsorted(after[order], np.arange(len(goto) + 1))
    alive, reached = ends.copy(), np.flatnonzero(ends)
    while len(reached):
        found = before[order[concatenate_ranges(start[reached], start[reached + 1])]]
        reached = np.unique(found[~alive[found]])
        alive[reached] = True
    return alive
