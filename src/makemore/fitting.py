"""From a list to a fitted model: set lines apart, choose a family, count or train, measure."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from makemore import likelihood
from makemore.corpus.contexts import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.split import split_lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import DataError
from makemore.likelihood import Model
from makemore.options.declaration import Options
from makemore.options.families import Family, family_named, family_of
from makemore.options.verbs import FitOptions

OnStep = Callable[[Any], None]


class Fitted(NamedTuple):
    """A model that has learned a list.

    Attributes:
        model: the model.
        family: its family.
        options: its family's options.
        report: how it was made, as JSON can hold it: the parts' sizes and losses, steps, seconds.
    """

    model: Any
    family: Family
    options: Options
    report: dict[str, Any]


def choose_family(model: str | Options) -> tuple[Family, Options, str | None]:
    """Settles a family and its options, and gives the reason where it was left open.

    Raises:
        OptionError: there is no such family.
    """
    if isinstance(model, Options):
        return family_of(model), model, None
    if model != "auto":
        family = family_named(model)
        return family, family.options(), None
    family = family_named("kneser_ney")
    reason = "kneser_ney: it needs no training, and of the families here it has the lowest loss"
    return family, family.options(), reason


def fit_lines(
    lines: Lines,
    vocabulary: Vocabulary,
    model: str | Options,
    options: FitOptions,
    on_step: OnStep | None = None,
) -> Fitted:
    """Learns a list.

    Counted families are measured after counting the train part, and then counted again on all lines
    but the test part; networks keep the weights that the dev part chose.

    Args:
        lines: at least one line.
        vocabulary: its characters and labels.
        model: a family's name, `auto`, or a family's options.
        options: how to learn.
        on_step: called with each `Step` of a network's training.

    Raises:
        DataError: there is no line.
        OptionError: an option cannot be used.
        DivergedError: training met a loss that is not a number.
    """
    if not len(lines):
        raise DataError("there is no line to learn: give at least one that is not blank")
    clock = time.perf_counter()
    family, family_options, reason = choose_family(model)
    split = split_lines(lines, options.split, test=options.test)
    fitted = family.build(family_options, len(vocabulary), len(vocabulary.labels))

    def contexts(which: NDArray[np.int64]) -> Contexts | None:
        if not len(which):
            return None
        return Contexts.of(lines.select(which), vocabulary, fitted.window)

    parts = {name: contexts(which) for name, which in split._asdict().items()}
    report: dict[str, Any] = {"split": options.split, "seed": options.seed}
    if reason:
        report["chosen"] = reason
    if family.is_counted:
        fitted.count(parts["train"])
    else:
        report |= _train(fitted, family, options, parts, on_step)
    for name, part in parts.items():
        report[f"{name}_lines"] = len(split._asdict()[name])
        report[f"{name}_loss"] = _loss(fitted, part)
    if family.is_counted and len(split.dev):
        fitted.count(contexts(np.sort(np.concatenate([split.train, split.dev]))))
    report["seconds"] = time.perf_counter() - clock
    return Fitted(fitted, family, family_options, report)


def _loss(model: Model, part: Contexts | None) -> float | None:
    """The loss on a part that has lines; None where a line is impossible: JSON has no infinity."""
    loss = None if part is None else likelihood.loss(model, part)
    return loss if loss is not None and np.isfinite(loss) else None


def _train(
    network: Any,
    family: Family,
    options: FitOptions,
    parts: dict[str, Contexts | None],
    on_step: OnStep | None,
) -> dict[str, Any]:
    """Trains a network, and tells what was settled before the first step."""
    import torch  # here, so that counting never waits for it

    from makemore.training.loop import Training, TrainOptions, steps_within

    train, dev = parts["train"], parts["dev"]
    assert train is not None, "a split always leaves something to learn"
    network.initialise(torch.Generator().manual_seed(options.seed))
    settled = TrainOptions(
        steps=options.steps or 1,
        rate=family.rate if options.rate is None else options.rate,
        weight_decay=family.weight_decay if options.weight_decay is None else options.weight_decay,
        batch=options.batch,
        seed=options.seed,
    )
    if options.steps is None:
        steps = steps_within(options.seconds(), network, settled, train, dev)
        settled = replace(settled, steps=steps)
    for step in Training(network, settled).run(train, dev):
        if on_step is not None:
            on_step(step)
    return {
        "steps": settled.steps,
        "rate": settled.rate,
        "weight_decay": settled.weight_decay,
        "batch": settled.batch,
    }
