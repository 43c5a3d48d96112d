"""Drawing lines from a table of all states of a model.

For a few lines it is faster to draw one character at a time than arrays of a few numbers; the lines
are the same.
"""

from bisect import bisect_right
from collections.abc import Sequence
from unicodedata import is_normalized

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Ints
from makemore.corpus.vocabulary import BOUNDARY
from makemore.inference.automaton import Automaton
from makemore.sampling.request import Request
from makemore.sampling.samplers import (
    StateFrontier,
    Uniforms,
    Warper,
    cumulative_sums,
    draw_lines,
)

_MAX_ENTRIES = 2**18  # of the rows that are kept as lists, which take tens of bytes each

Row = tuple[list[float], list[int]]  # cumulative probabilities, and the state after each id


class TableSampler:
    """A sampler for a model compiled to an automaton, with one table of all states.

    Attributes:
        goto: (S, V) int32, the state after each id.
        table: (S, W) the cumulative table.
        initial: the state after the prefix.
    """

    def __init__(self, automaton: Automaton, warper: Warper, prefix: NDArray[np.int32]) -> None:
        """Build the table, and start every line after the prefix."""
        self.goto = automaton.goto
        self.table = cumulative_sums(warper.weights(automaton.log_probs))
        self.initial = automaton.state_after(prefix)

    def draw(
        self,
        uniforms: Uniforms,
        indices: NDArray[np.intp],
        first_position: int,
        max_characters: int,
    ) -> NDArray[np.int32]:
        """See `Sampler.draw`."""
        states = np.full(len(indices), self.initial, np.intp)
        frontier = StateFrontier(self.goto, states, lambda position, states: self.table)
        return draw_lines(frontier, uniforms, indices, first_position, max_characters)


class RowTable:
    """A table whose rows are read one at a time; those that are read again become lists.

    Attributes:
        initial: the state after the prefix.
        rows: the rows that are lists, by state.
    """

    def __init__(self, sampler: TableSampler) -> None:
        """Refer to the table of a sampler; no row is a list yet."""
        self.initial, self._table, self._goto = sampler.initial, sampler.table, sampler.goto
        # Items of a memory view are read in half the time of those of an array.
        self._numbers, self._states = self._table.ravel().data, self._goto.ravel().data
        self._width, self._V = self._table.shape[1], self._goto.shape[1]
        self.rows: dict[int, Row] = {}
        self._read: set[int] = set()
        self._max_rows = _MAX_ENTRIES // self._V

    def read(self, state: int, uniform: float) -> tuple[int, int]:
        """Return the id that a uniform number draws in a state, and the state after it."""
        low = state * self._width
        i = bisect_right(self._numbers, uniform, low, low + self._width) - low
        if state in self._read and len(self.rows) < self._max_rows:
            row = self._table[state, : self._V].tolist(), self._goto[state].tolist()
            self.rows[state] = row
        elif len(self._read) < 8 * self._max_rows:
            self._read.add(state)
        return i, self._states[state * self._V + i]


class TableWalk:
    """Draws the clean lines of a request whose model is compiled to tables, one for each label."""

    def __init__(self, request: Request, samplers: Sequence[TableSampler]) -> None:
        """Prepare the tables."""
        self._tables, self._request = list(map(RowTable, samplers)), request
        self._shares = request.cumulative_shares(np.zeros(len(samplers))).tolist()
        characters = request.vocabulary.characters
        self._characters = ["", *characters]
        self._prefix = "".join(characters[i - 1] for i in request.prefix.tolist())

    def draw(self, uniforms: Uniforms) -> tuple[list[str], Ints]:
        """Return the clean lines and their indices, as `clean_lines` would; see there."""
        numbers, lines, indices = list[list[float]](), list[str](), list[int]()
        for index in range(len(uniforms)):
            line = self._draw_line(uniforms, numbers, index)
            if line is not None and self._is_clean(line):
                lines.append(line)
                indices.append(index)
        return lines, np.array(indices, np.intp)

    def _draw_line(self, uniforms: Uniforms, numbers: list[list[float]], index: int) -> str | None:
        """Return a line, or None if it has not ended within the maximum length.

        Args:
            uniforms: the uniform numbers.
            numbers: those of the positions so far, which grow when a line needs more.
            index: number of the line.
        """
        table, position = self._tables[0], 0
        if len(self._tables) > 1:
            if not numbers:
                numbers.append(uniforms.at(0).tolist())
            table, position = self._tables[bisect_right(self._shares, numbers[0][index])], 1
        rows, state, text = table.rows, table.initial, [self._prefix]
        for at in range(position, position + self._request.max_characters + 1):
            if at == len(numbers):
                numbers.append(uniforms.at(at).tolist())
            row, uniform = rows.get(state), numbers[at][index]
            if row is None:
                i, state = table.read(state, uniform)
            else:
                i = bisect_right(row[0], uniform)
                state = row[1][i]
            if i == BOUNDARY:
                return "".join(text)
            text.append(self._characters[i])
        return None

    def _is_clean(self, line: str) -> bool:
        """Return whether a cleaned list could have a line."""
        if not line or line[0].isspace() or line[-1].isspace():
            return False
        return not self._request.vocabulary.may_compose or is_normalized("NFC", line)
