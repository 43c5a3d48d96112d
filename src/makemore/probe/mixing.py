"""What each member of a mixture is good for."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.contexts import Contexts
from makemore.likelihood import edge_log_probs
from makemore.models.mixture import Mixture


class Member(NamedTuple):
    """One member on some lines.

    Attributes:
        name: its class.
        weight: its weight in the mixture.
        loss: its own, nats per character.
        best: the share of characters to which no other member gives more.
        without: how much the mixture's loss rises when it is left out and the others keep their
            proportions; inf for the only one.
    """

    name: str
    weight: float
    loss: float
    best: float
    without: float


def members_on(mixture: Mixture, c: Contexts) -> list[Member]:
    """Measures each member on the contexts of at least one line."""
    each = np.stack([edge_log_probs(member, c) for member in mixture.members]).astype(np.float64)
    share = c.count / c.total
    best = each.argmax(axis=0)

    def loss(weights: NDArray[np.float64]) -> float:
        with np.errstate(divide="ignore"):
            log_probs = np.log((weights[:, None] / weights.sum() * np.exp(each)).sum(axis=0))
        return -float((share * log_probs).sum())

    whole, found = loss(mixture.weights), []
    for place, member in enumerate(mixture.members):
        left = np.where(np.arange(len(each)) == place, 0.0, mixture.weights)
        found.append(
            Member(
                type(member).__name__,
                float(mixture.weights[place]),
                -float((share * each[place]).sum()),
                float(share[best == place].sum()),
                loss(left) - whole if left.any() else float("inf"),
            )
        )
    return found
