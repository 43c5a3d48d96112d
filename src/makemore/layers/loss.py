"""Negative log-likelihood of a network's logits, with an explicit gradient."""

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from makemore.contexts.table import Contexts
from makemore.layers.network import to_device


class _AutogradContext(Protocol):
    """The context that `torch.autograd.Function` passes from forward to backward."""

    saved_tensors: tuple[Tensor, ...]

    def save_for_backward(self, *tensors: Tensor) -> None:
        """Save tensors for the backward pass."""


class _NegativeLogLikelihood(torch.autograd.Function):
    """The sum over edges of -count log p, whose gradient is weight * softmax(logits) - counts."""

    @staticmethod
    def forward(
        ctx: _AutogradContext, logits: Tensor, edge: Tensor, count: Tensor, weight: Tensor
    ) -> Tensor:
        log_probs = logits.log_softmax(dim=1)
        ctx.save_for_backward(log_probs, edge, count, weight)
        return -(log_probs.view(-1)[edge] @ count)

    @staticmethod
    def backward(ctx: _AutogradContext, grad: Tensor) -> tuple[Tensor, None, None, None]:
        log_probs, edge, count, weight = ctx.saved_tensors
        gradient = log_probs.exp() * weight[:, None]
        gradient.view(-1)[edge] -= count  # edges are distinct, so each is subtracted once
        return gradient * grad, None, None, None


def negative_log_likelihood(logits: Tensor, c: Contexts) -> Tensor:
    """Compute the negative log-likelihood of the lines that were counted in these contexts.

    The gradient is explicit: it needs only the softmax, and the counts are never held as a full
    (N, V) table.

    Args:
        logits: (N, V) float32, not normalised.
        c: the contexts of the logits.

    Returns:
        () float32, nats.

    Example:
        >>> from makemore.corpus.lines import Lines
        >>> from makemore.corpus.vocabulary import Vocabulary
        >>> lines = Lines.from_strings(["ab"])
        >>> c = Contexts.of(lines, Vocabulary.of(lines), window=1)
        >>> round(negative_log_likelihood(torch.zeros(3, 3), c).item(), 4)  # 3 ln 3
        3.2958
    """
    edge = to_device(c.row.astype(np.int64) * c.vocabulary_size + c.next, logits.device)
    count, weight = (to_device(x.astype(np.float32), logits.device) for x in (c.count, c.weight))
    total: Tensor = _NegativeLogLikelihood.apply(  # type: ignore[no-untyped-call]
        logits, edge, count, weight
    )
    return total
