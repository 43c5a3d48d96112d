"""Adapting the starter by training: how long, chosen on lines that are held out in turn."""

import time
from dataclasses import dataclass
from typing import Self

import numpy as np

from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.fitting.held_out import FOLDS, Adapted, Fold, HeldOut, folds, weigh
from makemore.inference import likelihood
from makemore.options.verbs import FitOptions
from makemore.parallel import available_processors, open_workers
from makemore.starter.adapting import (
    BATCH,
    LONG_RECIPES,
    RECIPES,
    Learner,
    Recipe,
    build_learners,
    evaluation_steps,
)
from makemore.starter.stored import Starter

_EPOCHS, _FEWEST_STEPS = 24, 64  # how long networks are compared, if time allows
_LONG = 10_000  # characters of a list from which `LONG_RECIPES` are better
# Characters that all networks learn in a second, as measured, and those of `LONG_RECIPES`.
_CHARACTERS, _LONG_CHARACTERS = 9_500, 5_500
_SHARE = 0.75  # of the budget that is planned; the rest is for scoring and for slower machines


@dataclass(frozen=True)
class Plan:
    """How long networks are trained.

    Attributes:
        recipes: how each of them is trained.
        folds: how many parts of the list are held out in turn.
        last: the largest number of steps that is compared.
    """

    recipes: tuple[Recipe, ...]
    folds: int
    last: int

    @classmethod
    def of(cls, lines: Lines, options: FitOptions) -> Self:
        """Plan by the size of the list and the budget, never by timing, so it can be repeated."""
        count = len(lines)
        characters = (1 + len(lines.codes) / count) * min(BATCH, count)  # line ends too
        is_long = len(lines.codes) >= _LONG
        pace = _LONG_CHARACTERS if is_long else _CHARACTERS
        possible = int(_SHARE * options.seconds(count) * pace / characters)
        wanted = options.steps or max(_FEWEST_STEPS, _EPOCHS * -(-count // BATCH))
        folds = min(max(possible // wanted - 1, 1), FOLDS)
        last = options.steps or max(1, min(wanted, possible // (folds + 1)))
        return cls(LONG_RECIPES if is_long else RECIPES, folds, last)


def adapt(starter: Starter, lines: Lines, vocabulary: Vocabulary, options: FitOptions) -> Adapted:
    """Train copies of the starter and a new network on a list.

    Args:
        starter: the starter.
        lines: at least two distinct lines.
        vocabulary: their vocabulary or a larger one.
        options: options of the fit: budget or steps, and seed.
    """
    clock, seconds = time.perf_counter(), options.seconds(len(lines))
    plan, parts, seed = Plan.of(lines, options), [], options.seed
    for number, fold in enumerate(folds(lines, vocabulary, plan.folds)):
        limit = clock + seconds * (number + 1) / (plan.folds + 1)
        learners = build_learners(starter, vocabulary, fold.lines, plan.recipes, seed)
        parts.append(_compare(learners, fold, plan, None if options.steps else limit))
    found = HeldOut.join(parts)
    best = found.best_steps()
    steps = np.array(evaluation_steps(plan.last))[best] * [recipe.pace for recipe in plan.recipes]
    # Copies that have only read the list are equal: the first one is enough.
    chosen = [i for i, step in enumerate(steps.tolist()) if step or 0 not in steps[:i]]
    weighed = weigh(found, found.networks[chosen, np.array(best)[chosen]])
    if weighed.exponents is None:
        chosen = []
    learners = build_learners(starter, vocabulary, lines, [plan.recipes[i] for i in chosen], seed)
    _train(learners, steps[chosen].tolist())
    return Adapted(
        networks=[each.averaged for each in learners],
        options=[each.options for each in learners],
        weighed=weighed,
        steps=tuple(steps[chosen].tolist()),
        compared=plan.last,
        held_out=found.lines,
    )


def _compare(learners: list[Learner], fold: Fold, plan: Plan, limit: float | None) -> HeldOut:
    """Train networks, and score the held-out lines after each number of steps.

    Args:
        learners: networks that learn the lines of the fold.
        fold: the fold.
        plan: the plan.
        limit: time after which no more steps are taken, because the machine is slow.
    """
    rows = []
    for step in evaluation_steps(plan.last):
        _train(learners, [step * each.pace for each in learners])
        rows.append([likelihood.character_rows(each.averaged, fold.held_out) for each in learners])
        if limit is not None and time.perf_counter() > limit:
            break
    return HeldOut.of(fold, [list(each) for each in zip(*rows, strict=True)])


def _train(learners: list[Learner], steps: list[int]) -> None:
    """Train each network to a number of steps, in a thread of its own."""
    with open_workers(min(len(learners), available_processors())) as workers:
        for _ in workers.map(
            lambda pair: pair[0].train_to(pair[1]), zip(learners, steps, strict=True)
        ):
            pass
