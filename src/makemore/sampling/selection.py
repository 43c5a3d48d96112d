"""The choice of lines from consecutive batches of a stream."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from makemore.options.verbs import SampleOptions
from makemore.sampling.line_filter import Filter

_MAX_DRAWS_PER_DISTINCT = 4  # draws for each new distinct line above which the search starts


class Batch(NamedTuple):
    """A batch of sampled lines.

    Attributes:
        end: number of lines of the stream that are drawn by the end of this batch.
        lines: the clean lines of the batch; see `clean_lines`.
        indices: (lines,) index of each in the stream.
    """

    end: int
    lines: list[str]
    indices: NDArray[np.intp]


class Selection:
    """The choice of lines from consecutive batches, until `patience` draws in a row are rejected.

    Attributes:
        is_distinct: whether lines are distinct.
        is_over: whether no further batch is to be drawn.
        is_repeating: whether distinct lines are asked for and most lines of the last batch were
            repeats, so that a search finds further ones faster.
    """

    def __init__(self, select: Filter, options: SampleOptions) -> None:
        """Start before the first batch."""
        self._select, self._patience = select, options.patience
        self.is_distinct = options.distinct
        self._last = -1  # the index of the last selected line in the stream
        self.is_over = self.is_repeating = False

    def add(self, batch: Batch) -> list[str]:
        """Return the selected lines of the next batch."""
        selected = self._select(batch.lines)
        indices = batch.indices[selected]
        count = len(indices)
        if batch.end - self._last > self._patience:
            # Rejected draws before each selected line, and after the last.
            gaps = np.diff(indices, prepend=self._last, append=batch.end) - 1
            count = int(np.argmax(np.append(gaps, self._patience) >= self._patience))
            self.is_over = count < len(gaps)
        self._last = int(indices[-1]) if len(indices) else self._last
        few = len(selected) * _MAX_DRAWS_PER_DISTINCT < len(batch.lines)
        self.is_repeating = self.is_distinct and few
        return [batch.lines[i] for i in selected[:count].tolist()]
