"""The torch half: a network's side of the likelihood, and how it answers in NumPy."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from makemore.corpus.contexts import Contexts
from makemore.likelihood import Floats
from makemore.window import Back, WindowModel


class _NegativeLogLikelihood(torch.autograd.Function):
    """The sum over edges of -count log p, whose gradient is weight * softmax(logits) - counts."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, edge: Tensor, count: Tensor, weight: Tensor) -> Tensor:
        log_probs = logits.log_softmax(dim=1)
        ctx.save_for_backward(log_probs, edge, count, weight)
        return -(log_probs.view(-1)[edge] @ count)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        log_probs, edge, count, weight = ctx.saved_tensors
        slope = log_probs.exp() * weight[:, None]
        slope.view(-1)[edge] -= count  # edges are distinct: nothing is lost
        return slope * grad, None, None, None


def negative_log_likelihood(logits: Tensor, c: Contexts) -> Tensor:
    """Sums the negative log-likelihood of the lines behind these contexts.

    Written out because its gradient needs nothing but the softmax, and because it never holds the
    counts as a full (N, V) table.

    Args:
        logits: (N, V) float32, not normalised.
        c: the contexts that the logits are for.

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
    edge = torch.from_numpy(c.row.astype(np.int64) * c.vocabulary_size + c.next)
    count, weight = (torch.from_numpy(x.astype(np.float32)) for x in (c.count, c.weight))
    where = logits.device
    total: Tensor = _NegativeLogLikelihood.apply(  # type: ignore[no-untyped-call]
        logits, edge.to(where), count.to(where), weight.to(where)
    )
    return total


class Network(nn.Module):
    """What every network adds to its `forward`: a seeded start, and its weights as arrays."""

    @abstractmethod
    def forward(self, c: Contexts) -> Tensor:
        """(N, V) logits of the next id in each context."""

    @abstractmethod
    def initialise(self, rng: torch.Generator) -> Self:
        """Draws fresh weights."""

    def penalty(self) -> Tensor | None:
        """What is added to the mean loss, or None for nothing."""
        return None

    def tensors(self) -> Mapping[str, NDArray[Any]]:
        """See `Model.tensors`."""
        return {name: value.detach().cpu().numpy() for name, value in self.state_dict().items()}

    def load(self, tensors: Mapping[str, NDArray[Any]]) -> Self:
        """See `Model.load`."""
        self.load_state_dict({name: torch.from_numpy(value) for name, value in tensors.items()})
        return self


class WindowNetwork(Network, WindowModel):
    """A network that looks back K characters."""

    def log_probs_at(self, back: Back) -> Floats:
        """See `WindowModel.log_probs_at`."""
        with torch.inference_mode():
            logits = self(Contexts.of_windows(back, self.vocabulary_size, self.label_count))
            log_probs: Floats = logits.log_softmax(dim=1).cpu().numpy()
        return log_probs


def look_up(table: Tensor, ids: NDArray[np.int32]) -> Tensor:
    """Gives the rows of a table for some ids: (..., E) from (V, E) and (...)."""
    return nn.functional.embedding(torch.from_numpy(ids).to(table.device), table)
