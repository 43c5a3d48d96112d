"""From a list to a fitted model: set lines apart, choose a family, count or train, measure."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from makemore import likelihood
from makemore.corpus.contexts import Contexts
from makemore.corpus.lines import Lines, Summary
from makemore.corpus.split import split_lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import DataError, OptionError
from makemore.likelihood import Model
from makemore.options.declaration import Options
from makemore.options.registry import Family, family_named, family_of
from makemore.options.verbs import FitOptions

OnStep = Callable[[Any], None]


@dataclass(frozen=True, eq=False)
class Learned:
    """Everything that is known once a list is learned: what a model file holds.

    Attributes:
        model: the fitted model.
        family: the name of its family.
        options: its family's options.
        vocabulary: the list's characters and labels.
        label_shares: (labels,) float64, how often each label stood, weights counted.
        longest: characters of the longest line.
        cleaning: what cleaning did to the list.
        report: how the model was made, as JSON can hold it: the parts' sizes and losses, steps,
            seconds.
        known: gives the (k,) uint64 ascending digests of the list; None where they were not kept.
    """

    model: Model
    family: str
    options: Options
    vocabulary: Vocabulary
    label_shares: NDArray[np.float64]
    longest: int
    cleaning: Summary
    report: dict[str, Any]
    known: Callable[[], NDArray[np.uint64]] | None


def choose_family(model: str | Options) -> tuple[Family, Options, str | None]:
    """Settles a family and its options, and gives the reason where it was left open.

    Raises:
        OptionError: there is no such family.
    """
    if isinstance(model, type):
        raise OptionError(f"model is the class {model.__name__}: make one, {model.__name__}()")
    if isinstance(model, Options):
        return family_of(model), model, None
    if model != "auto":
        family = family_named(model)
        return family, family.options(), None
    family = family_named("kneser_ney")
    reason = "kneser_ney: it needs no training"
    return family, family.options(), reason


def fit_lines(
    lines: Lines, model: str | Options, options: FitOptions, on_step: OnStep | None = None
) -> Learned:
    """Learns a list.

    Counted families are measured after counting the train part, and then counted again on all lines
    but the test part; networks keep the weights that the dev part chose.

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
    family, family_options, reason = choose_family(model)
    vocabulary = Vocabulary.of(lines)
    # Before the clock starts: the first network of a process imports torch.
    fresh = family.build(family_options, len(vocabulary), len(vocabulary.labels))
    clock = time.perf_counter()
    report = _fit(fresh, family, lines, vocabulary, options, on_step)
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


def _fit(
    model: Any,
    family: Family,
    lines: Lines,
    vocabulary: Vocabulary,
    options: FitOptions,
    on_step: OnStep | None,
) -> dict[str, Any]:
    """Counts or trains a model and measures it on each part."""
    split = split_lines(lines, options.split, test=options.test)._asdict()

    def contexts(which: NDArray[np.int64]) -> Contexts | None:
        if not len(which):
            return None
        return Contexts.of(lines.select(which), vocabulary, model.window)

    parts = {name: contexts(which) for name, which in split.items()}
    report: dict[str, Any] = {"split": options.split, "seed": options.seed}
    if family.is_counted:
        model.count(parts["train"])
    else:
        report |= _train(model, family, options, parts, on_step)
    for name, part in parts.items():
        report |= {f"{name}_lines": len(split[name]), f"{name}_loss": _loss(model, part)}
    if family.is_counted and len(split["dev"]):
        model.count(contexts(np.sort(np.concatenate([split["train"], split["dev"]]))))
    return report


def _loss(model: Model, part: Contexts | None) -> float | None:
    """The loss on a part; None where it has no lines, or is infinite, which JSON cannot say."""
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
        batch=family.batch if options.batch is None else options.batch,
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
