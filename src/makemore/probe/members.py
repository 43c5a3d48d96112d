"""Contribution of each member to a mixture: its weight, its loss, and the rise without it."""

from typing import NamedTuple

import numpy as np

from makemore.arrays import Float64s, sum_by_index
from makemore.contexts.table import Contexts
from makemore.inference.likelihood import edge_log_probs
from makemore.inference.model import Model
from makemore.inference.vocabulary_adapter import VocabularyAdapter
from makemore.models.mixture import Mixture


class Member(NamedTuple):
    """The contribution of one member on some lines.

    Attributes:
        name: its class, and its window if it has one.
        weight: its weight in the mixture.
        loss: loss of the member alone, in nats per character.
        best: share of characters for which it has the highest probability; ties go to the first
            member.
        without: rise of the mixture's loss when it is removed and the other weights are rescaled;
            inf if the others cannot predict the lines or there are none.
        by_place: at each position of a line, the member's mean share of the mixture's probability
            of the next character, over the lines that are long enough.
    """

    name: str
    weight: float
    loss: float
    best: float
    without: float
    by_place: tuple[float, ...]


def members_on(mixture: Mixture, c: Contexts) -> list[Member]:
    """Compute the contribution of each member on the contexts of at least one line."""
    each = np.stack([edge_log_probs(member, c) for member in mixture.members]).astype(np.float64)
    share = c.count / c.total
    best = each.argmax(axis=0)

    def loss(weights: Float64s) -> float:
        with np.errstate(divide="ignore"):
            log_probs = np.log((weights[:, None] / weights.sum() * np.exp(each)).sum(axis=0))
        return -float((share * log_probs).sum())

    whole, found = loss(mixture.weights), []
    by_place = _by_place(_responsibility(each, mixture.weights), c)
    for place, member in enumerate(mixture.members):
        left = np.where(np.arange(len(each)) == place, 0.0, mixture.weights)
        found.append(
            Member(
                _name(member),
                float(mixture.weights[place]),
                -float((share * each[place]).sum()),
                float(share[best == place].sum()),
                loss(left) - whole if left.any() and np.isfinite(loss(left)) else float("inf"),
                tuple(by_place[place].tolist()),
            )
        )
    return found


def _name(member: Model) -> str:
    """Return the name of a member."""
    own = member.model if isinstance(member, VocabularyAdapter) else member
    window = "" if own.window is None else f", window {own.window}"
    return f"{type(own).__name__}{window}"


def _responsibility(log_probs: Float64s, weights: Float64s) -> Float64s:
    """Return (members, M) each member's share of each edge's probability; 0 where that is 0."""
    best = log_probs.max(axis=0)
    parts = weights[:, None] * np.exp(log_probs - np.where(np.isfinite(best), best, 0.0))
    total = parts.sum(axis=0)
    found: Float64s = np.where(total > 0, parts / np.where(total > 0, total, 1.0), 0.0)
    return found


def _by_place(share: Float64s, c: Contexts) -> Float64s:
    """Return (members, places) the mean share of each member at each position, over lines."""
    lengths = np.diff(c.start)
    place = np.arange(len(c.edge)) - np.repeat(c.start[:-1], lengths)
    weight = np.repeat(c.line_weight, lengths)
    places = int(lengths.max())
    total = sum_by_index(place, weight, places)
    return np.stack([sum_by_index(place, weight * own[c.edge], places) / total for own in share])
