"""Fitting: split the list, choose a family, count, train, fit mixture weights, evaluate."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from makemore.contexts.block_counter import BlockCounter
from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import DataError
from makemore.fitted import FitReport, FittedModel
from makemore.fitting.auto import choose_family, is_count_only
from makemore.fitting.splits import (
    NO_LINE,
    BlockSplits,
    ListSplits,
    OnRead,
    Splits,
    prepare_lines,
)
from makemore.inference.model import CountModel, members
from makemore.options.declaration import Options
from makemore.options.families import CountOptions
from makemore.options.verbs import FitOptions
from makemore.registry import Family, family_and_options

if TYPE_CHECKING:
    from makemore.fitting.trainer import TrainingSummary
    from makemore.inference.model import Model
    from makemore.training.callbacks import Checkpointer, OnStep, Run


@dataclass(frozen=True)
class Callbacks:
    """Callbacks of a fit.

    Attributes:
        on_read: called once with the summary of the list, before fitting starts.
        on_step: called with each `Step` of a network's training. If it raises StopIteration,
            training stops and keeps the best weights so far.
        checkpointer: saves checkpoints of the training run, so that it can be resumed.
    """

    on_read: OnRead | None = None
    on_step: "OnStep | None" = None
    checkpointer: "Checkpointer | None" = None


NO_CALLBACKS = Callbacks()


@dataclass(frozen=True)
class Start:
    """Starting point of a fit.

    Attributes:
        model: the model, fresh or already fitted.
        family: the family of the model.
        options: the options of the family.
        chosen: why `auto` chose the family, or None.
        warm_start: whether the model was already fitted.
        rehearsal: splits with the new and the rehearsed lines, on which networks are trained; None
            to train them on the new lines alone.
        clock: start time of the fit, in seconds.
    """

    model: "Model"
    family: Family
    options: Options
    chosen: str | None = None
    warm_start: bool = False
    rehearsal: Splits | None = None
    # By default the time after the model is built: building the first network imports torch.
    clock: float = field(default_factory=time.perf_counter)

    @classmethod
    def fresh(
        cls,
        model: str | Options,
        lines: int,
        vocabulary: Vocabulary,
        options: FitOptions,
        clock: float | None = None,
    ) -> "Start":
        """Build an unfitted model; `auto` chooses the family by the number of lines."""
        if model == "auto":
            family, family_options, chosen = choose_family(lines, options)
        else:
            (family, family_options), chosen = family_and_options(model), None
        built = family.build(family_options, len(vocabulary), len(vocabulary.labels))
        clock = time.perf_counter() if clock is None else clock
        return cls(built, family, family_options, chosen, clock=clock)


def fit_lines(
    lines: Lines,
    model: str | Options,
    options: FitOptions,
    callbacks: Callbacks = NO_CALLBACKS,
    vocabulary: Vocabulary | None = None,
) -> FittedModel:
    """Fit a model to a list in memory.

    First, lines that occur fewer than `min_count` times are removed. Count models are evaluated
    with the counts of the train split, and then count the dev split as well. Networks keep the
    weights with the lowest dev loss. The weights of a mixture are fitted on the dev split. If the
    model has a network, the train loss is computed on 4,096 evenly spaced lines of the train split.

    Args:
        lines: at least one line.
        model: a family's name, `auto`, or a family's options.
        options: options of the fit.
        callbacks: callbacks of the fit.
        vocabulary: vocabulary of the model; None for that of the lines.

    Raises:
        DataError: there is no line.
        OptionError: an option is invalid.
        DivergedError: the training loss became NaN or infinite.
    """
    lines = prepare_lines(lines, options, callbacks.on_read)
    vocabulary = vocabulary or Vocabulary.of(lines)
    start = Start.fresh(model, len(lines), vocabulary, options)
    return fit_splits(start, ListSplits.of(lines, vocabulary, options), options, callbacks)


def fit_blocks(
    blocks: Iterable[Lines],
    model: str | Options,
    options: FitOptions,
    callbacks: Callbacks = NO_CALLBACKS,
) -> FittedModel:
    """Fit a model to a list that arrives in blocks, with the same result as `fit_lines`.

    If the fit only needs counts, each block is discarded once it is counted; otherwise the blocks
    are concatenated in memory. With fractional weights, sums may differ in the last digit.

    Args:
        blocks: blocks with at least one line in total.
        model: as for `fit_lines`, like the other arguments and the errors.
        options: options of the fit.
        callbacks: callbacks of the fit.
    """
    clock = time.perf_counter()
    options.check()
    window = counted_window(model, options)
    if window is None:
        return fit_lines(Lines.concatenate(blocks), model, options, callbacks)
    counter = BlockCounter(window, test=options.test)
    for block in blocks:
        counter.add(block)
    if not len(counter):
        raise DataError(NO_LINE)
    if callbacks.on_read is not None:
        callbacks.on_read(counter.summary())
    vocabulary = counter.vocabulary()
    start = Start.fresh(model, len(counter), vocabulary, options, clock)
    return fit_splits(start, BlockSplits(counter, vocabulary), options, callbacks)


def counted_window(model: str | Options, options: FitOptions) -> int | None:
    """Return the widest window of the model if the fit only needs counts, else None.

    Networks, splits that shuffle, canaries and `min_count` above 1 need the whole list in memory.

    Args:
        model: a family's name, a family's options, or `auto`.
        options: options of the fit.

    Raises:
        OptionError: the family is unknown.
    """
    if options.split != "digest" or options.canaries or options.min_count > 1:
        return None
    if model == "auto":
        if not is_count_only(options):
            return None
        model = "kneser_ney"
    family, family_options = family_and_options(model)
    members = family.members(family_options)
    if any(member.fit_method != "counting" for member, _ in members):
        return None
    return max(
        member_options.window
        for _, member_options in members
        if isinstance(member_options, CountOptions)
    )


def fit_splits(
    start: Start, splits: Splits, options: FitOptions, callbacks: Callbacks
) -> FittedModel:
    """Count, train, fit mixture weights, evaluate; return the fitted model."""
    model, clock = start.model, start.clock
    all_members = members(model)
    count_models = [member for member in all_members if isinstance(member, CountModel)]
    previous_counts = [
        member.to_contexts() if start.warm_start else None for member in count_models
    ]
    _count(count_models, previous_counts, splits.train)
    summary = None
    if len(count_models) < len(all_members):
        summary, clock = _train(start, splits, options, callbacks)
    weights = _fit_mixture_weights(start, splits)
    losses = splits.losses(model, whole_train=summary is None)
    if summary is not None:
        _to_cpu(model)
    _count(count_models, previous_counts, splits.train_and_dev)
    report = FitReport(
        split=options.split,
        test=splits.held_out_share(options.test),
        seed=options.seed,
        train_lines=splits.sizes["train"],
        dev_lines=splits.sizes["dev"],
        test_lines=splits.sizes["test"],
        train_loss=losses["train"],
        dev_loss=losses["dev"],
        test_loss=losses["test"],
        chosen=start.chosen,
        weights=weights,
        **({} if summary is None else asdict(summary)),
        seconds=time.perf_counter() - clock,
    )
    return FittedModel(
        model=model,
        family=start.family.name,
        options=start.options,
        report=report,
        **vars(splits.facts(options.digests)),
    )


def _count(
    models: Sequence[CountModel],
    previous_counts: Sequence[Contexts | None],
    contexts_of: Callable[[int | None], Contexts],
) -> None:
    """Count contexts at each model's window, on top of the counts it had before."""
    for model, previous in zip(models, previous_counts, strict=True):
        c = contexts_of(model.window)
        model.count(c if previous is None else previous.merge(c))


