"""More lines on top of what is known: the model made to fit them, and what must not be forgotten.

A counted model adds counts up, and is then as if all lines had been counted at once. A network that
is trained on new lines alone forgets the old ones. So it rehearses: beside the new lines it learns
as many as it knew, drawn from the model itself, so that the old list is not needed.

Source: pseudorehearsal, Robins (1995), "Catastrophic forgetting, rehearsal and pseudorehearsal",
Connection Science 7, 123-146. Differs: the lines are drawn from the model, not at random.
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

_MOST_REHEARSED = 100_000  # lines drawn, each of which then stands for several


def fit_more(
    before: FittedModel,
    lines: Lines,
    options: FitOptions,
    callbacks: Callbacks = NO_CALLBACKS,
    adapt: bool = False,
) -> FittedModel:
    """Learn more lines on top of a fitted model; see `makemore.fitting.fit.fit_lines`.

    Args:
        before: the fitted model; it stays as it is.
        lines: at least one line, with labels if the lines before had them.
        options: how to learn.
        callbacks: what is called meanwhile.
        adapt: whether networks may forget; else they rehearse.

    Raises:
        DataError: there is no line, or only one of the lists has labels.
        OptionError: an option cannot be used.
        DivergedError: training met a loss that is not a number.
    """
    lines = usable(lines, options, callbacks.on_read)
    vocabulary = _joined(before, Vocabulary.of(lines))
    start = Start(_grown(before, vocabulary), family_named(before.family), before.options)
    start = replace(start, continues=True)
    splits = ListSplits.of(lines, vocabulary, options, planted=len(before.canaries))
    families = [family for family, _ in start.family.members(start.options)]
    if not adapt and any(family.learns == "training" for family in families):
        rehearsed = rehearsal(before, lines, options.seed)
        heard = ListSplits(rehearsed, vocabulary, options, splits.canaries)
        start = replace(start, rehearsal=heard)
    fitted = learn(start, splits, options, callbacks)
    both = [before, fitted]
    report = replace(fitted.report, test=share_never_learned(both), before=before.report)
    return replace(fitted, report=report, **vars(ListFacts.joined(both, vocabulary)))


def _joined(before: FittedModel, vocabulary: Vocabulary) -> Vocabulary:
    """The vocabulary of what was learned before and of more lines.

    Raises:
        DataError: only one of them has labels.
    """
    if bool(before.vocabulary.labels) != bool(vocabulary.labels):
        has = "with" if before.vocabulary.labels else "without"
        raise DataError(f"the model was fitted on lines {has} labels: give more lines {has} labels")
    return before.vocabulary.joined(vocabulary)


def _grown(before: FittedModel, vocabulary: Vocabulary) -> Model:
    """A model like the one before, with what it knows, over a wider vocabulary.

    Raises:
        DataError: it is a blend of models with different characters.
    """
    if any(isinstance(member, VocabularyAdapter) for member in members(before.model)):
        raise DataError(
            "a blend of models with different characters cannot learn more: let its parts learn "
            "more, and blend them again"
        )
    family = family_named(before.family)
    model = family.build(before.options, len(vocabulary), len(vocabulary.labels))
    ids = before.vocabulary.places_in(vocabulary)
    return model.load(model.grown(before.model.tensors(), ids))


def rehearsal(before: FittedModel, lines: Lines, seed: int) -> Lines:
    """More lines, and as many as were known, drawn from the model with labels in their shares."""
    count = min(before.cleaning.kept, _MOST_REHEARSED)
    strings = lines.to_list()
    names = None if lines.labels is None else lines.labels_of()
    shares = before.label_shares if before.vocabulary.labels else np.ones(1)
    drawn_weights = []
    for label, share in zip(before.vocabulary.labels or (None,), shares, strict=True):
        options = SampleOptions(label=label, seed=seed)
        n = max(1, round(count * share)) if share else 0  # a rare label is not to be lost
        drawn = list(islice(Stream(Source.of(before), options, ahead=n), n))
        strings += drawn
        drawn_weights += [before.weight * share / max(1, len(drawn))] * len(drawn)
        if label is not None and names is not None:
            names += [label] * len(drawn)
    return Lines.from_strings(strings, names, np.concatenate([lines.counts(), drawn_weights]))
