"""Examination of a model and all its networks, with verdicts in words."""

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

Ask = Callable[[int | None], Contexts]  # contexts of lines for a window


@dataclass(frozen=True, eq=False)
class NetworkProbe:
    """The examination of one network.

    Attributes:
        name: its class; in a mixture, its index and class.
        network: the network.
        ids: (V + labels,) the model's id for each id of the network.
        curve: its training curve, or None without a recording.
        layers: its activations and gradients on the lines given, or None without lines.
        norms: its batch normalisation layers on these lines.
        mates: the loss of a line in several random training batches; None without lines, without
            batch normalisation or with at most two lines. See `makemore.probe.norms.batch_mates`.
        attention: (L, heads, T, T) attention of a Transformer along one line, or None without it.
            See `makemore.probe.attention.attention_of`.
        read: (T,) the model's id of the last character read at each position of that line.
        verdicts: its problems.
        has_few: whether lines were given, but too few for verdicts on its layers.
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
    """The examination of a model.

    Attributes:
        tensors: the fitted tensors by name, without empty ones.
        networks: its networks in order; empty for counted models.
        members: contribution of each member of a mixture; empty without lines.
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
    """Examine a model with all its networks.

    Args:
        model: a fitted model.
        contexts: returns the contexts of some lines for a window, few enough for one batch; or
            None.
        recording: the recording of its training, or None.
        line: returns the contexts of one line for a window, for the attention of Transformers; or
            None.

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
    """A network of a model, and the member of the model that contains it.

    They are the same object, unless the member adapts the network to the model's vocabulary.
    """

    name: str
    member: Model
    network: Network


def _networks_of(model: Model) -> list[_NamedNetwork]:
    """Return the networks of a model; in a mixture, their names include the member index."""
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
    """Examine one network and add its verdicts."""
    name, member, network = of
    c, along = contexts and contexts(member.window), None
    ids = np.arange(network.vocabulary_size + network.label_count)
    if isinstance(network, Transformer) and line is not None:
        along = line(None)
    if isinstance(member, VocabularyAdapter):
        ids = member.wide_ids
        c, along = (None if each is None else member.own_lines(each) for each in (c, along))
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
