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
from makemore.fitted import FittedModel, ListFacts, share_never_learned
from makemore.fitting.fit import NO_CALLBACKS, Callbacks, Start, learn
from makemore.fitting.splits import ListSplits, usable
from makemore.inference.model import Model, members
from makemore.inference.vocabulary_adapter import VocabularyAdapter
from makemore.options.verbs import FitOptions, SampleOptions
from makemore.registry import family_named
from makemore.sampling.request import Source
from makemore.sampling.stream import Stream

_MOST_REHEARSED = 100_000  # maximum number of sampled lines; their weights sum to the old weight


def fit_more(
    before: FittedModel,
    lines: Lines,
    options: FitOptions,
    callbacks: Callbacks = NO_CALLBACKS,
    adapt: bool = False,
) -> FittedModel:
    """Return a model fitted to more lines, starting from a fitted one.

    See `makemore.fitting.fit.fit_lines`.

    Args:
        before: the fitted model; it is not modified.
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
    lines = usable(lines, options, callbacks.on_read)
    vocabulary = _joined(before, Vocabulary.of(lines))
    start = Start(_grown(before, vocabulary), family_named(before.family), before.options)
    start = replace(start, continues=True)
    splits = ListSplits.of(lines, vocabulary, options, planted=len(before.canaries))
    families = [family for family, _ in start.family.members(start.options)]
    if not adapt and any(family.fit_method == "training" for family in families):
        rehearsed = rehearsal(before, lines, options.seed)
        heard = ListSplits(rehearsed, vocabulary, options, splits.canaries)
        start = replace(start, rehearsal=heard)
    fitted = learn(start, splits, options, callbacks)
    both = [before, fitted]
    report = replace(fitted.report, test=share_never_learned(both), before=before.report)
    return replace(fitted, report=report, **vars(ListFacts.joined(both, vocabulary)))


def _joined(before: FittedModel, vocabulary: Vocabulary) -> Vocabulary:
    """Return the union of the model's vocabulary and that of more lines.

    Raises:
        DataError: only one of them has labels.
    """
    if bool(before.vocabulary.labels) != bool(vocabulary.labels):
        has = "with" if before.vocabulary.labels else "without"
        raise DataError(f"the model was fitted on lines {has} labels: give more lines {has} labels")
    return before.vocabulary.union(vocabulary)


def _grown(before: FittedModel, vocabulary: Vocabulary) -> Model:
    """Return a copy of the model with its vocabulary axes resized to a wider vocabulary.

    Raises:
        DataError: the model is a blend of models with different characters.
    """
    if any(isinstance(member, VocabularyAdapter) for member in members(before.model)):
        raise DataError(
            "a blend of models with different characters cannot learn more: let its parts learn "
            "more, and blend them again"
        )
    family = family_named(before.family)
    model = family.build(before.options, len(vocabulary), len(vocabulary.labels))
    ids = before.vocabulary.ids_in(vocabulary)
    return model.load(model.grown(before.model.tensors(), ids))


def rehearsal(before: FittedModel, lines: Lines, seed: int) -> Lines:
    """Return the new lines and lines sampled from the model, labels in their original shares."""
    count = min(before.cleaning.kept, _MOST_REHEARSED)
    strings = lines.to_list()
    names = None if lines.labels is None else lines.label_list()
    shares = before.label_shares if before.vocabulary.labels else np.ones(1)
    drawn_weights = []
    for label, share in zip(before.vocabulary.labels or (None,), shares, strict=True):
        options = SampleOptions(label=label, seed=seed)
        n = max(1, round(count * share)) if share else 0  # at least one line for a rare label
        drawn = list(islice(Stream(Source.of(before), options, ahead=n), n))
        strings += drawn
        drawn_weights += [before.weight * share / max(1, len(drawn))] * len(drawn)
        if label is not None and names is not None:
            names += [label] * len(drawn)
    return Lines.from_strings(strings, names, np.concatenate([lines.counts(), drawn_weights]))
