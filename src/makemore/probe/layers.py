"""Activations and gradients, layer by layer, on some lines.

Activations are watched where a network calls a module for them; the network is as it is when it is
asked, without dropout and with the running averages of its normalisation.

Source of the statistics: the makemore lectures, "activations, gradients, BatchNorm".
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from makemore.arrays import Float32s
from makemore.contexts.table import Contexts
from makemore.layers.loss import negative_log_likelihood
from makemore.layers.network import Network

# What an activation is called, and from which size on it lets no gradient through.
KINDS = {nn.Tanh: "tanh", nn.Sigmoid: "sigmoid", nn.ReLU: "relu", nn.GELU: "gelu"}
CURVED = ("tanh", "sigmoid")  # those that are flat at both ends
_FLAT = 0.97


def is_flat(kind: str, x: Tensor) -> Tensor:
    """Bool: where an activation is saturated, or off: next to no gradient passes, of gelu little.

    |tanh| above 0.97; a sigmoid as near its ends; for relu and gelu what is not above zero.
    """
    if kind == "tanh":
        return x.abs() > _FLAT
    if kind == "sigmoid":
        return (2 * x - 1).abs() > _FLAT
    return x <= 0


@dataclass(frozen=True, eq=False)
class Activations:
    """One layer of activations.

    Attributes:
        name: of the module, after the network's equations.
        kind: `tanh`, `sigmoid`, `relu` or `gelu`.
        values: (n, H) float32, one row for each time it was asked: for each context, but for layers
            that fuse distinct chunks, which are asked once for each chunk.
        gradients: (n, H) float32, of the mean loss, nats per character.
    """

    name: str
    kind: str
    values: Float32s
    gradients: Float32s

    @property
    def flat(self) -> NDArray[np.bool_]:
        """(n, H) bool: where it is saturated or off; see `is_flat`."""
        found: NDArray[np.bool_] = is_flat(self.kind, torch.from_numpy(self.values)).numpy()
        return found

    @property
    def saturated(self) -> float:
        """The share of numbers that are flat."""
        return float(self.flat.mean())

    @property
    def dead(self) -> NDArray[np.int64]:
        """The units that are flat for every row: they can learn nothing from these lines.

        None of gelu: below zero it still passes a little on, and back.
        """
        if self.kind == "gelu":
            return np.zeros(0, np.int64)
        return np.flatnonzero(self.flat.all(axis=0))

    @property
    def gradient(self) -> float:
        """The spread of the gradients, each that of its row's own loss.

        Those of the mean loss are the smaller, the more often a layer is asked.
        """
        return float(self.gradients.std()) * len(self.gradients)


@dataclass(frozen=True, eq=False)
class Weights:
    """One tensor of parameters.

    Attributes:
        name: as in the network's equations.
        values: the numbers.
        gradients: of the mean loss, nats per character.
    """

    name: str
    values: Float32s
    gradients: Float32s

    @property
    def gradient_to_data(self) -> float:
        """The spread of the gradients over that of the numbers; NaN where all are alike."""
        return ratio(self.gradients, self.values)


@dataclass(frozen=True, eq=False)
class Layers:
    """A network on some lines.

    Attributes:
        loss: mean, nats per character.
        activations: in the order in which they are asked.
        weights: in the network's order.
    """

    loss: float
    activations: list[Activations]
    weights: list[Weights]


def layers_of(network: Network, c: Contexts) -> Layers:
    """Asks a network about contexts, forwards and backwards; it stays as it was.

    Args:
        network: any, on any device.
        c: at least one line, few enough to be asked at once.
    """
    network.eval()
    network.zero_grad()
    with _watched(network) as seen:
        loss = negative_log_likelihood(network(c), c) / c.total
        loss.backward()  # type: ignore[no-untyped-call]
    found = [
        Activations(name, kind, _joined(outputs), _joined([_gradient(x) for x in outputs]))
        for (name, kind), outputs in seen.items()
    ]
    weights = [
        Weights(name, _array(p.detach()), _array(torch.zeros_like(p) if p.grad is None else p.grad))
        for name, p in network.named_parameters()
        if p.numel()
    ]
    network.zero_grad()
    return Layers(loss.item(), found, weights)


def ratio(above: Float32s, below: Float32s) -> float:
    """The standard deviation of some numbers over that of others; NaN where those are all alike."""
    spread = float(below.std())
    return float(above.std()) / spread if spread > 0 else float("nan")


def watch(network: Network, see: Callable[[str, str, Tensor], None]) -> list[RemovableHandle]:
    """Has every activation seen whenever the network is asked, until the handles are removed.

    Args:
        network: any.
        see: called with the module's name, its kind and what it gives.
    """
    handles = []
    for name, module in network.named_modules():
        kind = KINDS.get(type(module))
        if kind is None:
            continue

        def hook(_: nn.Module, __: object, x: Tensor, name: str = name, kind: str = kind) -> None:
            see(name, kind, x)

        handles.append(module.register_forward_hook(hook))
    return handles


@contextmanager
def _watched(network: Network) -> Iterator[dict[tuple[str, str], list[Tensor]]]:
    """Collects what modules of activations give, each time they are asked."""
    seen: dict[tuple[str, str], list[Tensor]] = {}

    def keep(name: str, kind: str, x: Tensor) -> None:
        x.retain_grad()
        seen.setdefault((name, kind), []).append(x)

    handles = watch(network, keep)
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _joined(tensors: list[Tensor]) -> Float32s:
    """(n, H) all rows."""
    return np.concatenate([_array(x.detach()).reshape(-1, x.shape[-1]) for x in tensors])


def _gradient(x: Tensor) -> Tensor:
    """The gradient that came back, or zeros where none did."""
    return torch.zeros_like(x) if x.grad is None else x.grad


def _array(x: Tensor) -> Float32s:
    """The numbers, copied."""
    found: Float32s = x.cpu().numpy().astype(np.float32, copy=True)
    return found
