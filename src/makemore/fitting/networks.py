"""The networks of a model, trained one after the other in the time there is."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from makemore.fitting.parts import Parts
from makemore.options.registry import Family
from makemore.options.verbs import FitOptions

if TYPE_CHECKING:
    from makemore.training.loop import TrainOptions

OnStep = Callable[[Any], None]
Networks = Sequence[tuple[Any, Family]]

_GENTLER = 0.3  # of its family's rate is what a network takes that knows something already


def train(
    networks: Networks,
    parts: Parts,
    options: FitOptions,
    on_step: OnStep | None,
    spent: float,
    goes_on: bool,
) -> dict[str, Any]:
    """Trains networks on the train part, and tells what was settled before the first step.

    Args:
        networks: at least one, with the family of each.
        parts: the lines.
        options: how to learn.
        on_step: called with each `Step`.
        spent: seconds of the budget that are gone.
        goes_on: whether the networks know something already, and go on from there.
    """
    from makemore.training.loop import Training  # here, so that counting never waits for torch

    left = None if options.steps else options.seconds(parts.lines) - spent
    settled = _settle(networks, parts, options, left, goes_on)
    for number, ((network, _), how) in enumerate(zip(networks, settled, strict=True)):
        c = parts.train(network.window), parts.contexts("dev", network.window)
        for step in Training(network, how).run(*c):
            if on_step is not None:
                done, all_steps = number * how.steps, len(networks) * how.steps
                on_step(replace(step, number=done + step.number, steps=all_steps))
    how = settled[0]
    settings = {"rate": how.rate, "weight_decay": how.weight_decay, "batch": how.batch}
    return {"steps": how.steps, **(settings if len(networks) == 1 else {})}


def _settle(
    networks: Networks, parts: Parts, options: FitOptions, seconds: float | None, goes_on: bool
) -> list["TrainOptions"]:
    """Draws every network's first weights unless it goes on, and settles how each is trained.

    All take the same number of steps, so that one number says how long all of it took.
    """
    import torch

    from makemore.training.budget import steps_within
    from makemore.training.device import device_named

    settled, each, device = [], [], device_named(options.device)
    for number, (network, family) in enumerate(networks):
        how = settled_options(family, options, options.seed + number, goes_on)
        if not goes_on:
            network.initialise(torch.Generator().manual_seed(how.seed))
        network.to(device)
        settled.append(how)
        if seconds is not None:
            c = parts.train(network.window), parts.contexts("dev", network.window)
            each.append(steps_within(seconds / len(networks), network, how, *c))
    if seconds is None:
        return settled
    steps = len(each) / sum(1 / n for n in each)  # together they then take the time there is
    return [replace(how, steps=max(1, int(steps))) for how in settled]


def settled_options(
    family: Family, options: FitOptions, seed: int, goes_on: bool = False
) -> "TrainOptions":
    """The options that were given, and the family's own for the others."""
    from makemore.training.loop import TrainOptions

    rate = family.rate * _GENTLER if goes_on else family.rate
    decay, batch = options.weight_decay, options.batch
    return TrainOptions(
        steps=options.steps or 1,
        rate=rate if options.rate is None else options.rate,
        weight_decay=family.weight_decay if decay is None else decay,
        muon=family.muon,
        batch=family.batch if batch is None else batch,
        seed=seed,
    )
