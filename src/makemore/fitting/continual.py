"""Continual learning: fitting a fitted model to more lines without forgetting the old ones.

A count model adds the new counts to the old ones, as if all lines had been counted at once. A
network that is trained on the new lines alone forgets the old ones. Therefore it rehearses: it is
trained on the new lines and on lines sampled from the model itself, as many as it was fitted on, up
to 100,000. The old list is not needed.

Source: pseudorehearsal, Robins (1995), "Catastrophic forgetting, rehearsal and pseudorehearsal",
Connection Science 7, 123-146. Differs: the lines are sampled from the model, not at random.
"""

from dataclasses import replace
from itertools import islice

import numpy as np

from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import DataError
from makemore.fitted import FittedModel, ListFacts, held_out_share
from makemore.fitting.fit import NO_CALLBACKS, Callbacks, fit_splits
from makemore.fitting.splits import ListSplits, prepare_lines
from makemore.fitting.start import Start
from makemore.inference.model import Model, members
from makemore.inference.vocabulary_adapter import VocabularyAdapter
from makemore.options.verbs import FitOptions, SampleOptions
from makemore.registry import family_named
from makemore.sampling.request import Source
from makemore.sampling.stream import Stream

_MAX_REHEARSAL = 100_000  # maximum number of sampled lines; their weights sum to the old weight


def continue_fit(
    previous: FittedModel,
    lines: Lines,
    options: FitOptions,
    callbacks: Callbacks = NO_CALLBACKS,
    adapt: bool = False,
) -> FittedModel:
    """Return a model fitted to more lines, starting from a fitted one.

    See `makemore.fitting.fit.fit_lines`.

    Args:
        previous: the fitted model; it is not modified.
        lines: at least one line; with labels if and only if the model has labels.
        options: options of the fit.
        callbacks: callbacks of the fit.
        adapt: whether networks are trained on the new lines alone, without rehearsal.

    Raises:
        DataError: there is no line, only one of model and list has labels, or the model is a blend
            of models with different characters.
        OptionError: an option is invalid.
        DivergedError: the training loss became NaN or infinite.
    """
    lines = prepare_lines(lines, options, callbacks.on_read)
    vocabulary = _join_vocabularies(previous, Vocabulary.of(lines))
    start = Start(
        _extend_vocabulary(previous, vocabulary), family_named(previous.family), previous.options
    )
    start = replace(start, warm_start=True)
    splits = ListSplits.of(lines, vocabulary, options, canary_sets=len(previous.canaries))
    families = [family for family, _ in start.family.members(start.options)]
    if not adapt and any(family.fit_method == "training" for family in families):
        rehearsed = draw_rehearsal(previous, lines, options.seed)
        rehearsal = ListSplits(rehearsed, vocabulary, options, splits.canaries)
        start = replace(start, rehearsal=rehearsal)
    fitted = fit_splits(start, splits, options, callbacks)
    models = [previous, fitted]
    report = replace(fitted.report, test=held_out_share(models), before=previous.report)
    return replace(fitted, report=report, **vars(ListFacts.merge(models, vocabulary)))


def _join_vocabularies(fitted: FittedModel, vocabulary: Vocabulary) -> Vocabulary:
    """Return the union of the model's vocabulary and that of more lines.

    Raises:
        DataError: only one of them has labels.
    """
    if bool(fitted.vocabulary.labels) != bool(vocabulary.labels):
        has = "with" if fitted.vocabulary.labels else "without"
        raise DataError(f"the model was fitted on lines {has} labels: give more lines {has} labels")
    return fitted.vocabulary.union(vocabulary)


def _extend_vocabulary(fitted: FittedModel, vocabulary: Vocabulary) -> Model:
    """Return a copy of the model with its vocabulary axes resized to a wider vocabulary.

    Raises:
        DataError: the model is a blend of models with different characters.
    """
    if any(isinstance(member, VocabularyAdapter) for member in members(fitted.model)):
        raise DataError(
            "a blend of models with different characters cannot be fitted further: fit its members "
            "to the new lines, and blend them again"
        )
    family = family_named(fitted.family)
    sizes = len(vocabulary), len(vocabulary.labels)
    model, ids = family.build(fitted.options, *sizes), fitted.vocabulary.ids_in(vocabulary)
    tensors = model.resize_tensors(fitted.model.tensors(), ids)
    return family.load(fitted.options, *sizes, tensors)


def draw_rehearsal(fitted: FittedModel, lines: Lines, seed: int) -> Lines:
    """Return the new lines and lines sampled from the model, labels in their original shares."""
    count = min(fitted.cleaning.kept, _MAX_REHEARSAL)
    strings = lines.to_list()
    labels = None if lines.labels is None else lines.label_list()
    shares = fitted.label_shares if fitted.vocabulary.labels else np.ones(1)
    sampled_weights = []
    for label, share in zip(fitted.vocabulary.labels or (None,), shares, strict=True):
        options = SampleOptions(label=label, seed=seed)
        n = max(1, round(count * share)) if share else 0  # at least one line for a rare label
        sampled = list(islice(Stream(Source.of(fitted), options, ahead=n), n))
        strings += sampled
        sampled_weights += [fitted.weight * share / max(1, len(sampled))] * len(sampled)
        if label is not None and labels is not None:
            labels += [label] * len(sampled)
    return Lines.from_strings(strings, labels, np.concatenate([lines.counts(), sampled_weights]))
