"""Mini-batches of lines, in parts for the threads."""

import math
from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from makemore.contexts.table import Contexts
from makemore.inference.likelihood import group_lines, iter_blocks
from makemore.inference.model import block_rows

MIN_PART = 1024  # characters or contexts of a part, at least; smaller parts are slower together

Part = Callable[[], Contexts]  # builds the contexts of one part of a batch


class Batches:
    """Mini-batches of lines, as parts that are computed by one thread each and fit in memory."""

    def __init__(
        self,
        train: Contexts,
        batch: int | None,
        seed: int,
        threads: int,
        has_coupled_rows: bool = False,
    ) -> None:
        """Compute the batch size; if every batch is the whole list, build its parts once.

        Args:
            train: the training contexts.
            batch: characters of a batch; None for the whole list.
            seed: seed of the order of the lines.
            threads: number of parts of a batch.
            has_coupled_rows: whether a batch must not be split.
        """
        self._train, self._seed = train, seed
        self._has_coupled_rows = has_coupled_rows
        self.threads = 1 if has_coupled_rows else threads
        lines = len(train.line_weight)
        mean_length = len(train.edge) / lines  # mean characters per line, ends included
        self._size = lines
        if batch is not None:
            self._size = min(lines, max(1, round(batch / mean_length)))
        self._whole: list[Part] | None = None
        if self._size == lines:
            whole = [part() for part in self._parts(np.arange(lines))]
            self._whole = [partial(_identity, part) for part in whole]
        # The same for every batch, so that a line has the same weight in each.
        self.characters = train.total * self._size / lines

    def at(self, step: int) -> list[Part]:
        """Return the parts of a step; epochs contain each line once, shuffled by (seed, epoch)."""
        if self._whole is not None:
            return self._whole
        lines = len(self._train.line_weight)
        first = step * self._size
        positions = np.arange(first, first + self._size)
        indices = np.empty(self._size, np.int64)
        for epoch in range(positions[0] // lines, positions[-1] // lines + 1):
            in_epoch = positions // lines == epoch
            indices[in_epoch] = _shuffle(self._seed, epoch, lines)[positions[in_epoch] % lines]
        return self._parts(indices)

    def _parts(self, indices: NDArray[np.int64]) -> list[Part]:
        """Split lines into parts for the threads, unless the network couples rows.

        A tree of prefixes is split by lines, a table of windows by contexts, so that no context is
        computed twice.
        """
        train = self._train
        if self._has_coupled_rows:
            return [partial(train.lines, indices)]
        if train.back is None:
            lengths = train.start[indices + 1] - train.start[indices]
            groups = group_lines(train, indices, self._part_size(int(lengths.sum())))
            return [partial(train.lines, group) for group in groups]
        batch = train.lines(indices)
        parts = iter_blocks(batch, self._part_size(len(batch)))
        return [partial(_identity, part) for part, _ in parts]

    def _part_size(self, rows: int) -> int:
        """Return the rows of a part: one part for each thread, but none that is very small."""
        limit = block_rows(self._train.vocabulary_size) // self.threads  # of memory
        return max(1, min(limit, max(MIN_PART, math.ceil(rows / self.threads))))


def _identity(c: Contexts) -> Contexts:
    """Return contexts that are built already."""
    return c


@lru_cache(maxsize=2)
def _shuffle(seed: int, epoch: int, lines: int) -> NDArray[np.int64]:
    """Return the order of the lines in an epoch."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, epoch))))
    return rng.permutation(lines)
