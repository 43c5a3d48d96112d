"""Everything that is known once a list is learned."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.lines import Summary
from makemore.corpus.vocabulary import Vocabulary
from makemore.likelihood import Model
from makemore.options.declaration import Options


@dataclass(frozen=True, eq=False)
class Learned:
    """Everything that is known once a list is learned: what a model file holds.

    Attributes:
        model: the fitted model.
        family: the name of its family.
        options: its family's options.
        vocabulary: the list's characters and labels.
        label_shares: (labels,) float64, how often each label stood, weights counted.
        longest: characters of the longest line.
        cleaning: what cleaning did to the list.
        report: how the model was made, as JSON can hold it: the parts' sizes and losses, steps,
            seconds.
        known: gives the (k,) uint64 ascending digests of the list; None where they were not kept.
    """

    model: Model
    family: str
    options: Options
    vocabulary: Vocabulary
    label_shares: NDArray[np.float64]
    longest: int
    cleaning: Summary
    report: dict[str, Any]
    known: Callable[[], NDArray[np.uint64]] | None
