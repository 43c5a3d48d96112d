"""Verdicts on a network: each names a problem, its effect and a remedy.

The limits are far outside the values of all families of this package when they are trained with
default settings (docs/decisions), so that false alarms are rare.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from makemore.probe.layers import CURVED, Activations, Layers
from makemore.probe.norms import Norm
from makemore.probe.recording import Curve

_CONFIDENT = 0.5  # nats that a first loss may be above that of guessing; below it, it has learned
_STARTS_SATURATED = 0.25  # of the numbers of a layer of tanh or sigmoid, before it has learned
_SATURATED = 0.95  # of them once it has
_OFF = 0.9  # of the numbers of a layer of relu or gelu
_FADES = 100.0  # times that gradients may shrink from layer to layer in all
_SMALL, _LARGE = -4.0, -1.0  # sizes of updates beside the weights, logarithms to base 10
_TRAILS = 0.5  # standard deviations between running and calibrated means
_BY_HEART = 0.03  # nats that the dev loss may rise again
ENOUGH = 256  # characters from which on lines tell what is wrong: on few, units rest by chance
_DRAWN_SMALLER = (
    "draw the weights before it smaller (gain over the root of the fan-in), or normalise"
)


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
    if first > expected + _CONFIDENT:
        yield Verdict(
            f"first loss {first:.2f}, expected {expected:.2f}",
            "the last layer starts confident, and wrong: the first steps only unlearn that",
            "draw its weights smaller, near zero, and its bias as zero",
        )
    is_fresh = first > expected - _CONFIDENT
    for name, (step, share) in ((name, points[0]) for name, points in curve.flat.items()):
        if is_fresh and curve.kinds[name] in CURVED and share > _STARTS_SATURATED:
            yield Verdict(
                f"{name} ({curve.kinds[name]}): {share:.0%} saturated at step {step}",
                "where an activation is at its end, no gradient comes through",
                _DRAWN_SMALLER,
            )
    yield from _verdicts_on_updates(curve)
    if curve.dev:
        best_step, best = min(curve.dev, key=lambda point: point[1])
        last_step, last = curve.dev[-1]
        if best > expected:
            yield Verdict(
                f"dev loss {best:.4f} at its best, {expected:.4f} by guessing",
                "nothing of what is learned holds for lines that are kept aside",
                "more lines, or a model of counts; another rate if train hardly falls either",
            )
        if last > best + _BY_HEART:
            yield Verdict(
                f"dev loss {best:.4f} at step {best_step:,}, {last:.4f} at step {last_step:,}",
                "what is learned after its best step is learned by heart (the best is kept)",
                "fewer steps, more weight decay or dropout, a smaller network, or more lines",
            )


def _verdicts_on_updates(curve: Curve) -> Iterator[Verdict]:
    """Yield verdicts on the sizes of updates.

    A matrix that starts near zero, like the last one, has large updates at first. So large updates
    count only if at least two matrices have them, and at least half of all: then the learning rate
    is too high.
    """
    usual = {
        name: float(np.median([size for _, size in updates]))
        for name, updates in curve.updates.items()
    }
    shaken = [name for name, size in usual.items() if size > _LARGE]
    is_rate = len(shaken) > 1 and 2 * len(shaken) >= len(usual)
    for name, size in usual.items():
        if size < _SMALL:
            yield Verdict(
                f"updates of {name} are 10^{size:.1f} of its numbers, "
                f"{10 ** (-3 - size):,.0f} times smaller than 10^-3",
                "it hardly learns",
                "raise the rate, or draw its weights smaller",
            )
        if is_rate and size > _LARGE:
            yield Verdict(
                f"updates of {name} are 10^{size:.1f} of its numbers, "
                f"{10 ** (size + 3):,.0f} times larger than 10^-3",
                "it is shaken rather than learned",
                "lower the rate",
            )


def verdicts_on_layers(layers: Layers) -> Iterator[Verdict]:
    """Yield verdicts on activations and gradients."""
    for each in layers.activations:
        yield from _verdicts_on(each)
    seen = [(each.gradient, each.name) for each in layers.activations]
    if len(seen) > 1:
        (least, there), (most, here) = min(seen), max(seen)
        if least * _FADES < most:
            share = f"{most / least:,.0f} times" if least else "infinitely many times"
            yield Verdict(
                f"gradients at {there} are {share} smaller than at {here}",
                "the layers with small ones hardly learn",
                "draw weights with the gain of the activation over the root of the fan-in, or "
                "normalise, or add residual connections",
            )


def _verdicts_on(layer: Activations) -> Iterator[Verdict]:
    """Yield verdicts on one layer of activations."""
    is_curved = layer.kind in CURVED
    if is_curved and layer.saturated > _SATURATED:
        yield Verdict(
            f"{layer.name} ({layer.kind}): {layer.saturated:.0%} saturated",
            "where an activation is at its end, no gradient comes through",
            _DRAWN_SMALLER,
        )
    if not is_curved and layer.saturated > _OFF:
        yield Verdict(
            f"{layer.name} ({layer.kind}): {layer.saturated:.0%} zero or below",
            "most of the layer passes nothing on, and no gradient back",
            "lower the rate, start its bias higher, or normalise",
        )
    if len(layer.dead):
        units = ", ".join(map(str, layer.dead[:5].tolist())) + (", ..." * (len(layer.dead) > 5))
        yield Verdict(
            f"{layer.name} ({layer.kind}): {len(layer.dead)} of {layer.values.shape[1]} units are "
            f"dead (units {units})",
            "they give the same for every line, and no line can change them",
            "draw the weights before them smaller, or lower the rate that knocked them out",
        )


def verdicts_on_norms(norms: list[Norm]) -> Iterator[Verdict]:
    """Yield verdicts on batch normalisation."""
    for norm in norms:
        if norm.distance > _TRAILS:
            yield Verdict(
                f"{norm.name}: running means are {norm.distance:.1f} standard deviations from "
                "those of these lines",
                "asked outside training, the network works with the wrong averages",
                "train more steps, raise the momentum, or calibrate on the list",
            )
