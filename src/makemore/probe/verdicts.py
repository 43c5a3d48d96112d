"""Verdicts on a network: each names a problem, its effect and a remedy.

The limits are far outside the values of all families of this package when they are trained with
default settings (docs/decisions), so that false alarms are rare.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from makemore.probe.layers import SIGMOIDAL, Activations, Layers
from makemore.probe.norms import Norm
from makemore.probe.recording import Curve

# Nats between the first loss and that of the uniform distribution; further below it, the network
# was already trained.
_FIRST_LOSS_MARGIN = 0.5
_MAX_INITIAL_SATURATION = 0.25  # share of a tanh or sigmoid layer, in a fresh network
_MAX_SATURATION = 0.95  # share of a tanh or sigmoid layer, in a trained network
_MAX_INACTIVE = 0.9  # share of a relu or gelu layer
_MAX_GRADIENT_RATIO = 100.0  # largest gradient of a layer over the smallest
_MIN_UPDATE, _MAX_UPDATE = -4.0, -1.0  # log10 of the update-to-weight ratio
_MAX_MEAN_DISTANCE = 0.5  # standard deviations between running and calibrated means
_MAX_DEV_RISE = 0.03  # nats above the best dev loss
MIN_CHARACTERS = 256  # minimum for verdicts on layers: on fewer, units look dead by chance
_SMALLER_INITIALISATION = (
    "initialise the weights before it with a smaller standard deviation (gain / sqrt(fan-in)), or "
    "add normalisation"
)
_NO_GRADIENT = "almost no gradient passes through a saturated activation"


class Verdict(NamedTuple):
    """One problem of a network.

    Attributes:
        what: the symptom, with its measured value.
        why: its effect.
        cure: the remedy to try.
    """

    what: str
    why: str
    cure: str


def verdicts_on_curve(curve: Curve, vocabulary_size: int) -> Iterator[Verdict]:
    """Yield verdicts on a training curve."""
    expected, (_, first) = math.log(vocabulary_size), curve.loss[0]
    if first > expected + _FIRST_LOSS_MARGIN:
        yield Verdict(
            f"first loss {first:.2f}, expected {expected:.2f}",
            "the first predictions are confident and wrong, and the first steps only correct that",
            "initialise the weights of the last layer near zero, and its bias at zero",
        )
    is_fresh = first > expected - _FIRST_LOSS_MARGIN
    for name, (step, share) in ((name, points[0]) for name, points in curve.flat.items()):
        if is_fresh and curve.kinds[name] in SIGMOIDAL and share > _MAX_INITIAL_SATURATION:
            yield Verdict(
                f"{name} ({curve.kinds[name]}): {share:.0%} saturated at step {step}",
                _NO_GRADIENT,
                _SMALLER_INITIALISATION,
            )
    yield from _verdicts_on_updates(curve)
    if curve.dev:
        best_step, best = min(curve.dev, key=lambda point: point[1])
        last_step, last = curve.dev[-1]
        if best > expected:
            yield Verdict(
                f"best dev loss {best:.4f}, uniform distribution {expected:.4f}",
                "the network does not generalise: on held-out lines it is worse than the uniform "
                "distribution",
                "use more lines or a count model; if the training loss hardly falls either, change "
                "the learning rate",
            )
        if last > best + _MAX_DEV_RISE:
            yield Verdict(
                f"dev loss {best:.4f} at step {best_step:,}, {last:.4f} at step {last_step:,}",
                "the network overfits after its best step (the best weights are kept)",
                "use fewer steps, more weight decay or dropout, a smaller network, or more lines",
            )


def _verdicts_on_updates(curve: Curve) -> Iterator[Verdict]:
    """Yield verdicts on the update-to-weight ratios.

    A matrix that starts near zero, like the last one, has large updates at first. So large updates
    count only if at least two matrices have them, and at least half of all: then the learning rate
    is too high.
    """
    medians = {
        name: float(np.median([size for _, size in updates]))
        for name, updates in curve.updates.items()
    }
    too_large = [name for name, size in medians.items() if size > _MAX_UPDATE]
    is_rate_too_high = len(too_large) > 1 and 2 * len(too_large) >= len(medians)
    for name, size in medians.items():
        if size < _MIN_UPDATE:
            yield Verdict(
                f"update-to-weight ratio of {name} is 10^{size:.1f}, "
                f"{10 ** (-3 - size):,.0f} times smaller than 10^-3",
                "it hardly learns",
                "raise the learning rate, or initialise its weights with a smaller standard "
                "deviation",
            )
        if is_rate_too_high and size > _MAX_UPDATE:
            yield Verdict(
                f"update-to-weight ratio of {name} is 10^{size:.1f}, "
                f"{10 ** (size + 3):,.0f} times larger than 10^-3",
                "the weights jump about instead of converging",
                "lower the learning rate",
            )


def verdicts_on_layers(layers: Layers) -> Iterator[Verdict]:
    """Yield verdicts on activations and gradients."""
    for layer in layers.activations:
        yield from _verdicts_on_layer(layer)
    gradients = [(layer.gradient, layer.name) for layer in layers.activations]
    if len(gradients) > 1:
        (smallest, smallest_name), (largest, largest_name) = min(gradients), max(gradients)
        if smallest * _MAX_GRADIENT_RATIO < largest:
            factor = f"{largest / smallest:,.0f} times" if smallest else "infinitely many times"
            yield Verdict(
                f"gradients at {smallest_name} are {factor} smaller than at {largest_name}",
                "the layers with small gradients hardly learn",
                "initialise weights with the standard deviation gain / sqrt(fan-in), add "
                "normalisation, or add residual connections",
            )


def _verdicts_on_layer(layer: Activations) -> Iterator[Verdict]:
    """Yield verdicts on one layer of activations."""
    is_sigmoidal = layer.kind in SIGMOIDAL
    if is_sigmoidal and layer.saturated > _MAX_SATURATION:
        yield Verdict(
            f"{layer.name} ({layer.kind}): {layer.saturated:.0%} saturated",
            _NO_GRADIENT,
            _SMALLER_INITIALISATION,
        )
    if not is_sigmoidal and layer.saturated > _MAX_INACTIVE:
        yield Verdict(
            f"{layer.name} ({layer.kind}): {layer.saturated:.0%} zero or below",
            "most of the layer is inactive and passes no gradient back",
            "lower the learning rate, initialise its bias higher, or add normalisation",
        )
    if len(layer.dead):
        units = ", ".join(map(str, layer.dead[:5].tolist())) + (", ..." * (len(layer.dead) > 5))
        yield Verdict(
            f"{layer.name} ({layer.kind}): {len(layer.dead)} of {layer.values.shape[1]} units are "
            f"dead (units {units})",
            "they are saturated or inactive for every line, so no line can change them",
            "initialise the weights before them with a smaller standard deviation, or lower the "
            "learning rate",
        )


def verdicts_on_norms(norms: list[Norm]) -> Iterator[Verdict]:
    """Yield verdicts on batch normalisation."""
    for norm in norms:
        if norm.distance > _MAX_MEAN_DISTANCE:
            yield Verdict(
                f"{norm.name}: running means are {norm.distance:.1f} standard deviations from the "
                "calibrated means of these lines",
                "outside training, the network normalises with the wrong statistics",
                "train for more steps, raise the momentum, or calibrate the statistics on the list",
            )
