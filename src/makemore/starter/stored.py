"""The starter that comes with makemore, and its weights for the vocabulary of a list."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import AnyArray
from makemore.checkpoint.document import model_tensors
from makemore.checkpoint.model_file import read_model_file
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import BOUNDARY, Vocabulary
from makemore.inference.model import Tensors
from makemore.options.families import LSTMOptions

MIN_KNOWN = 0.8  # share of a list's characters that the starter must know
_NEW_BIAS = -1.0  # of the logit of a character that the starter does not know


@dataclass(frozen=True, eq=False)
class Starter:
    """The starter: an LSTM trained to read a list line by line.

    Attributes:
        vocabulary: its characters.
        options: the options of the network, with a learned first state.
        tensors: its weights.
    """

    vocabulary: Vocabulary
    options: LSTMOptions
    tensors: Tensors

    @classmethod
    @lru_cache(maxsize=1)
    def load(cls) -> Self:
        """Read the starter that comes with makemore."""
        with as_file(files("makemore").joinpath("data/starter.model")) as path:
            return cls.read(path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a starter from the model file of an LSTM, without torch.

        Raises:
            CheckpointError: the file is missing or damaged.
        """
        file = read_model_file(path)
        options = LSTMOptions.of(file.document["options"])
        vocabulary = Vocabulary(file.document["characters"])
        return cls(vocabulary, options.replace(learned_state=True), model_tensors(file))

    def knows(self, lines: Lines) -> bool:
        """Return whether it knows most characters of a list, counted as often as they occur."""
        known = self.vocabulary.encode(lines.codes) >= 0
        return float(known.mean()) >= MIN_KNOWN

    def opened(self, vocabulary: Vocabulary) -> Vocabulary:
        """Extend a vocabulary by the letters and digits of the starter that are like those in it.

        They are of the same script and category: a list with a small Latin letter gets all small
        Latin letters that the starter knows.
        """
        wanted = {_script_and_category(c) for c in vocabulary.characters if c.isalnum()}
        more = "".join(c for c in self.vocabulary.characters if _script_and_category(c) in wanted)
        return vocabulary.union(Vocabulary(more))

    def tensors_for(self, vocabulary: Vocabulary) -> dict[str, AnyArray]:
        """Return the weights for another vocabulary.

        A character that the starter does not know starts like its base letter, é like e, or else
        like the mean of the characters that both know; it is less likely at first. A label starts
        like the boundary, in whose place it is read.
        """
        own = self._ids_in_place_of(vocabulary.characters)
        is_known = own >= 0
        rows, columns, bias = (self.tensors[name] for name in ("C", "V", "d"))
        embedding = np.where(is_known[:, None], rows[own], rows[own[is_known]].mean(axis=0))
        mean = columns[:, own[is_known]].mean(axis=1, keepdims=True)
        is_new = self.vocabulary.ids_of(vocabulary.characters) < 0
        logit_bias = np.where(is_known, bias[own], bias[own[is_known]].mean())
        logit_bias[1:] += np.float32(_NEW_BIAS) * is_new
        labels = np.repeat(rows[[BOUNDARY]], len(vocabulary.labels), axis=0)
        return {
            **self.tensors,
            "C": np.concatenate([embedding, labels]).astype(np.float32),
            "V": np.where(is_known, columns[:, own], mean).astype(np.float32),
            "d": logit_bias.astype(np.float32),
            "initial": np.zeros(2 * self.options.hidden, np.float32),
        }

    def _ids_in_place_of(self, characters: str) -> NDArray[np.int32]:
        """Return (V,) the own id for the boundary and each character or its base letter, or -1."""
        ids = self.vocabulary.ids_of(characters)
        ids = np.where(ids < 0, self.vocabulary.base_ids_of(characters), ids)
        return np.concatenate([[BOUNDARY], ids]).astype(np.int32)


def _script_and_category(character: str) -> tuple[str, str]:
    """Return the script of a character, as the first word of its name, and its category."""
    return unicodedata.name(character, "").split(" ")[0], unicodedata.category(character)
