"""Reading a list: the state of the starter after lines of a list, from which it writes more."""

from dataclasses import dataclass
from itertools import chain
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s, offsets_of
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import BOUNDARY, Vocabulary
from makemore.models.array_lstm import ArrayLSTM
from makemore.starter.stored import Starter

# Random orders in which the list is read; lines and ids of each.
_CHAINS, _READ, _MOST_READ = 8, 60, 1500


@dataclass(frozen=True, eq=False)
class Encoded:
    """A list as ids.

    Attributes:
        ids: (B + C,) int64, each line's first id, its label or the boundary, then its characters.
        start: (B + 1,) int64 offsets of the lines in `ids`.
        weight: (B,) float32 weight of each line, with mean 1.
    """

    ids: NDArray[np.int64]
    start: NDArray[np.int64]
    weight: NDArray[np.float32]

    @classmethod
    def of(cls, lines: Lines, vocabulary: Vocabulary) -> Self:
        """Encode lines, all of whose characters are in the vocabulary."""
        start = offsets_of(lines.lengths() + 1)
        ids = np.full(start[-1], BOUNDARY, np.int64)
        is_first = np.zeros(len(ids), bool)
        is_first[start[:-1]] = True
        ids[~is_first] = vocabulary.encode(lines.codes)
        if lines.labels is not None:
            ids[is_first] = vocabulary.label_ids(lines.label_names)[lines.labels]
        weight = lines.counts()
        return cls(ids, start, (weight / weight.mean()).astype(np.float32))

    def __len__(self) -> int:
        """Return B, the number of lines."""
        return len(self.weight)

    def batch(
        self, indices: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Return (T, n) ids, the (T, n) ids after them, and the (T, n) weight of each, 0 to pad."""
        lengths = np.diff(self.start)[indices]
        column = np.arange(lengths.max())[:, None]
        position = self.start[indices] + column
        ids = np.where(column < lengths, self.ids[np.minimum(position, len(self.ids) - 1)], 0)
        following = np.concatenate([ids[1:], np.full_like(ids[:1], BOUNDARY)])
        weight = np.where(column < lengths, self.weight[indices], np.float32(0))
        return ids, following, weight

    def chains(self, seed: int) -> NDArray[np.int64]:
        """Return (T, n) ids: up to 60 lines in each of eight random orders, boundaries between.

        If lines are long, the latest 1,500 ids of each order are kept.
        """
        rng, sequences = np.random.default_rng((seed, 0)), []
        for _ in range(_CHAINS):
            order = rng.permutation(len(self))[:_READ].tolist()
            parts = ([[BOUNDARY], self.ids[self.start[i] + 1 : self.start[i + 1]]] for i in order)
            sequences.append(np.concatenate(list(chain.from_iterable(parts))))
        length = min(_MOST_READ, *map(len, sequences))
        return np.stack([each[-length:] for each in sequences], axis=1)


def read_list(starter: Starter, vocabulary: Vocabulary, lines: Encoded, seed: int) -> ArrayLSTM:
    """Return the starter with the state after reading lines: the mean over several orders.

    Args:
        starter: the starter.
        vocabulary: the vocabulary of the list.
        lines: the list.
        seed: seed of the orders.
    """
    tensors, labels = starter.tensors_for(vocabulary), len(vocabulary.labels)
    network, ids = ArrayLSTM(tensors, labels), lines.chains(seed)
    state: Float32s = network.read(ids, network.first_state(ids.shape[1])).mean(axis=0)
    return ArrayLSTM({**tensors, "initial": state}, labels)
