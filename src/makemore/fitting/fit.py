"""Fitting: split the list, choose a family, count, train, fit mixture weights, evaluate."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import TYPE_CHECKING

from makemore.contexts.block_counter import BlockCounter
from makemore.contexts.rare_lines import drop_rare_blocks
from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.fitted import FitReport, FittedModel
from makemore.fitting.auto import FEWEST_STEPS, SMALL_LIST, is_count_only
from makemore.fitting.splits import (
    BlockSplits,
    ListSplits,
    OnRead,
    Splits,
    no_lines_error,
    prepare_lines,
)
from makemore.fitting.start import Start
from makemore.inference.model import CountModel, members
from makemore.options.declaration import Options
from makemore.options.families import CountOptions
from makemore.options.verbs import FitOptions
from makemore.registry import family_and_options

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
    For a short list, `auto` adapts the starter instead; see `small_lists`.

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
    vocabulary = vocabulary or _opened(Vocabulary.of(lines), options)
    if model == "auto" and callbacks.checkpointer is None:
        from makemore.fitting.small_lists import choose_starter, fit_small_list

        starter = choose_starter(lines, options)
        if starter is not None:
            return fit_small_list(starter, ListSplits.of(lines, vocabulary, options), options)
    start = Start.fresh(model, len(lines), vocabulary, options)
    return fit_splits(start, ListSplits.of(lines, vocabulary, options), options, callbacks)


def fit_blocks(
    blocks: Iterable[Lines],
    model: str | Options,
    options: FitOptions,
    callbacks: Callbacks = NO_CALLBACKS,
    again: Iterable[Lines] | None = None,
) -> FittedModel:
    """Fit a model to a list that arrives in blocks, with the same result as `fit_lines`.

    If the fit only needs counts and the list is not small, each block is discarded once it is
    counted; otherwise the blocks are concatenated in memory. With fractional weights, sums may
    differ in the last digit.

    Args:
        blocks: blocks with at least one line in total.
        model: as for `fit_lines`, like the other arguments and the errors.
        options: options of the fit.
        callbacks: callbacks of the fit.
        again: the same blocks, which `min_count` needs; without them it needs the list in memory.
    """
    clock = time.perf_counter()
    options.check()
    window = counted_window(model, options)
    if window is None or (options.min_count > 1 and again is None):
        return fit_lines(Lines.concatenate(blocks), model, options, callbacks)
    first, rest = _first_blocks(blocks, SMALL_LIST)
    if model == "auto" and sum(map(len, first)) <= SMALL_LIST:
        return fit_lines(Lines.concatenate(first), model, options, callbacks)
    blocks = chain(first, rest)
    counter = BlockCounter(window, test=options.test)
    if options.min_count > 1 and again is not None:
        blocks = drop_rare_blocks(blocks, again, options.min_count)
    for block in blocks:
        counter.add(block)
    if not len(counter):
        raise no_lines_error(counter.summary().rare, options.min_count)
    if callbacks.on_read is not None:
        callbacks.on_read(counter.summary())
    vocabulary = _opened(counter.vocabulary(), options)
    start = Start.fresh(model, len(counter), vocabulary, options, clock)
    return fit_splits(start, BlockSplits(counter, vocabulary), options, callbacks)


def _opened(vocabulary: Vocabulary, options: FitOptions) -> Vocabulary:
    """Return the vocabulary, with more characters like its own if `open_alphabet` asks for them."""
    if not options.open_alphabet:
        return vocabulary
    from makemore.starter.stored import Starter

    return Starter.load().opened(vocabulary)


def _first_blocks(blocks: Iterable[Lines], lines: int) -> tuple[list[Lines], Iterator[Lines]]:
    """Return the first blocks, until they have more than so many lines, and the other blocks."""
    first, rest = [], iter(blocks)
    for block in rest:
        first.append(block)
        if sum(map(len, first)) > lines:
            break
    return first, rest


def counted_window(model: str | Options, options: FitOptions) -> int | None:
    """Return the widest window of the model if the fit only needs counts, else None.

    Networks, splits that shuffle and canaries need the whole list in memory.

    Args:
        model: a family's name, a family's options, or `auto`.
        options: options of the fit.

    Raises:
        OptionError: the family is unknown.
    """
    if options.split != "digest" or options.canaries:
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
    count_models = [each for each in members(start.model) if isinstance(each, CountModel)]
    previous_counts = [
        member.to_contexts() if start.warm_start else None for member in count_models
    ]
    _count(count_models, previous_counts, splits.train)
    start, weights, summary, clock = _train_and_mix(start, splits, options, callbacks)
    losses = splits.losses(start.model, whole_train=summary is None)
    if summary is not None:
        _to_cpu(start.model)
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
        model=start.model,
        family=start.family.name,
        options=start.options,
        report=report,
        **vars(splits.facts(options.digests)),
    )


def _train_and_mix(
    start: Start, splits: Splits, options: FitOptions, callbacks: Callbacks
) -> "tuple[Start, tuple[float, ...] | None, TrainingSummary | None, float]":
    """Train the networks and fit the mixture weights; leave out networks that do not help.

    Returns:
        the start, maybe without networks; the mixture weights or None; the summary of the training,
        None without networks; and the start time, adjusted for a resumed run.
    """
    summary, weights, clock = None, None, start.clock
    if not all(isinstance(member, CountModel) for member in members(start.model)):
        summary, clock = _train(start, splits, options, callbacks)
    if start.family.fit_method == "mixing":
        from makemore.fitting.mixing import counts_alone, fit_mixture_weights

        may_leave_out = start.may_leave_out(options)
        if may_leave_out and summary is None:
            start = counts_alone(start, f"the budget allows fewer than {FEWEST_STEPS} steps")
        may_leave_out = may_leave_out and summary is not None
        start, weights = fit_mixture_weights(start, splits, may_leave_out)
        if all(isinstance(member, CountModel) for member in members(start.model)):
            summary = None
    return start, weights, summary, clock


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
) -> "tuple[TrainingSummary | None, float]":
    """Train the networks; return the summary, and the start time adjusted for a resumed run.

    The summary is None if the budget is too small to train the networks that `auto` chose.
    """
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
    fewest = FEWEST_STEPS if start.may_leave_out(options) else 1
    return trainer.run(options, start.warm_start, saved, fewest), clock


def _fingerprint(start: Start, splits: ListSplits, options: FitOptions) -> "Run":
    """Return the fingerprint of this run; see `fingerprint`."""
    from makemore.checkpoint.fingerprint import fingerprint

    previous_tensors = start.model.tensors() if start.warm_start else None
    run = fingerprint(splits.arrays(), start.family.name, start.options, options, previous_tensors)
    return {**run, "adapt": start.warm_start and start.rehearsal is None}


def _to_cpu(model: "Model") -> None:
    """Move networks to the CPU: a fitted model is evaluated in NumPy."""
    from makemore.layers.network import AnyNetwork

    for member in members(model):
        if isinstance(member, AnyNetwork):
            member.to("cpu")
