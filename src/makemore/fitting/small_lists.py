"""Fitting a small list: counts, and networks that begin as copies of the starter or as new ones.

Lines are held out in turn, as for cross-validation. On them the number of steps of each network is
chosen, and the exponents of a log-linear mixture are fitted. Afterwards counts and networks learn
all lines, so no line is lost where networks do not help.

Source: Jelinek and Mercer (1980), who hold out parts of the data in turn to fit weights ("deleted
interpolation"). Differs: the parts are lines, and all models are counted or trained again.
"""

import time

import numpy as np

from makemore.arrays import evenly_spaced
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.fitted import FitReport, FittedModel
from makemore.fitting.auto import COUNT_MEMBERS, SMALL_LIST
from makemore.fitting.held_out import (
    FOLDS,
    Adapted,
    Fold,
    HeldOut,
    Weighed,
    count_members,
    folds,
    weigh,
)
from makemore.fitting.splits import ListSplits
from makemore.inference import likelihood
from makemore.inference.model import Model
from makemore.models.log_linear import LogLinearMixture
from makemore.models.mixture import Mixture
from makemore.options.families import MixtureOptions
from makemore.options.verbs import FitOptions
from makemore.registry import family_named, format_member
from makemore.starter.reading import Encoded, read_list
from makemore.starter.stored import Starter

_FEWEST_LINES = 10  # distinct lines that the starter needs
_MEAN_LENGTH, _LONGEST = 60, 300  # characters of a line; the starter has read up to 60
_MOST_CHARACTERS = 30_000  # of a list; with more, networks trained from scratch were better
_EVALUATED = 200  # lines for the loss on the lines that were learned
_LEAST_SECONDS = 3.0  # with a smaller budget the starter reads the list, but is not trained on it


def choose_starter(lines: Lines, options: FitOptions) -> Starter | None:
    """Return the starter if `auto` is to use it for a list, or None.

    It needs from ten distinct lines up to `SMALL_LIST` ones, that consist mostly of characters that
    it knows and are about as long as those it has read, and not too many characters. It is left out
    if options of a training from scratch are given.
    """
    if not options.starter or len(lines) + lines.rare > SMALL_LIST:
        return None
    lengths = lines.lengths()
    is_long = lengths.mean() > _MEAN_LENGTH or lengths.max() > _LONGEST
    if is_long or lengths.sum() > _MOST_CHARACTERS:
        return None
    own = (options.plan, options.rate, options.weight_decay, options.batch)
    if options.canaries or any(each is not None for each in own):
        return None
    if len(lines.distinct_indices()) < _FEWEST_LINES:
        return None
    starter = Starter.load()
    return starter if starter.knows(lines) else None


def fit_small_list(starter: Starter, splits: ListSplits, options: FitOptions) -> FittedModel:
    """Fit a mixture of counts and networks to a list.

    With too little time for training, the only network is the starter after reading the list, and
    torch is not needed.
    """
    clock, lines, facts = time.perf_counter(), splits.learned_lines(), splits.facts(options.digests)
    if options.steps is not None or options.seconds(len(lines)) >= _LEAST_SECONDS:
        from makemore.fitting.adaptation import adapt  # here: torch loads slowly

        adapted = adapt(starter, lines, facts.vocabulary, options)
    else:
        adapted = read(starter, lines, facts.vocabulary, options.seed)
    counted = count_members(facts.vocabulary)
    for model in counted:
        model.count(splits.train_and_dev(model.window))
    mixture = _combine([*counted, *adapted.networks], adapted.weighed)
    networks = [format_member(family_named("lstm"), each) for each in adapted.options]
    learned, test = splits.train_and_dev(mixture.window), splits.contexts("test", mixture.window)
    evaluated = learned.lines(evenly_spaced(len(lines), _EVALUATED))
    report = FitReport(
        split=options.split,
        test=splits.held_out_share(options.test),
        seed=options.seed,
        train_lines=len(lines),
        dev_lines=adapted.held_out,
        test_lines=splits.sizes["test"],
        train_loss=_finite(likelihood.loss(mixture, evaluated)),
        dev_loss=_finite(adapted.weighed.loss),
        test_loss=None if test is None else _finite(likelihood.loss(mixture, test)),
        chosen=_reason(adapted, len(lines)),
        weights=tuple(adapted.weighed.weights.tolist()),
        steps=adapted.compared or None,
        starter_steps=adapted.steps,
        seconds=time.perf_counter() - clock,
    )
    return FittedModel(
        model=mixture,
        family="mixture",
        options=MixtureOptions(members=", ".join([COUNT_MEMBERS, *networks])),
        report=report,
        **vars(facts),
    )


def _combine(members: list[Model], weighed: Weighed) -> Mixture:
    """Return a log-linear mixture of counts and networks, or a linear one of counts alone."""
    if weighed.exponents is None:
        return Mixture(members, weighed.weights)
    return LogLinearMixture(members, weighed.weights, weighed.exponents)


def read(starter: Starter, lines: Lines, vocabulary: Vocabulary, seed: int) -> Adapted:
    """Adapt the starter to a list by reading it, without training."""

    def held_out(fold: Fold) -> HeldOut:
        reader = read_list(starter, vocabulary, Encoded.of(fold.lines, vocabulary), seed)
        return HeldOut.of(fold, [[likelihood.character_rows(reader, fold.held_out)]])

    found = HeldOut.join([held_out(fold) for fold in folds(lines, vocabulary, FOLDS)])
    weighed = weigh(found, found.networks[:, 0])
    if weighed.exponents is None:
        return Adapted([], [], weighed, steps=(), compared=0, held_out=found.lines)
    reader = read_list(starter, vocabulary, Encoded.of(lines, vocabulary), seed)
    return Adapted(
        [reader], [starter.options], weighed, steps=(0,), compared=0, held_out=found.lines
    )


def _reason(adapted: Adapted, lines: int) -> str:
    """Return why this family was chosen, as text."""
    if not adapted.networks:
        return f"a mixture of counts: the starter does not help with these {lines:,} lines"
    chosen = f"a mixture of counts and the starter, which has read many lists: {lines:,} lines"
    more = f"; with a budget of {_LEAST_SECONDS:.0f} s it would also learn them"
    return chosen if adapted.compared else chosen + more


def _finite(loss: float) -> float | None:
    """Return a loss, or None if it is infinite."""
    return loss if np.isfinite(loss) else None
