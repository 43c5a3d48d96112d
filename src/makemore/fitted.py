"""Everything that is known once a list is learned."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.canaries import Canaries
from makemore.corpus.cleaning import Summary
from makemore.corpus.digests import distinct
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import NotFittedError
from makemore.inference.likelihood import Model
from makemore.options.declaration import Options


@dataclass(frozen=True, eq=False)
class FittedModel:
    """Everything that is known once a list is learned: what a model file holds.

    Attributes:
        model: the fitted model.
        family: the name of its family.
        options: its family's options.
        vocabulary: the list's characters and labels.
        weight: how many lines it learned, weights counted.
        label_weights: (labels,) float64, how many of them had each label.
        longest: characters of the longest line.
        cleaning: what cleaning did to the list.
        report: how the model was made, as JSON can hold it: the parts' sizes and losses, steps;
            and, until it is kept in a file, seconds.
        known: gives the (k,) uint64 ascending digests of the list; None where they were not kept.
        canaries: random lines that were learned too, those of each list apart.
    """

    model: Model
    family: str
    options: Options
    vocabulary: Vocabulary
    weight: float
    label_weights: NDArray[np.float64]
    longest: int
    cleaning: Summary
    report: dict[str, Any]
    known: Callable[[], NDArray[np.uint64]] | None
    canaries: tuple[Canaries, ...] = ()

    @property
    def label_shares(self) -> NDArray[np.float64]:
        """(labels,) float64, how often each label stood."""
        shares: NDArray[np.float64] = self.label_weights / self.weight
        return shares


class Fitted:
    """What is fitted, or will be: the base of what a model makes of lines and says of them."""

    learned_: FittedModel

    @property
    def _learned(self) -> FittedModel:
        """Everything learned, once there is something."""
        if not hasattr(self, "learned_"):
            raise NotFittedError("nothing is learned yet: call fit(lines), or MakeMore.load(path)")
        return self.learned_


def together(parts: Sequence[FittedModel], vocabulary: Vocabulary) -> dict[str, Any]:
    """What is known of all lines that several models learned, as fields of `FittedModel`.

    Args:
        parts: what each learned.
        vocabulary: of all of them.
    """
    label_weights = np.zeros(len(vocabulary.labels))
    for part in parts:
        ids = vocabulary.label_ids(part.vocabulary.labels) - len(vocabulary)
        label_weights[ids] += part.label_weights
    digests = [part.known for part in parts if part.known is not None]
    return {
        "weight": sum(part.weight for part in parts),
        "label_weights": label_weights,
        "longest": max(part.longest for part in parts),
        "cleaning": reduce(add, (part.cleaning for part in parts)),
        "known": partial(np.asarray, _union(digests)) if len(digests) == len(parts) else None,
        "canaries": tuple(dict.fromkeys(each for part in parts for each in part.canaries)),
    }


def set_apart(parts: Sequence[FittedModel]) -> float:
    """The share of lines, by their digests, that no model has learned."""
    shares = [part.report["test"] if part.report["split"] == "digest" else 0.0 for part in parts]
    return min(shares)


def _union(digests: Sequence[Callable[[], NDArray[np.uint64]]]) -> NDArray[np.uint64]:
    """(k,) uint64 ascending: the digests of all."""
    return distinct(np.concatenate([each() for each in digests]))
