"""All that is asked of a line as one minimal automaton."""

import re
import unicodedata
from collections.abc import Callable
from functools import reduce

import numpy as np
from automata.fa.dfa import DFA
from numpy.typing import NDArray

from makemore.arrays import ranges
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import ConstraintError
from makemore.inference.automaton import NOWHERE
from makemore.options.verbs import ConstraintOptions
from makemore.sampling.constraint import Constraint
from makemore.sampling.pattern import Expression, Sets

_TRIMMED = r"\S(?:.*\S)?"  # as every line is that was cleaned: not blank, no space at an end
_PRODUCT = 16  # two automata may have so many times the states allowed, multiplied


def conjunction(options: ConstraintOptions, vocabulary: Vocabulary, longest: int) -> Constraint:
    """Puts all that is asked of a line in one automaton.

    Args:
        options: what is asked.
        vocabulary: the model's.
        longest: characters of a line, at most.

    Raises:
        ConstraintError: a pattern cannot be used, all of it takes too many states, or a character
            is in no line of the model.
    """
    _check_known(options, vocabulary)
    sets = Sets(tuple(vocabulary.characters))
    wanted, unwanted = _expressions(options)
    each = [Expression(text, sets, options.ignore_case, options.states) for text in wanted]
    never = [Expression(text, sets, options.ignore_case, options.states) for text in unwanted]
    automata = [expression.automaton() for expression in each]
    automata += [expression.automaton().complement() for expression in never]
    automata.sort(key=lambda automaton: len(automaton.states))
    goto, ends = _table(reduce(_both(options.states), automata), sets)
    shortest = options.length or options.min_length or 0
    return Constraint(goto, ends, shortest, longest)


def _expressions(options: ConstraintOptions) -> tuple[list[str], list[str]]:
    """What a whole line must match, and what it must not."""
    wanted, unwanted = [_TRIMMED], []
    if options.prefix:
        wanted.append(f"{re.escape(options.prefix)}.*")
    if options.suffix:
        wanted.append(f".*{re.escape(options.suffix)}")
    if options.contains:
        wanted.append(f".*{re.escape(options.contains)}.*")
    if options.pattern is not None:
        wanted.append(options.pattern)
    if options.only is not None:
        wanted.append(f"[{re.escape(options.only)}]*" if options.only else "")
    if any(options.forbid):
        unwanted.append(f".*(?:{'|'.join(map(re.escape, filter(None, options.forbid)))}).*")
    return wanted, unwanted


def _check_known(options: ConstraintOptions, vocabulary: Vocabulary) -> None:
    """Says which character it is that no line of this model has."""
    same = str.lower if options.ignore_case else str
    known = {same(character) for character in vocabulary.characters}
    for name in ("prefix", "suffix", "contains"):
        for character in unicodedata.normalize("NFC", getattr(options, name)):
            if same(character) not in known:
                raise ConstraintError(
                    f"{name} has {character!r}, which is in no line this model learned: leave it "
                    "out, or fit on a list that has it"
                )


def _both(most: int) -> Callable[[DFA, DFA], DFA]:
    """Makes the intersection of automata whose product is not too large."""

    def both(a: DFA, b: DFA) -> DFA:
        if len(a.states) * len(b.states) > _PRODUCT * most:
            raise ConstraintError(
                f"all that is asked of a line takes more than {most:,} states at once: ask for "
                "less, or raise states"
            )
        return a & b

    return both


def _table(automaton: DFA, sets: Sets) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """(D, V) where each id leads, and (D,) where a line may end; state 0 is the first."""
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
    one_each = [places[0] for places in columns.values()]  # characters of a kind lead alike
    goto[~_alive(goto[:, one_each], ends)[goto]] = NOWHERE
    boundary = np.full((len(place), 1), NOWHERE, np.int32)
    return np.hstack([boundary, goto]), ends


def _alive(goto: NDArray[np.int32], ends: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(D,) whether a line can end somewhere after each state: backwards from the ends."""
    before, ids = np.nonzero(goto != NOWHERE)
    after = goto[before, ids]
    order = np.argsort(after, kind="stable")
    start = np.searchsorted(after[order], np.arange(len(goto) + 1))
    alive, reached = ends.copy(), np.flatnonzero(ends)
    while len(reached):
        found = before[order[ranges(start[reached], start[reached + 1])]]
        reached = np.unique(found[~alive[found]])
        alive[reached] = True
    return alive
