"""Contribution of each member to a mixture: its weight, its loss, and the rise without it."""

from typing import NamedTuple

import numpy as np

from makemore.arrays import Float64s, sum_by_index
from makemore.contexts.table import Contexts
from makemore.inference.likelihood import edge_log_probs
from makemore.inference.likelihood import loss as mean_loss
from makemore.inference.model import Model
from makemore.inference.vocabulary_adapter import VocabularyAdapter
from makemore.models.log_linear import LogLinearMixture
from makemore.models.mixture import Mixture


class Member(NamedTuple):
    """The contribution of one member on some lines.

    Attributes:
        name: its class, and its window if it has one.
        weight: its weight in the mixture; of a log-linear one, in the linear mixture of the same
            members.
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


def measure_members(mixture: Mixture, c: Contexts) -> list[Member]:
    """Compute the contribution of each member on the contexts of at least one line."""
    log_probs = np.stack([edge_log_probs(each, c) for each in mixture.members]).astype(np.float64)
    edge_shares = c.count / c.total
    best = log_probs.argmax(axis=0)

    def loss(weights: Float64s) -> float:
        with np.errstate(divide="ignore"):
            mixed = np.log((weights[:, None] / weights.sum() * np.exp(log_probs)).sum(axis=0))
        return -float((edge_shares * mixed).sum())

    def loss_without(index: int) -> float:
        """Return the loss of the mixture without a member; inf if no other member is left."""
        if isinstance(mixture, LogLinearMixture):
            others = mixture.without(index)
            return mean_loss(others, c) if others else float("inf")
        weights = np.where(np.arange(len(log_probs)) == index, 0.0, mixture.weights)
        return loss(weights) if weights.any() else float("inf")

    is_log_linear = isinstance(mixture, LogLinearMixture)
    mixture_loss = mean_loss(mixture, c) if is_log_linear else loss(mixture.weights)
    contributions = []
    by_position = _mean_by_position(_responsibility(log_probs, mixture.weights), c)
    for index, member in enumerate(mixture.members):
        without = loss_without(index)
        contributions.append(
            Member(
                _name(member),
                float(mixture.weights[index]),
                -float((edge_shares * log_probs[index]).sum()),
                float(edge_shares[best == index].sum()),
                without - mixture_loss if np.isfinite(without) else float("inf"),
                tuple(by_position[index].tolist()),
            )
        )
    return contributions


def _name(member: Model) -> str:
    """Return the name of a member."""
    model = member.model if isinstance(member, VocabularyAdapter) else member
    window = "" if model.window is None else f", window {model.window}"
    return f"{type(model).__name__}{window}"


def _responsibility(log_probs: Float64s, weights: Float64s) -> Float64s:
    """Return (members, M) each member's share of each edge's probability; 0 where that is 0."""
    highest = log_probs.max(axis=0)
    shift = np.where(np.isfinite(highest), highest, 0.0)
    joint = weights[:, None] * np.exp(log_probs - shift)
    total = joint.sum(axis=0)
    shares: Float64s = np.where(total > 0, joint / np.where(total > 0, total, 1.0), 0.0)
    return shares


def _mean_by_position(shares: Float64s, c: Contexts) -> Float64s:
    """Return (members, T) the mean share of each member at each position, over lines."""
    lengths = np.diff(c.start)
    position = np.arange(len(c.edge)) - np.repeat(c.start[:-1], lengths)
    weight = np.repeat(c.line_weight, lengths)
    longest = int(lengths.max())
    total = sum_by_index(position, weight, longest)
    return np.stack(
        [sum_by_index(position, weight * share[c.edge], longest) / total for share in shares]
    )
