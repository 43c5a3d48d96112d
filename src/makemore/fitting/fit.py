"""From a list to a fitted model: set lines apart, choose a family, learn, measure."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from makemore.checkpoint.fingerprint import run_of
from makemore.contexts.streaming import Tally
from makemore.corpus.canaries import Canaries
from makemore.corpus.frequent import frequent
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import DataError
from makemore.fitted import FittedModel
from makemore.fitting.auto import choose_family, window_counted
from makemore.fitting.continual import after, grown, joined, rehearsal
from makemore.fitting.counting import Counting
from makemore.fitting.splits import ListedParts, Parts, TalliedParts
from makemore.fitting.trainer import Course
from makemore.options.declaration import Options
from makemore.options.families import MixtureOptions
from makemore.options.verbs import FitOptions
from makemore.registry import Family, family_named, members_of
from makemore.training.callbacks import NO_HOOKS, Hooks

Member = tuple[Any, Family]

_NO_LINE = "there is no line to learn: give at least one that is not blank"


@dataclass(frozen=True)
class Start:
    """What learning starts from.

    Attributes:
        model: the model, fresh or with what it knows.
        family: its family.
        options: its family's options.
        vocabulary: of all lines it shall know.
        reason: why this family, where that was left open.
        goes_on: whether the model knows something already.
        rehearsed: the new lines among those that networks rehearse, or None.
        planted: how many times canaries were planted before.
        clock: when it started, in seconds.
    """

    model: Any
    family: Family
    options: Options
    vocabulary: Vocabulary
    reason: str | None = None
    goes_on: bool = False
    rehearsed: Lines | None = None
    planted: int = 0
    clock: float = field(default_factory=time.perf_counter)  # a first network has imported torch

    def members(self) -> list[Member]:
        """What is learned: the members of a mixture, or the model itself."""
        if not isinstance(self.options, MixtureOptions):
            return [(self.model, self.family)]
        families = [member for member, _ in members_of(self.options.members)]
        return list(zip(self.model.members, families, strict=True))


def fit_lines(
    lines: Lines,
    model: str | Options,
    options: FitOptions,
    hooks: Hooks = NO_HOOKS,
    vocabulary: Vocabulary | None = None,
) -> FittedModel:
    """Learns a list.

    Counted models are measured after counting the train part, and then counted again on all lines
    but the test part; networks keep the weights that the dev part chose; the dev part weighs the
    members of a mixture. What networks learned is measured on 4,096 lines of the train part, evenly
    apart. Lines that stand fewer than `min_count` times are left out first.

    Args:
        lines: at least one line.
        model: a family's name, `auto`, or a family's options.
        options: how to learn.
        hooks: who is told of a network's training, and what keeps it.
        vocabulary: what lines may have; None for what these have.

    Raises:
        DataError: there is no line.
        OptionError: an option cannot be used.
        DivergedError: training met a loss that is not a number.
    """
    lines = _usable(lines, options)
    family, own, reason = choose_family(model, len(lines), options)
    vocabulary = vocabulary or Vocabulary.of(lines)
    fresh = family.build(own, len(vocabulary), len(vocabulary.labels))
    start = Start(fresh, family, own, vocabulary, reason)
    return _learned(start, _parts(start, lines, options), options, hooks)


def fit_blocks(
    blocks: Iterable[Lines],
    model: str | Options,
    options: FitOptions,
    hooks: Hooks = NO_HOOKS,
) -> FittedModel:
    """Learns a list that comes in blocks; it finds what `fit_lines` finds.

    Where all there is to do is to count, blocks are forgotten once they are counted; else all are
    kept, as one list. Where weights are fractions, sums may differ in their last digit.

    Args:
        blocks: at least one line in all.
        model: a family's name, `auto`, or a family's options.
        options: how to learn.
        hooks: who is told of a network's training, and what keeps it.

    Raises:
        DataError: there is no line.
        OptionError: an option cannot be used.
        DivergedError: training met a loss that is not a number.
    """
    clock = time.perf_counter()
    options.check()
    window = window_counted(model, options)
    if window is None:
        return fit_lines(Lines.concatenated(blocks), model, options, hooks)
    tally = Tally(window, test=options.test)
    for block in blocks:
        tally.add(block)
    if not len(tally):
        raise DataError(_NO_LINE)
    family, own, reason = choose_family(model, len(tally), options)
    vocabulary = tally.vocabulary()
    fresh = family.build(own, len(vocabulary), len(vocabulary.labels))
    start = Start(fresh, family, own, vocabulary, reason, clock=clock)
    return _learned(start, TalliedParts(tally), options, hooks)


def fit_more(
    before: FittedModel,
    lines: Lines,
    options: FitOptions,
    hooks: Hooks = NO_HOOKS,
    adapt: bool = False,
) -> FittedModel:
    """Learns more lines on top of what is known; `fit_lines` says how.

    Args:
        before: what is known.
        lines: at least one line, with labels if the lines before had them.
        options: how to learn.
        hooks: who is told of a network's training, and what keeps it.
        adapt: whether networks may forget; else they rehearse, see `makemore.fitting.continual`.

    Raises:
        DataError: there is no line, or only one of the lists has labels.
        OptionError: an option cannot be used.
        DivergedError: training met a loss that is not a number.
    """
    lines = _usable(lines, options)
    vocabulary = joined(before, Vocabulary.of(lines))
    family = family_named(before.family)
    model = grown(before, vocabulary)
    planted = len(before.canaries)
    start = Start(model, family, before.options, vocabulary, goes_on=True, planted=planted)
    if not adapt and any(member.learns == "training" for _, member in start.members()):
        start = replace(start, rehearsed=rehearsal(before, lines, options.seed))
    parts = _parts(start, lines, options)
    return after(before, _learned(start, parts, options, hooks))


def _usable(lines: Lines, options: FitOptions) -> Lines:
    """The lines that may be learned; refuses a list without any, or options that cannot be."""
    options.check()
    lines = frequent(lines, options.min_count)
    if not len(lines) and lines.rare:
        raise DataError(
            f"none of {lines.rare:,} lines stands {options.min_count:,} times or more in the list: "
            "there is nothing to learn. Lower min_count"
        )
    if not len(lines):
        raise DataError(_NO_LINE)
    return lines


def _parts(start: Start, lines: Lines, options: FitOptions) -> ListedParts:
    """A list, split; with random lines that are learned too where wanted, others each time."""
    canaries = None
    if options.canaries:
        canaries = Canaries.of(lines, options.canaries, (options.seed, start.planted))
    return ListedParts(lines, start.vocabulary, options.split, options.test, canaries)


def _learned(start: Start, parts: Parts, options: FitOptions, hooks: Hooks) -> FittedModel:
    """Counts, trains, weighs and measures."""
    clock, canaries, heard = start.clock, parts.canaries, parts
    if start.rehearsed is not None:
        split = options.split, options.test
        heard = ListedParts(start.rehearsed, start.vocabulary, *split, canaries)
    members, model = start.members(), start.model
    counted = [member for member, family in members if family.learns == "counting"]
    networks = [(member, family) for member, family in members if family.learns == "training"]
    counting = Counting(counted, start.goes_on)
    counting.count(parts.train)
    report: dict[str, Any] = {}
    if networks:
        assert isinstance(parts, ListedParts), "networks learn lines"
        kept = hooks.keeper.begin(_run(start, parts, options)) if hooks.keeper else None
        clock -= kept.seconds if kept else 0.0
        report |= Course(networks, heard, hooks, clock).run(options, start.goes_on, kept)
    dev = heard.contexts("dev", model.window)
    # What only new lines say of the weights is no reason to forget what the others said.
    may_weigh = not start.goes_on or start.rehearsed is not None
    if isinstance(start.options, MixtureOptions) and dev is not None and may_weigh:
        report |= {"weights": model.weigh(dev).weights.tolist()}
    report |= {"split": options.split, "test": parts.set_apart(options.test), "seed": options.seed}
    report |= parts.losses(model, not networks)
    for network, _ in networks:
        network.to("cpu")  # from here on all that is asked is asked in NumPy
    counting.count(parts.train_and_dev)
    report |= {"chosen": start.reason, "seconds": time.perf_counter() - clock}
    return FittedModel(
        model=model,
        family=start.family.name,
        options=start.options,
        vocabulary=start.vocabulary,
        report=report,
        canaries=(canaries,) if canaries else (),
        **parts.facts(options.digests),
    )


def _run(start: Start, parts: ListedParts, options: FitOptions) -> dict[str, Any]:
    """What tells this run apart from others; see `run_of`."""
    before = start.model.tensors() if start.goes_on else None
    adapts = start.goes_on and start.rehearsed is None
    run = run_of(parts.arrays(), start.family.name, start.options, options, before)
    return {**run, "adapt": adapts}
