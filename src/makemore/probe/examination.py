"""A model examined: all its networks, on some lines or without, with verdicts in words."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float32s, Float64s
from makemore.contexts.table import Contexts
from makemore.errors import DataError
from makemore.inference.model import Model, Tensors, members
from makemore.inference.vocabulary_adapter import VocabularyAdapter
from makemore.layers.network import Network
from makemore.models.mixture import Mixture
from makemore.models.transformer import Transformer
from makemore.probe.attention import attention_of
from makemore.probe.layers import Layers, layers_of
from makemore.probe.members import Member, members_on
from makemore.probe.norms import Norm, batch_mates, norms_of
from makemore.probe.recording import Curve, Recording, shapes_of
from makemore.probe.verdicts import (
    ENOUGH,
    Verdict,
    verdicts_on_curve,
    verdicts_on_layers,
    verdicts_on_norms,
)

Ask = Callable[[int | None], Contexts]  # lines, as a window shows them


@dataclass(frozen=True, eq=False)
class NetworkProbe:
    """One network examined.

    Attributes:
        name: what it is called: of a mixture, its place and class.
        network: the network.
        ids: (V + labels,) for each id that the network knows, what the model calls it.
        curve: its training, where that was recorded.
        layers: its activations and gradients, where it was asked about lines.
        norms: its batch normalisation, likewise.
        mates: a line's loss among several batch-mates while training, likewise; None without batch
            normalisation or a choice of them. See `makemore.probe.norms.batch_mates`.
        attention: (L, heads, T, T) where a Transformer looks along one line, where it was asked.
            See `makemore.probe.attention.attention_of`.
        read: (T,) what the model calls that which it has read at each place of that line.
        verdicts: what is wrong with it.
        has_few: whether it was asked about lines, too few to say what is wrong with its layers.
    """

    name: str
    network: Network
    ids: NDArray[np.int64]
    curve: Curve | None
    layers: Layers | None
    norms: list[Norm]
    mates: Float64s | None
    attention: Float32s | None
    read: NDArray[np.int64] | None
    verdicts: list[Verdict] = field(default_factory=list)
    has_few: bool = False


@dataclass(frozen=True, eq=False)
class Examination:
    """A model examined.

    Attributes:
        tensors: everything learned, as named arrays; none that is empty.
        networks: its networks, in their order; none for counted models.
        members: what each member of a mixture is good for, where it was asked about lines.
    """

    tensors: Tensors
    networks: list[NetworkProbe]
    members: list[Member]


def examine(
    model: Model,
    contexts: Ask | None = None,
    recording: Recording | None = None,
    line: Ask | None = None,
) -> Examination:
    """Examines a model with all its networks.

    Args:
        model: a fitted model.
        contexts: gives lines as a window shows them, few enough to be asked at once; or None.
        recording: of its training, or None.
        line: likewise gives one line, to see where Transformers look; or None.

    Raises:
        DataError: the recording is of another model.
    """
    networks = _networks_of(model)
    curves: list[Curve | None] = [None] * len(networks)
    if recording is not None:
        own = [shapes_of(each.network) for each in networks]
        if own != [curve.shapes for curve in recording.curves]:
            raise DataError(
                "the recording is of another model: its tensors are not this one's; give the one "
                "that was made when this model was trained"
            )
        curves = list(recording.curves)
    probes = [
        _probe(each, curve, contexts, line) for each, curve in zip(networks, curves, strict=True)
    ]
    on_lines = []
    if isinstance(model, Mixture) and contexts is not None:
        on_lines = members_on(model, contexts(model.window))
    tensors = {name: value for name, value in model.tensors().items() if value.size}
    return Examination(tensors, probes, on_lines)


class _NamedNetwork(NamedTuple):
    """A network of a model, and the member of the model that it answers as.

    They are one object, unless the member adapts the network to the model's vocabulary.
    """

    name: str
    member: Model
    network: Network


def _networks_of(model: Model) -> list[_NamedNetwork]:
    """Return the networks among the members of a model; a mixture's with their places."""
    networks, each = [], members(model)
    for place, member in enumerate(each):
        network = member.model if isinstance(member, VocabularyAdapter) else member
        if isinstance(network, Network):
            name = type(network).__name__
            is_only = len(each) == 1
            named = name if is_only else f"member {place}, {name}"
            networks.append(_NamedNetwork(named, member, network))
    return networks


def _probe(
    of: _NamedNetwork, curve: Curve | None, contexts: Ask | None, line: Ask | None
) -> NetworkProbe:
    """Examine one network, with its verdicts."""
    name, member, network = of
    c, along = contexts and contexts(member.window), None
    ids = np.arange(network.vocabulary_size + network.label_count)
    if isinstance(network, Transformer) and line is not None:
        along = line(None)
    if isinstance(member, VocabularyAdapter):
        ids = member.wider
        c, along = (None if each is None else member.own(each) for each in (c, along))
    attention, read = None, None
    if isinstance(network, Transformer) and along is not None:
        attention, read = attention_of(network, along), ids[along.last]
    verdicts = [] if curve is None else list(verdicts_on_curve(curve, network.vocabulary_size))
    seen = (attention, read, verdicts)
    if c is None:
        return NetworkProbe(name, network, ids, curve, None, [], None, *seen)
    layers, norms = layers_of(network, c), norms_of(network, c)
    mates = batch_mates(network, c) if norms and len(c.line_weight) > 2 else None
    has_few = len(c.edge) < ENOUGH
    if not has_few:
        verdicts += [*verdicts_on_layers(layers), *verdicts_on_norms(norms)]
    return NetworkProbe(name, network, ids, curve, layers, norms, mates, *seen, has_few)
