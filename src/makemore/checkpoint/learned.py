"""What a model file says: everything learned, as a document and tensors, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from makemore import __version__
from makemore.checkpoint.document import check_document
from makemore.checkpoint.model_file import ModelFile, read_model_file, write_model_file
from makemore.corpus.canaries import Canaries
from makemore.corpus.cleaning import Summary
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import CheckpointError
from makemore.fitted import FittedModel
from makemore.registry import family_named

_MODEL = "model."  # what the names of the model's tensors start with
_DIGESTS = "digests"


def save_learned(path: str | Path, learned: FittedModel, parameters: Mapping[str, Any]) -> None:
    """Writes one file that is the whole model; how long it took to learn is no part of it.

    Args:
        path: where to.
        learned: what was learned.
        parameters: what the estimator was made with, as JSON can hold it.

    Raises:
        CheckpointError: it cannot be written there.
    """
    document = {
        "makemore": __version__,
        "parameters": dict(parameters),
        "family": learned.family,
        "options": learned.options.to_dict(),
        "characters": learned.vocabulary.characters,
        "labels": list(learned.vocabulary.labels),
        "weight": learned.weight,
        "label_weights": learned.label_weights.tolist(),
        "longest": learned.longest,
        "normalisation": "NFC, trimmed, blank lines dropped",
        "cleaning": asdict(learned.cleaning),
        "training": _timeless(learned.report),
        "canaries": [asdict(each) for each in learned.canaries],
    }
    tensors = {f"{_MODEL}{name}": value for name, value in learned.model.tensors().items()}
    if learned.known is not None:
        tensors[_DIGESTS] = learned.known().view(np.int64)
    write_model_file(path, document, tensors)


def _timeless(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report without the time anything took: the same fit is the same bytes."""
    kept = {name: value for name, value in report.items() if name != "seconds"}
    if "before" in kept:
        kept["before"] = _timeless(kept["before"])
    if "blended" in kept:
        kept["blended"] = [_timeless(each) for each in kept["blended"]]
    return kept


def load_learned(path: str | Path) -> tuple[FittedModel, dict[str, Any]]:
    """Reads what `save_learned` wrote: what was learned, and the estimator's parameters.

    The digests are read, and proved, when they are first asked for.

    Raises:
        CheckpointError: the file is missing, damaged, foreign or from a newer version.
    """
    file = read_model_file(path)
    try:
        return _learned(file), dict(file.document["parameters"])
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, IndexError) as error:
        raise CheckpointError(f"{path} holds no model this version can build: {error}") from None


def _learned(file: ModelFile) -> FittedModel:
    """Builds what an opened file describes."""
    document = file.document
    check_document(document)
    family = family_named(document["family"])
    options = family.options.of(document["options"])
    vocabulary = Vocabulary(document["characters"], tuple(document["labels"]))
    names = [name for name in document["tensors"] if name.startswith(_MODEL)]
    tensors = {name.removeprefix(_MODEL): file.tensor(name) for name in names}
    model = family.load(options, len(vocabulary), len(vocabulary.labels), tensors)
    return FittedModel(
        model=model,
        family=family.name,
        options=options,
        vocabulary=vocabulary,
        weight=float(document["weight"]),
        label_weights=np.array(document["label_weights"], np.float64),
        longest=int(document["longest"]),
        cleaning=Summary(**document["cleaning"]),
        report=document["training"],
        known=partial(_digests, file) if _DIGESTS in document["tensors"] else None,
        canaries=tuple(_canaries(**each) for each in document.get("canaries", [])),
    )


def _canaries(lines: list[str], labels: list[str], **space: Any) -> Canaries:
    """What `asdict` made of canaries, and JSON of that."""
    return Canaries(lines=tuple(lines), labels=tuple(labels), **space)


def _digests(file: ModelFile) -> NDArray[np.uint64]:
    """The digests of the list."""
    return file.tensor(_DIGESTS).view(np.uint64)
