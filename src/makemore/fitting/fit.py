"""From a list to a fitted model: set lines apart, choose a family, learn, measure."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import DataError
from makemore.fitting.choice import choose_family
from makemore.fitting.learned import Learned
from makemore.fitting.parts import Parts
from makemore.options.declaration import Options
from makemore.options.families import MixtureOptions
from makemore.options.registry import Family, members_of
from makemore.options.verbs import FitOptions

if TYPE_CHECKING:
    from makemore.training.loop import TrainOptions

OnStep = Callable[[Any], None]
Member = tuple[Any, Family]
Report = dict[str, Any]


def fit_lines(
    lines: Lines, model: str | Options, options: FitOptions, on_step: OnStep | None = None
) -> Learned:
    """Learns a list.

    Counted models are measured after counting the train part, and then counted again on all lines
    but the test part; networks keep the weights that the dev part chose; the dev part weighs the
    members of a mixture. What networks learned is measured on 4,096 lines of the train part, evenly
    apart.

    Args:
        lines: at least one line.
        model: a family's name, `auto`, or a family's options.
        options: how to learn.
        on_step: called with each `Step` of a network's training.

    Raises:
        DataError: there is no line.
        OptionError: an option cannot be used.
        DivergedError: training met a loss that is not a number.
    """
    options.check()
    if not len(lines):
        raise DataError("there is no line to learn: give at least one that is not blank")
    family, family_options, reason = choose_family(model, len(lines), options)
    vocabulary = Vocabulary.of(lines)
    # Before the clock starts: the first network of a process imports torch.
    fresh = family.build(family_options, len(vocabulary), len(vocabulary.labels))
    clock = time.perf_counter()
    parts = Parts(lines, vocabulary, options.split, options.test)
    members = _members(fresh, family, family_options)
    networks = _that_learn(members, "training")
    report = _learn(members, options, parts, on_step)
    dev = parts.contexts("dev", fresh.window)
    if isinstance(family_options, MixtureOptions) and dev is not None:
        report |= {"weights": fresh.weigh(dev).weights.tolist()}
    report |= {"split": options.split, "test": options.test, "seed": options.seed}
    report |= parts.losses(fresh, not networks)
    for network in networks:
        network.to("cpu")  # from here on all that is asked is asked in NumPy
    for counted in _that_learn(members, "counting"):
        counted.count(parts.train_and_dev(counted.window))
    report |= {"chosen": reason, "seconds": time.perf_counter() - clock}
    known = partial(np.asarray, np.unique(lines.digests))
    return Learned(
        model=fresh,
        family=family.name,
        options=family_options,
        vocabulary=vocabulary,
        label_shares=_label_shares(lines),
        longest=int(lines.lengths().max()),
        cleaning=lines.summary(),
        report=report,
        known=known if options.digests else None,
    )


def _label_shares(lines: Lines) -> NDArray[np.float64]:
    """(labels,) how often each label stands, weights counted."""
    if lines.labels is None:
        return np.zeros(0)
    counts = np.bincount(lines.labels, lines.weights, len(lines.label_names))
    shares: NDArray[np.float64] = counts / counts.sum()
    return shares


def _members(model: Any, family: Family, options: Options) -> list[Member]:
    """What is learned: the members of a mixture, or the model itself."""
    if not isinstance(options, MixtureOptions):
        return [(model, family)]
    families = [member for member, _ in members_of(options.members)]
    return list(zip(model.members, families, strict=True))


def _that_learn(members: list[Member], how: str) -> list[Any]:
    """The models that are learned by counting, or by training."""
    return [model for model, family in members if family.learns == how]


def _learn(
    members: list[Member], options: FitOptions, parts: Parts, on_step: OnStep | None
) -> Report:
    """Counts and trains on the train part, and tells what was settled before the first step."""
    clock = time.perf_counter()
    for counted in _that_learn(members, "counting"):
        counted.count(parts.train(counted.window))
    networks = [(model, family) for model, family in members if family.learns == "training"]
    if not networks:
        return {}
    from makemore.training.loop import Training  # here, so that counting never waits for torch

    left = None if options.steps else options.seconds(parts.lines) - (time.perf_counter() - clock)
    settled = _settle(networks, options, parts, left)
    for number, ((network, _), how) in enumerate(zip(networks, settled, strict=True)):
        c = parts.train(network.window), parts.contexts("dev", network.window)
        for step in Training(network, how).run(*c):
            if on_step is not None:
                done, all_steps = number * how.steps, len(networks) * how.steps
                on_step(replace(step, number=done + step.number, steps=all_steps))
    first = settled[0]
    settings = {"rate": first.rate, "weight_decay": first.weight_decay, "batch": first.batch}
    return {"steps": first.steps, **(settings if len(members) == 1 else {})}


def _settle(
    networks: list[Member], options: FitOptions, parts: Parts, seconds: float | None
) -> list["TrainOptions"]:
    """Draws every network's first weights, and settles how each is trained.

    All take the same number of steps, so that one number says how long all of it took.
    """
    import torch

    from makemore.training.budget import steps_within
    from makemore.training.device import device_named
    from makemore.training.loop import TrainOptions

    settled, each, device = [], [], device_named(options.device)
    for number, (network, family) in enumerate(networks):
        seed = options.seed + number
        network.initialise(torch.Generator().manual_seed(seed)).to(device)
        how = TrainOptions(
            steps=options.steps or 1,
            rate=family.rate if options.rate is None else options.rate,
            weight_decay=(
                family.weight_decay if options.weight_decay is None else options.weight_decay
            ),
            muon=family.muon,
            batch=family.batch if options.batch is None else options.batch,
            seed=seed,
        )
        settled.append(how)
        if seconds is not None:
            c = parts.train(network.window), parts.contexts("dev", network.window)
            each.append(steps_within(seconds / len(networks), network, how, *c))
    if seconds is None:
        return settled
    steps = len(each) / sum(1 / n for n in each)  # together they then take the time there is
    return [replace(how, steps=max(1, int(steps))) for how in settled]
