"""Activations and gradients of each layer of a network, on some lines.

Only activations that the network computes with a module are recorded. The network is in evaluation
mode: without dropout, and with the running averages of its normalisation.

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

# Names of the activation functions.
KINDS = {nn.Tanh: "tanh", nn.Sigmoid: "sigmoid", nn.ReLU: "relu", nn.GELU: "gelu"}
SIGMOIDAL = ("tanh", "sigmoid")  # they saturate at both ends
_SATURATION_THRESHOLD = 0.97  # |tanh| above which a unit is saturated


def is_saturated(kind: str, x: Tensor) -> Tensor:
    """Return bool, where activations are saturated or inactive, so almost no gradient passes.

    A tanh is saturated above 0.97 in magnitude, and a sigmoid s if |2 s - 1| is above 0.97. A relu
    or gelu is inactive if its output is not above zero; an inactive gelu still passes a little.
    """
    if kind == "tanh":
        return x.abs() > _SATURATION_THRESHOLD
    if kind == "sigmoid":
        return (2 * x - 1).abs() > _SATURATION_THRESHOLD
    return x <= 0


@dataclass(frozen=True, eq=False)
class Activations:
    """One layer of activations.

    Attributes:
        name: name of the module, as in the network's equations.
        kind: `tanh`, `sigmoid`, `relu` or `gelu`.
        values: (n, H) float32, one row for each context; in layers that fuse distinct chunks, one
            row for each chunk.
        gradients: (n, H) float32, gradients of the mean loss, in nats per character.
    """

    name: str
    kind: str
    values: Float32s
    gradients: Float32s

    @property
    def saturation_mask(self) -> NDArray[np.bool_]:
        """(n, H) bool, where the activation is saturated or inactive; see `is_saturated`."""
        mask: NDArray[np.bool_] = is_saturated(self.kind, torch.from_numpy(self.values)).numpy()
        return mask

    @property
    def saturated(self) -> float:
        """Share of activations that are saturated or inactive."""
        return float(self.saturation_mask.mean())

    @property
    def dead(self) -> NDArray[np.int64]:
        """Indices of dead units: saturated or inactive in every row, so no line can change them.

        A gelu layer has none, as a gelu still passes a little gradient below zero.
        """
        if self.kind == "gelu":
            return np.zeros(0, np.int64)
        return np.flatnonzero(self.saturation_mask.all(axis=0))

    @property
    def gradient(self) -> float:
        """Standard deviation of the gradients, rescaled by the number of rows n.

        The rescaling makes layers comparable: gradients of the mean loss shrink as n grows.
        """
        return float(self.gradients.std()) * len(self.gradients)


@dataclass(frozen=True, eq=False)
class Weights:
    """One tensor of parameters.

    Attributes:
        name: name as in the network's equations.
        values: the parameters.
        gradients: gradients of the mean loss, in nats per character.
    """

    name: str
    values: Float32s
    gradients: Float32s

    @property
    def gradient_to_data(self) -> float:
        """Ratio of the standard deviations of gradients and values; NaN for constant values."""
        return std_ratio(self.gradients, self.values)


@dataclass(frozen=True, eq=False)
class Layers:
    """The layers of a network, with activations and gradients on some lines.

    Attributes:
        loss: mean loss, in nats per character.
        activations: layers of activations, in the order of the forward pass.
        weights: parameters, in the network's order.
    """

    loss: float
    activations: list[Activations]
    weights: list[Weights]


def layers_of(network: Network, c: Contexts) -> Layers:
    """Run a network forward and backward on contexts, and return its activations and gradients.

    The parameters do not change. The network is left in evaluation mode with gradients reset.

    Args:
        network: any network, on any device.
        c: contexts of at least one line, few enough for one batch.
    """
    network.eval()
    network.zero_grad()
    with _recorded_activations(network) as outputs_by_layer:
        loss = negative_log_likelihood(network(c), c) / c.total
        loss.backward()  # type: ignore[no-untyped-call]
    activations = [
        Activations(
            name, kind, _concatenate(outputs), _concatenate([_gradient(x) for x in outputs])
        )
        for (name, kind), outputs in outputs_by_layer.items()
    ]
    weights = [
        Weights(
            name,
            _to_array(p.detach()),
            _to_array(torch.zeros_like(p) if p.grad is None else p.grad),
        )
        for name, p in network.named_parameters()
        if p.numel()
    ]
    network.zero_grad()
    return Layers(loss.item(), activations, weights)


def std_ratio(numerator: Float32s, denominator: Float32s) -> float:
    """Return the ratio of two standard deviations; NaN if `denominator` is constant."""
    std = float(denominator.std())
    return float(numerator.std()) / std if std > 0 else float("nan")


def add_activation_hooks(
    network: Network, callback: Callable[[str, str, Tensor], None]
) -> list[RemovableHandle]:
    """Register a callback on every activation module of a network.

    Args:
        network: any network.
        callback: called at each forward pass with the module's name, its kind and its output.

    Returns:
        Handles; remove them to stop the calls.
    """
    handles = []
    for name, module in network.named_modules():
        kind = KINDS.get(type(module))
        if kind is None:
            continue

        def hook(_: nn.Module, __: object, x: Tensor, name: str = name, kind: str = kind) -> None:
            callback(name, kind, x)

        handles.append(module.register_forward_hook(hook))
    return handles


@contextmanager
def _recorded_activations(network: Network) -> Iterator[dict[tuple[str, str], list[Tensor]]]:
    """Collect the outputs of activation modules, and their gradients, within a context."""
    outputs_by_layer: dict[tuple[str, str], list[Tensor]] = {}

    def record(name: str, kind: str, x: Tensor) -> None:
        x.retain_grad()
        outputs_by_layer.setdefault((name, kind), []).append(x)

    handles = add_activation_hooks(network, record)
    try:
        yield outputs_by_layer
    finally:
        for handle in handles:
            handle.remove()


def _concatenate(tensors: list[Tensor]) -> Float32s:
    """Return (n, H) the rows of all tensors."""
    return np.concatenate([_to_array(x.detach()).reshape(-1, x.shape[-1]) for x in tensors])


def _gradient(x: Tensor) -> Tensor:
    """Return the gradient of a tensor; zeros if there is none."""
    return torch.zeros_like(x) if x.grad is None else x.grad


def _to_array(x: Tensor) -> Float32s:
    """Return a float32 copy as an array."""
    array: Float32s = x.cpu().numpy().astype(np.float32, copy=True)
    return array
