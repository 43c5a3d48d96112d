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
from makemore.corpus.case import fold_case
from makemore.corpus.vocabulary import BOUNDARY, Vocabulary
from makemore.errors import ConstraintError
from makemore.inference.automaton import NOWHERE
from makemore.options.verbs import ConstraintOptions

if TYPE_CHECKING:
    from automata.fa.dfa import DFA

    from makemore.sampling.character_sets import CharacterSets

_TRIMMED = r"\S(?:.*\S)?"  # cleaned lines are not blank and have no space at either end
_MAX_PRODUCT = 16  # maximum product of two automata's sizes, in multiples of the states allowed


@dataclass(frozen=True, eq=False)
class Constraint:
    """The set of allowed lines, as an automaton with a minimum and a maximum length.

    Attributes:
        goto: (D, V) int32, the state after each id; NOWHERE if no end can be reached after it.
        is_final: (D,) bool, whether a line may end in each state.
        min_length: minimum length of a line, in characters.
        max_length: maximum length of a line, in characters.
    """

    goto: NDArray[np.int32]
    is_final: NDArray[np.bool_]
    min_length: int
    max_length: int

    @classmethod
    def of(cls, options: ConstraintOptions, vocabulary: Vocabulary, max_length: int) -> Self:
        """Compile constraint options to one automaton.

        Args:
            options: the constraint options.
            vocabulary: the model's vocabulary.
            max_length: maximum length of a line, in characters.

        Raises:
            ConstraintError: a pattern cannot be used, the automata need too many states, or a
                character is not in the vocabulary.
        """
        from makemore.sampling.character_sets import CharacterSets
        from makemore.sampling.pattern import Expression  # slow to import

        _check_characters(options, vocabulary)
        sets = CharacterSets(tuple(vocabulary.characters))
        required, forbidden = _patterns(options, vocabulary)
        case, max_states = options.ignore_case, options.states
        expressions = [Expression(text, sets, case, max_states) for text in (*required, *forbidden)]
        automata = [expression.automaton() for expression in expressions]
        for i in range(len(required), len(automata)):
            automata[i] = automata[i].complement()
        automata.sort(key=lambda automaton: len(automaton.states))
        goto, is_final = _transition_table(
            reduce(_bounded_intersection(max_states), automata), sets
        )
        return cls(goto, is_final, options.length or options.min_length or 0, max_length)

    @cached_property
    def completions(self) -> NDArray[np.float64]:
        """(longest + 1, D) number of allowed endings from each state after 0, 1, 2 ... characters.

        Counts below 2^53 are exact, as float64 represents them exactly; larger ones are rounded.
        """
        sources, targets, arcs = self._arcs
        counts = np.zeros((self.max_length + 2, len(self.goto)))
        with np.errstate(over="ignore"):
            for length in range(self.max_length, -1, -1):
                continued = arcs * counts[length + 1, targets]
                counts[length] = np.bincount(sources, continued, minlength=len(self.goto))
                counts[length] += self.is_final & (length >= self.min_length)
        return counts[:-1]

    @cached_property
    def _arcs(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Source states, target states and the number of ids that lead from one to the other."""
        states, ids = np.nonzero(self.goto != NOWHERE)
        size = len(self.goto)
        keys, inverse = unique_inverse(states * size + self.goto[states, ids], size * size)
        counts = np.bincount(inverse, minlength=len(keys)).astype(np.float64)
        return keys // size, keys % size, counts

    def continuations(self, states: Ints, lengths: Ints | int) -> NDArray[np.int32]:
        """Return the state after each id with which an allowed line can continue.

        Args:
            states: (n,) the states of lines.
            lengths: lengths of the lines so far, in characters: (n,) or one number for all.

        Returns:
            (n, V) int32, NOWHERE if no allowed line continues with the id, and for the boundary.
        """
        goto = self.goto[states]
        next_lengths = np.minimum(np.add(lengths, 1), self.max_length).reshape(-1, 1)
        has_room = np.less(lengths, self.max_length).reshape(-1, 1)
        is_possible = (goto != NOWHERE) & (self.completions[next_lengths, goto] > 0) & has_room
        return np.where(is_possible, goto, np.int32(NOWHERE))

    def may_end(self, states: Ints, lengths: Ints | int) -> NDArray[np.bool_]:
        """Return (n,) bool, whether lines in these states may end after `lengths` characters."""
        may_end: NDArray[np.bool_] = self.is_final[states] & np.greater_equal(
            lengths, self.min_length
        )
        return may_end

    def count(self, prefix: NDArray[np.int32]) -> float:
        """Return |L|, the number of allowed lines that start with a prefix; exact below 2^53."""
        state = self.state_after(prefix)
        if state == NOWHERE or len(prefix) > self.max_length:
            return 0.0
        return float(self.completions[len(prefix), state])

    def state_after(self, ids: NDArray[np.int32]) -> int:
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
        is_end = np.append(self.is_final, False)[state]
        allowed: NDArray[np.bool_] = (
            is_end & (length >= self.min_length) & (length <= self.max_length)
        )
        return allowed


def _patterns(options: ConstraintOptions, vocabulary: Vocabulary) -> tuple[list[str], list[str]]:
    """Return the patterns that a whole line must match, and those that it must not match."""
    required, forbidden = [_TRIMMED], []

    def literal(text: str) -> str:
        return _folded_literal(text, vocabulary) if options.ignore_case else re.escape(text)

    if options.prefix:
        required.append(f"{literal(options.prefix)}.*")
    if options.suffix:
        required.append(f".*{literal(options.suffix)}")
    required += [f".*{literal(text)}.*" for text in filter(None, options.contains)]
    required += options.pattern
    if options.only is not None:
        only = _with_expansions(options.only, vocabulary) if options.ignore_case else options.only
        required.append(f"[{re.escape(only)}]*" if only else "")
    if any(options.forbid):
        forbidden.append(f".*(?:{'|'.join(map(literal, filter(None, options.forbid)))}).*")
    return required, forbidden


def _folded_literal(text: str, vocabulary: Vocabulary) -> str:
    r"""Return an expression for all texts with the same case folding, to be compiled without case.

    A character whose folding has several characters, such as \u00df with ss, matches all of them.
    """
    folded = fold_case(text)
    expansions = _expansions(vocabulary)
    rest = [""]  # the expressions of the ends of the text, from the empty one
    for start in range(len(folded) - 1, -1, -1):
        steps = [re.escape(folded[start]) + rest[0]] + [
            re.escape(character) + rest[len(expansion) - 1]
            for character, expansion in expansions.items()
            if folded.startswith(expansion, start)
        ]
        rest.insert(0, steps[0] if len(steps) == 1 else f"(?:{'|'.join(steps)})")
    return rest[0]


def _with_expansions(only: str, vocabulary: Vocabulary) -> str:
    """Return the characters, and those of the vocabulary whose case folding consists of them."""
    folded = set(fold_case(only))
    return only + "".join(c for c, folds in _expansions(vocabulary).items() if folded >= set(folds))


def _expansions(vocabulary: Vocabulary) -> dict[str, str]:
    """Return the characters whose case folding has several characters, with their folding."""
    folded = {character: fold_case(character) for character in vocabulary.characters}
    return {character: folds for character, folds in folded.items() if len(folds) > 1}


def _check_characters(options: ConstraintOptions, vocabulary: Vocabulary) -> None:
    """Raise a ConstraintError if an option has a character that is not in the vocabulary."""
    fold: Callable[[str], str] = fold_case if options.ignore_case else str
    characters = set("".join(map(fold, vocabulary.characters)))
    for name in ("prefix", "suffix", "contains"):
        text = "".join(getattr(options, name))  # one text, or several
        for character in unicodedata.normalize("NFC", text):
            if not characters >= set(fold(character)):
                raise ConstraintError(
                    f"{name} contains {character!r}, which is not in the model's vocabulary: "
                    "remove it, or fit on a list that contains it"
                )


def _bounded_intersection(max_states: int) -> "Callable[[DFA, DFA], DFA]":
    """Return a function that intersects two automata, unless their product is too large."""

    def intersect(a: "DFA", b: "DFA") -> "DFA":
        if len(a.states) * len(b.states) > _MAX_PRODUCT * max_states:
            raise ConstraintError(
                f"the constraints together need more than {max_states:,} states: relax them, or "
                "raise states"
            )
        return a & b

    return intersect


def _transition_table(
    automaton: "DFA", sets: "CharacterSets"
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return (D, V) the state after each id, and (D,) whether a line may end; 0 is the first."""
    index = {automaton.initial_state: 0}
    for state in automaton.states:
        index.setdefault(state, len(index))
    goto = np.full((len(index), len(sets.characters)), NOWHERE, np.int32)
    columns = {symbol: sets.characters_of(symbol) for symbol in sets.symbols}
    for state, targets in automaton.transitions.items():
        for symbol, target in targets.items():
            goto[index[state], columns[symbol]] = index[target]
    is_final = np.zeros(len(index), bool)
    is_final[[index[state] for state in automaton.final_states]] = True
    representatives = [
        indices[0] for indices in columns.values()
    ]  # same targets for all of a symbol's characters
    goto[~_can_reach_end(goto[:, representatives], is_final)[goto]] = NOWHERE
    boundary = np.full((len(index), 1), NOWHERE, np.int32)
    return np.hstack([boundary, goto]), is_final


def _can_reach_end(goto: NDArray[np.int32], is_final: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (D,) whether an end can be reached from each state, by a backward search."""
    sources, ids = np.nonzero(goto != NOWHERE)
    targets = goto[sources, ids]
    order = np.argsort(targets, kind="stable")
    start = np.searchsorted(targets[order], np.arange(len(goto) + 1))
    can_reach, frontier = is_final.copy(), np.flatnonzero(is_final)
    while len(frontier):
        candidates = sources[order[concatenate_ranges(start[frontier], start[frontier + 1])]]
        frontier = np.unique(candidates[~can_reach[candidates]])
        can_reach[frontier] = True
    return can_reach
