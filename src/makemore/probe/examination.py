"""Examination of a model and all its networks, with verdicts in words."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
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
from makemore.probe.members import Member, measure_members
from makemore.probe.norms import Norm, norms_of, random_batch_losses
from makemore.probe.recording import Curve, Recording, shapes_of
from makemore.probe.verdicts import (
    MIN_CHARACTERS,
    Verdict,
    verdicts_on_curve,
    verdicts_on_layers,
    verdicts_on_norms,
)

ContextsForWindow = Callable[[int | None], Contexts]  # returns contexts for a window


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
        batch_losses: the loss of a line in several random training batches; None without lines,
            without batch normalisation or with at most two lines. See
            `makemore.probe.norms.random_batch_losses`.
        attention: (L, heads, T, T) attention of a Transformer along one line, or None without it.
            See `makemore.probe.attention.attention_of`.
        line_ids: (T,) the model's id of the last character read at each position of that line.
        verdicts: its problems.
        has_too_few_lines: whether lines were given, but too few for verdicts on its layers.
    """

    name: str
    network: Network
    ids: NDArray[np.int64]
    curve: Curve | None
    layers: Layers | None
    norms: list[Norm]
    batch_losses: Float64s | None
    attention: Float32s | None
    line_ids: NDArray[np.int64] | None
    verdicts: list[Verdict] = field(default_factory=list)
    has_too_few_lines: bool = False


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

    def without_verdicts(self) -> "Examination":
        """Return the examination without verdicts, which suit networks trained from scratch."""
        return replace(self, networks=[replace(each, verdicts=[]) for each in self.networks])


def examine(
    model: Model,
    contexts: ContextsForWindow | None = None,
    recording: Recording | None = None,
    line: ContextsForWindow | None = None,
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
        shapes = [shapes_of(each.network) for each in networks]
        if shapes != [curve.shapes for curve in recording.curves]:
            raise DataError(
                "the recording is of another model: the shapes of its tensors differ; give the "
                "recording of this model's training"
            )
        curves = list(recording.curves)
    probes = [
        _examine_network(each, curve, contexts, line)
        for each, curve in zip(networks, curves, strict=True)
    ]
    contributions = []
    if isinstance(model, Mixture) and contexts is not None:
        contributions = measure_members(model, contexts(model.window))
    tensors = {name: value for name, value in model.tensors().items() if value.size}
    return Examination(tensors, probes, contributions)


class _NamedNetwork(NamedTuple):
    """A network of a model, and the member of the model that contains it.

    They are the same object, unless the member adapts the network to the model's vocabulary.
    """

    name: str
    member: Model
    network: Network


def _networks_of(model: Model) -> list[_NamedNetwork]:
    """Return the networks of a model; in a mixture, their names include the member index."""
    networks, all_members = [], members(model)
    for index, member in enumerate(all_members):
        network = member.model if isinstance(member, VocabularyAdapter) else member
        if isinstance(network, Network):
            name = type(network).__name__
            is_only = len(all_members) == 1
            full_name = name if is_only else f"member {index}, {name}"
            networks.append(_NamedNetwork(full_name, member, network))
    return networks


def _examine_network(
    named: _NamedNetwork,
    curve: Curve | None,
    contexts: ContextsForWindow | None,
    line: ContextsForWindow | None,
) -> NetworkProbe:
    """Examine one network and add its verdicts."""
    name, member, network = named
    c, line_contexts = contexts and contexts(member.window), None
    ids = np.arange(network.vocabulary_size + network.label_count)
    if isinstance(network, Transformer) and line is not None:
        line_contexts = line(None)
    if isinstance(member, VocabularyAdapter):
        ids = member.wide_ids
        c, line_contexts = (
            None if each is None else member.own_lines(each) for each in (c, line_contexts)
        )
    attention, line_ids = None, None
    if isinstance(network, Transformer) and line_contexts is not None:
        attention, line_ids = attention_of(network, line_contexts), ids[line_contexts.last]
    verdicts = [] if curve is None else list(verdicts_on_curve(curve, network.vocabulary_size))
    common = (attention, line_ids, verdicts)
    if c is None:
        return NetworkProbe(name, network, ids, curve, None, [], None, *common)
    layers, norms = layers_of(network, c), norms_of(network, c)
    batch_losses = random_batch_losses(network, c) if norms and len(c.line_weight) > 2 else None
    has_too_few_lines = len(c.edge) < MIN_CHARACTERS
    if not has_too_few_lines:
        verdicts += [*verdicts_on_layers(layers), *verdicts_on_norms(norms)]
    return NetworkProbe(
        name, network, ids, curve, layers, norms, batch_losses, *common, has_too_few_lines
    )
