"""A model examined: all its networks, on some lines or without, with verdicts in words."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.contexts import Contexts
from makemore.layers.network import Network
from makemore.likelihood import Model, Tensors
from makemore.models.mixture import Mixture
from makemore.probe.layers import Layers, layers_of
from makemore.probe.mixing import Member, members_on
from makemore.probe.norms import Norm, batch_mates, norms_of
from makemore.probe.recording import Curve, Recording
from makemore.probe.verdicts import (
    Verdict,
    verdicts_on_curve,
    verdicts_on_layers,
    verdicts_on_norms,
)
from makemore.translated import Translated


@dataclass(frozen=True, eq=False)
class NetworkProbe:
    """One network examined.

    Attributes:
        name: what it is called: of a mixture, its place and class.
        network: the network.
        curve: its training, where that was recorded.
        layers: its activations and gradients, where it was asked about lines.
        norms: its batch normalisation, likewise.
        mates: a line's loss among several batch-mates while training, likewise; None without batch
            normalisation. See `makemore.probe.norms.batch_mates`.
        verdicts: what is wrong with it.
    """

    name: str
    network: Network
    curve: Curve | None
    layers: Layers | None
    norms: list[Norm]
    mates: NDArray[np.float64] | None
    verdicts: list[Verdict] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Examination:
    """A model examined.

    Attributes:
        tensors: everything learned, as named arrays.
        networks: its networks, in their order; none for counted models.
        members: what each member of a mixture is good for, where it was asked about lines.
    """

    tensors: Tensors
    networks: list[NetworkProbe]
    members: list[Member]


def examine(
    model: Model,
    contexts: Callable[[int | None], Contexts] | None = None,
    recording: Recording | None = None,
) -> Examination:
    """Examines a model with all its networks.

    Args:
        model: a fitted model.
        contexts: gives lines as a window shows them, few enough to be asked at once; or None.
        recording: of its training, or None.
    """
    parts: list[Any] = getattr(model, "members", [model])
    networks: list[NetworkProbe] = []
    for place, part in enumerate(parts):
        network: Any = part.model if isinstance(part, Translated) else part
        if not isinstance(network, Network):
            continue
        family = type(network).__name__
        name = family if len(parts) == 1 else f"member {place}, {family}"
        curve = None if recording is None else recording.curves[len(networks)]
        c = None if contexts is None else contexts(part.window)
        if c is not None and isinstance(part, Translated):
            c = part.own(c)
        networks.append(_examined(name, network, c, curve))
    members = []
    if isinstance(model, Mixture) and contexts is not None:
        members = members_on(model, contexts(model.window))
    return Examination(model.tensors(), networks, members)


def _examined(name: str, network: Network, c: Contexts | None, curve: Curve | None) -> NetworkProbe:
    """One network, with what is wrong with it."""
    verdicts = [] if curve is None else list(verdicts_on_curve(curve, network.vocabulary_size))
    if c is None:
        return NetworkProbe(name, network, curve, None, [], None, verdicts)
    layers, norms = layers_of(network, c), norms_of(network, c)
    mates = batch_mates(network, c) if norms and len(c.line_weight) > 1 else None
    verdicts += [*verdicts_on_layers(layers), *verdicts_on_norms(norms)]
    return NetworkProbe(name, network, curve, layers, norms, mates, verdicts)
