"""Blending: one mixture of several fitted models, which may have different vocabularies."""

import time
import unicodedata
from collections.abc import Iterator, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import BOUNDARY, Vocabulary
from makemore.errors import DataError, OptionError
from makemore.fitted import FitReport, FittedModel, ListFacts, share_never_learned
from makemore.inference import likelihood
from makemore.inference.model import Model, members
from makemore.inference.vocabulary_adapter import VocabularyAdapter
from makemore.models.mixture import Mixture
from makemore.options.families import MixtureOptions
from makemore.registry import family_named, format_member


def blend(
    parts: Sequence[FittedModel], weights: Sequence[float] | None, lines: Lines | None
) -> FittedModel:
    """Return a mixture of fitted models; a model that is a mixture contributes its members.

    Args:
        parts: fitted models, at least two.
        weights: one mixture weight per model; None for equal weights.
        lines: lines whose likelihood the mixture weights maximise, instead of `weights`; or None.

    Raises:
        DataError: the models have different labels, or no line has only known characters.
        OptionError: there are fewer than two models, the weights are invalid, or both `weights` and
            `lines` are given.
    """
    clock = time.perf_counter()
    if len({part.vocabulary.labels for part in parts}) > 1:
        raise DataError("models of lists with different labels cannot be blended")
    shares = _shares(len(parts), weights, lines)
    vocabulary = reduce(Vocabulary.union, (part.vocabulary for part in parts))
    texts, models, each = zip(*_members(parts, shares, vocabulary), strict=True)
    options = MixtureOptions(members=", ".join(texts))
    family = family_named("mixture")
    model = Mixture(models, np.array(each))
    dev_lines, dev_loss = 0, None
    if lines is not None:
        c = _known(lines, vocabulary, model.window)
        loss = likelihood.loss(model.weigh(c), c)
        dev_lines, dev_loss = len(c.line_weight), loss if np.isfinite(loss) else None
    report = FitReport(
        split="digest",
        test=share_never_learned(parts),
        seed=0,
        dev_lines=dev_lines,
        dev_loss=dev_loss,
        weights=tuple(model.weights.tolist()),
        blended=tuple(part.report for part in parts),
        seconds=time.perf_counter() - clock,
    )
    return FittedModel(
        model=model,
        family=family.name,
        options=options,
        report=report,
        **vars(ListFacts.joined(parts, vocabulary)),
    )


def _shares(
    parts: int, weights: Sequence[float] | None, lines: Lines | None
) -> NDArray[np.float64]:
    """Return the weights normalised to sum to 1, as a (parts,) array."""
    if parts < 2:
        raise OptionError("a blend is of two models or more")
    if weights is None:
        return np.full(parts, 1 / parts)
    if lines is not None:
        raise OptionError("weights and lines both say how models weigh: give one of them")
    found = np.array(weights, np.float64)
    if len(found) != parts or not (found >= 0).all() or not 0 < found.sum() < np.inf:
        raise OptionError(
            f"weights is {list(weights)}: give one number of 0 or more for each of {parts} models, "
            "not all of them 0"
        )
    shares: NDArray[np.float64] = found / found.sum()
    return shares


def _members(
    parts: Sequence[FittedModel], shares: NDArray[np.float64], vocabulary: Vocabulary
) -> Iterator[tuple[str, Model, float]]:
    """Yield each member of the blend: its family and options as text, the model, its weight."""
    for part, share in zip(parts, shares.tolist(), strict=True):
        weights = part.model.weights if isinstance(part.model, Mixture) else np.ones(1)
        each = family_named(part.family).members(part.options)
        for member, weight, (family, options) in zip(
            members(part.model), weights, each, strict=True
        ):
            adapted = _adapted(member, part.vocabulary, vocabulary)
            yield format_member(family, options), adapted, share * weight


def _adapted(model: Model, own: Vocabulary, wider: Vocabulary) -> Model:
    """Return the model adapted to the ids of a wider vocabulary.

    In contexts, a character outside the model's own vocabulary is replaced by its base letter, é by
    e, or else by the most probable first character of a line.
    """
    if own.characters == wider.characters:
        return model
    usual = int(model.start(1, len(own) if own.labels else None)[0][0, 1:].argmax()) + 1
    characters = own.encode(np.array([ord(c) for c in wider.characters], np.uint32))
    bases = [ord(unicodedata.normalize("NFD", c)[0]) for c in wider.characters]
    base = own.encode(np.array(bases, np.uint32))
    stand_in = np.where(base < 0, usual, base)
    is_known = characters >= 0
    labels = own.label_ids(wider.labels)
    reads_as = np.concatenate([[BOUNDARY], np.where(is_known, characters, stand_in), labels])
    reads_as = reads_as.astype(np.int32)
    is_own = np.concatenate([[True], is_known, np.ones(len(labels), bool)])
    if isinstance(model, VocabularyAdapter):
        return model.further(reads_as, is_own, len(wider))
    return VocabularyAdapter(model, reads_as, is_own, len(wider))


def _known(lines: Lines, vocabulary: Vocabulary, window: int | None) -> Contexts:
    """Return the contexts of the lines that have only known characters."""
    known = lines.select(np.flatnonzero(vocabulary.is_encodable(lines)))
    if not len(known):
        raise DataError("there is no line to weigh models by: each has an unknown character")
    return Contexts.of(known, vocabulary, window)
