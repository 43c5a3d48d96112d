"""Blending: one mixture of several fitted models, which may have different vocabularies."""

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import BOUNDARY, Vocabulary
from makemore.errors import DataError, OptionError
from makemore.fitted import FitReport, FittedModel, ListFacts, held_out_share
from makemore.inference import likelihood
from makemore.inference.model import Model, members
from makemore.inference.vocabulary_adapter import VocabularyAdapter
from makemore.models.mixture import Mixture
from makemore.options.families import MixtureOptions
from makemore.registry import family_named, format_member


def blend(
    fitted: Sequence[FittedModel], weights: Iterable[float] | None, lines: Lines | None
) -> FittedModel:
    """Return a mixture of fitted models; a model that is a mixture contributes its members.

    Args:
        fitted: fitted models, at least two.
        weights: one mixture weight per model; None for equal weights.
        lines: lines whose likelihood the mixture weights maximise, instead of `weights`; or None.

    Raises:
        DataError: the models have different labels, or no line has only known characters.
        OptionError: there are fewer than two models, the weights are invalid, or both `weights` and
            `lines` are given.
    """
    clock = time.perf_counter()
    if len({source.vocabulary.labels for source in fitted}) > 1:
        raise DataError("models of lists with different labels cannot be blended")
    shares = _normalise(len(fitted), weights, lines)
    vocabulary = reduce(Vocabulary.union, (source.vocabulary for source in fitted))
    texts, models, member_weights = zip(*_blend_members(fitted, shares, vocabulary), strict=True)
    options = MixtureOptions(members=", ".join(texts))
    family = family_named("mixture")
    model = Mixture(models, np.array(member_weights))
    dev_lines, dev_loss = 0, None
    if lines is not None:
        c = _known_contexts(lines, vocabulary, model.window)
        loss = likelihood.loss(model.fit_weights(c), c)
        dev_lines, dev_loss = len(c.line_weight), loss if np.isfinite(loss) else None
    report = FitReport(
        split="digest",
        test=held_out_share(fitted),
        seed=0,
        dev_lines=dev_lines,
        dev_loss=dev_loss,
        weights=tuple(model.weights.tolist()),
        blended=tuple(source.report for source in fitted),
        seconds=time.perf_counter() - clock,
    )
    return FittedModel(
        model=model,
        family=family.name,
        options=options,
        report=report,
        **vars(ListFacts.merge(fitted, vocabulary)),
    )


def _normalise(
    count: int, weights: Iterable[float] | None, lines: Lines | None
) -> NDArray[np.float64]:
    """Return the weights normalised to sum to 1, as a (parts,) array."""
    if count < 2:
        raise OptionError("a blend needs at least two models: give two or more")
    if weights is None:
        return np.full(count, 1 / count)
    if lines is not None:
        raise OptionError(
            "weights and lines both determine the mixture weights: give only one of them"
        )
    given = list(weights)
    values = np.array(given, np.float64)
    if values.shape != (count,) or not (values >= 0).all() or not 0 < values.sum() < np.inf:
        raise OptionError(
            f"weights is {given}: give one number of 0 or more for each of {count} models, "
            "not all of them 0"
        )
    shares: NDArray[np.float64] = values / values.sum()
    return shares


def _blend_members(
    fitted: Sequence[FittedModel], shares: NDArray[np.float64], vocabulary: Vocabulary
) -> Iterator[tuple[str, Model, float]]:
    """Yield each member of the blend: its family and options as text, the model, its weight."""
    for source, share in zip(fitted, shares.tolist(), strict=True):
        weights = source.model.weights if isinstance(source.model, Mixture) else np.ones(1)
        families = family_named(source.family).members(source.options)
        for member, weight, (family, options) in zip(
            members(source.model), weights, families, strict=True
        ):
            adapted = _adapt(member, source.vocabulary, vocabulary)
            yield format_member(family, options), adapted, share * weight


def _adapt(model: Model, own: Vocabulary, wider: Vocabulary) -> Model:
    """Return the model adapted to the ids of a wider vocabulary.

    In contexts, a character outside the model's own vocabulary is replaced by its base letter, é by
    e, or else by the most probable first character of a line.
    """
    if own.characters == wider.characters:
        return model
    fallback = int(model.start(1, len(own) if own.labels else None)[0][0, 1:].argmax()) + 1
    characters, base = own.ids_of(wider.characters), own.base_ids_of(wider.characters)
    stand_in = np.where(base < 0, fallback, base)
    is_known = characters >= 0
    labels = own.label_ids(wider.labels)
    id_map = np.concatenate([[BOUNDARY], np.where(is_known, characters, stand_in), labels])
    id_map = id_map.astype(np.int32)
    is_own = np.concatenate([[True], is_known, np.ones(len(labels), bool)])
    if isinstance(model, VocabularyAdapter):
        return model.extend(id_map, is_own, len(wider))
    return VocabularyAdapter(model, id_map, is_own, len(wider))


def _known_contexts(lines: Lines, vocabulary: Vocabulary, window: int | None) -> Contexts:
    """Return the contexts of the lines that have only known characters."""
    known = lines.select(np.flatnonzero(vocabulary.is_encodable(lines)))
    if not len(known):
        raise DataError(
            "there is no line to fit the mixture weights on: each has an unknown character"
        )
    return Contexts.of(known, vocabulary, window)