def _train(
    start: Start, splits: Splits, options: FitOptions, callbacks: Callbacks
) -> "tuple[TrainingSummary, float]":
    """Train the networks; return the summary, and the start time adjusted for a resumed run."""
    from makemore.fitting.trainer import NetworkTrainer
    from makemore.layers.network import AnyNetwork

    assert isinstance(splits, ListSplits), "networks learn lines"
    families = [family for family, _ in start.family.members(start.options)]
    networks = [
        (member, family)
        for member, family in zip(members(start.model), families, strict=True)
        if isinstance(member, AnyNetwork)
    ]
    saved, clock = None, start.clock
    if callbacks.checkpointer is not None:
        saved = callbacks.checkpointer.begin(_fingerprint(start, splits, options))
    if saved is not None:
        clock -= saved.seconds
    trainer = NetworkTrainer(
        networks, start.rehearsal or splits, callbacks.on_step, callbacks.checkpointer, clock
    )
    return trainer.run(options, start.warm_start, saved), clock


def _fingerprint(start: Start, splits: ListSplits, options: FitOptions) -> "Run":
    """Return the fingerprint of this run; see `fingerprint`."""
    from makemore.checkpoint.fingerprint import fingerprint

    previous_tensors = start.model.tensors() if start.warm_start else None
    run = fingerprint(splits.arrays(), start.family.name, start.options, options, previous_tensors)
    return {**run, "adapt": start.warm_start and start.rehearsal is None}


def _fit_mixture_weights(start: Start, splits: Splits) -> tuple[float, ...] | None:
    """Fit the mixture weights on the dev split and return them; None if they are not fitted.

    If training continues without rehearsal, the dev split holds new lines only, so the existing
    weights are kept.
    """
    if start.family.fit_method != "mixing" or (start.warm_start and start.rehearsal is None):
        return None
    from makemore.models.mixture import Mixture

    assert isinstance(start.model, Mixture), "its members are mixed"
    dev = (start.rehearsal or splits).contexts("dev", start.model.window)
    return None if dev is None else tuple(start.model.fit_weights(dev).weights.tolist())


def _to_cpu(model: "Model") -> None:
    """Move networks to the CPU: a fitted model is evaluated in NumPy."""
    from makemore.layers.network import AnyNetwork

    for member in members(model):
        if isinstance(member, AnyNetwork):
            member.to("cpu")
