"""What happens while a network is trained, sampled so that it costs next to nothing."""

import math
from dataclasses import dataclass, field
from typing import Any

import torch

_SAMPLES = 50  # of updates, over all steps


@dataclass
class Curve:
    """One network's training.

    Attributes:
        loss: each step's number and mean loss before it, nats per character.
        dev: likewise, the loss on the dev part after the step.
        updates: for each tensor of weights the numbers of the steps looked at, and how large the
            spread of the update was beside that of the numbers, as a logarithm to base 10.
    """

    loss: list[tuple[int, float]] = field(default_factory=list)
    dev: list[tuple[int, float]] = field(default_factory=list)
    updates: dict[str, list[tuple[int, float]]] = field(default_factory=dict)


class Recording:
    """Records each network's training: give it to `fit` as `on_step`.

    Attributes:
        curves: one for each network, in the order in which they were trained.

    Example:
        >>> from makemore import MakeMore
        >>> recording = Recording()
        >>> maker = MakeMore("mlp", steps=4).fit(["anna", "hannah", "otto"], on_step=recording)
        >>> [number for number, _ in recording.curves[0].loss]
        [1, 2, 3, 4]
    """

    def __init__(self, samples: int = _SAMPLES) -> None:
        """Looks at so many updates of each network."""
        self.curves: list[Curve] = []
        self._samples = samples
        self._network: Any = None
        self._done = 0  # steps of the networks before
        self._before: dict[str, torch.Tensor] = {}

    def __call__(self, step: Any) -> None:
        """Takes note of a step."""
        if step.network is not self._network:
            self._network, self._before, self._done = step.network, {}, step.number - 1
            self.curves.append(Curve())
        curve, number = self.curves[-1], step.number - self._done
        curve.loss.append((number, step.loss))
        if step.dev_loss is not None:
            curve.dev.append((number, step.dev_loss))
        every = max(1, step.steps // self._samples)
        with torch.no_grad():
            for name, before in self._before.items():
                after = step.network.get_parameter(name)
                curve.updates.setdefault(name, []).append((number, _size(after - before, before)))
            self._before = {}
            if (number + 1) % every == 0:
                matrices = [
                    (n, p) for n, p in step.network.named_parameters() if p.ndim > 1 and p.numel()
                ]
                self._before = {name: p.detach().clone() for name, p in matrices}


def _size(update: torch.Tensor, weights: torch.Tensor) -> float:
    """How large an update is beside the weights, as a logarithm to base 10."""
    share = float(update.std() / weights.std())
    return math.log10(share) if share > 0 and math.isfinite(share) else float("nan")
