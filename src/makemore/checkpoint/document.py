"""JSON document of a model file: writing, validating and reading a fitted model."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from makemore import __version__
from makemore.checkpoint.model_file import Document, ModelFile, read_model_file, write_model_file
from makemore.corpus.case import is_folded
from makemore.corpus.cleaning import Summary
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import CheckpointError
from makemore.fitted import SPLITS, FitReport, FittedModel
from makemore.inference.model import Tensors
from makemore.options.declaration import Value
from makemore.options.verbs import SPLITS as SPLIT_KINDS
from makemore.registry import family_named
from makemore.training.plan import parse_plans

if TYPE_CHECKING:
    from makemore.corpus.canaries import Canaries

_MODEL = "model."  # prefix of the names of the model's tensors
_DIGESTS, _FOLDED = "digests", "folded_digests"
_DIGEST_TYPE = ("I64", 1)  # dtype and number of axes of both
_MAX_LENGTH = 2**31  # maximum characters of a line, far more than in any list
_MAX_CANARY_LENGTH = 256  # maximum characters of a canary: each carries at least one bit
_STRINGS = ("makemore", "family", "characters")
_OBJECTS = ("parameters", "options", "cleaning", "training", "tensors")


def save_fitted(path: str | Path, fitted: FittedModel, parameters: Mapping[str, Value]) -> None:
    """Write a fitted model to one file; the duration of the fit is not stored.

    Args:
        path: path of the file.
        fitted: the fitted model.
        parameters: the parameters of the estimator.

    Raises:
        CheckpointError: the file cannot be written.
    """
    document = {
        "makemore": __version__,
        "parameters": dict(parameters),
        "family": fitted.family,
        "options": fitted.options.to_dict(),
        "characters": fitted.vocabulary.characters,
        "labels": list(fitted.vocabulary.labels),
        "weight": fitted.weight,
        "label_weights": fitted.label_weights.tolist(),
        "longest": fitted.longest,
        "usual_length": fitted.usual_length,
        "normalisation": "NFC, trimmed, blank lines dropped",
        "cleaning": _cleaning(fitted.cleaning),
        "training": fitted.report.to_json(),
        "canaries": [asdict(each) for each in fitted.canaries],
    }
    tensors = {f"{_MODEL}{name}": value for name, value in fitted.model.tensors().items()}
    if fitted.digests is not None:
        tensors[_DIGESTS] = fitted.digests().view(np.int64)
        if fitted.folded_digests is not None and not is_folded(fitted.vocabulary.characters):
            tensors[_FOLDED] = fitted.folded_digests().view(np.int64)
    write_model_file(path, document, tensors)


def load_fitted(path: str | Path) -> tuple[FittedModel, dict[str, Value]]:
    """Read a file that `save_fitted` wrote; return the fitted model and the estimator's parameters.

    The digests are read and verified when they are first used.

    Raises:
        CheckpointError: the file is missing, damaged, not a makemore model, or from a newer
            version.
    """
    file = read_model_file(path)
    if "run" in file.document and "family" not in file.document:
        raise CheckpointError(
            f"{path} is the state of a training, not a model: continue the training with fit --run "
            "and --resume, and give the model that it saves"
        )
    try:
        return _fitted(file), dict(file.document["parameters"])
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, IndexError) as error:
        raise CheckpointError(
            f"{path} holds no model that this version can load: {error}"
        ) from None


def _fitted(file: ModelFile) -> FittedModel:
    """Build the fitted model from an opened file."""
    document = file.document
    check_document(document)
    family = family_named(document["family"])
    options = family.options.of(document["options"])
    vocabulary = Vocabulary(document["characters"], tuple(document["labels"]))
    if any(file.types.get(name, _DIGEST_TYPE) != _DIGEST_TYPE for name in (_DIGESTS, _FOLDED)):
        raise ValueError("digests are not a vector of 64-bit integers")
    digests = partial(_digests, file, _DIGESTS) if _DIGESTS in document["tensors"] else None
    folded_digests = digests if is_folded(vocabulary.characters) else None
    if _FOLDED in document["tensors"]:
        folded_digests = partial(_digests, file, _FOLDED)
    sizes = len(vocabulary), len(vocabulary.labels)
    model = family.load(options, *sizes, model_tensors(file))
    return FittedModel(
        model=model,
        family=family.name,
        options=options,
        vocabulary=vocabulary,
        weight=float(document["weight"]),
        label_weights=np.array(document["label_weights"], np.float64),
        longest=int(document["longest"]),
        usual_length=int(document.get("usual_length") or document["longest"]),
        cleaning=Summary(**document["cleaning"]),
        report=FitReport.from_json(document["training"]),
        digests=digests,
        folded_digests=folded_digests,
        canaries=_canaries(document["canaries"]) if document.get("canaries") else (),
    )


def model_tensors(file: ModelFile) -> Tensors:
    """Read the tensors of the model in a file; float16 becomes float32, in which models compute."""
    names = [name for name in file.document["tensors"] if name.startswith(_MODEL)]
    tensors = {name.removeprefix(_MODEL): file.tensor(name) for name in names}
    return {
        name: value.astype(np.float32) if value.dtype == np.float16 else value
        for name, value in tensors.items()
    }


def _cleaning(summary: Summary) -> Document:
    """Return the statistics of cleaning; `line_breaks`, which format 1 at first lacked, if any."""
    statistics = asdict(summary)
    if not summary.line_breaks:
        del statistics["line_breaks"]
    return statistics


def _canaries(lists: list[Document]) -> "tuple[Canaries, ...]":
    """Rebuild canaries from their JSON form."""
    from makemore.corpus.canaries import Canaries

    return tuple(
        Canaries(**{**each, "lines": tuple(each["lines"]), "labels": tuple(each["labels"])})
        for each in lists
    )


def _digests(file: ModelFile, name: str) -> NDArray[np.uint64]:
    """Read the line digests of the list, or those after case folding.

    Raises:
        CheckpointError: they are not distinct and ascending, or the tensor is damaged.
    """
    digests = file.tensor(name).view(np.uint64)
    if not (digests[1:] > digests[:-1]).all():
        raise CheckpointError(f"{file.path}: its digests are not distinct and ascending")
    return digests


def check_document(document: Document) -> None:
    """Validate a document, because a valid digest does not make it a valid model.

    Raises:
        ValueError: a field has the wrong type or is out of range.
        KeyError: a field is missing.
    """
    for kind, names in ((str, _STRINGS), (dict, _OBJECTS)):
        for name in names:
            if not isinstance(document[name], kind):
                raise ValueError(f"{name} is not {'a string' if kind is str else 'an object'}")
    _check_vocabulary(document["characters"], document["labels"])
    if not _is_number(document["weight"]) or document["weight"] <= 0:
        raise ValueError("weight is not a positive number")
    shares = document["label_weights"]
    if not isinstance(shares, list) or len(shares) != len(document["labels"]):
        raise ValueError("label_weights does not have one number for each label")
    if not all(_is_number(share) and share >= 0 for share in shares) or (
        shares and not sum(shares)
    ):
        raise ValueError("label_weights are not numbers of 0 or more with a positive sum")
    _check_lengths(document["longest"], document.get("usual_length", document["longest"]))
    if not all(map(_is_count, document["cleaning"].values())):
        raise ValueError("cleaning has a value that is not an integer of 0 or more")
    _check_training(document["training"])
    for canaries in document.get("canaries", []):
        _check_canaries(canaries, document["characters"], document["labels"])


def _check_vocabulary(characters: str, labels: Any) -> None:
    """Check that characters and labels are sorted, unique and allowed in a line."""
    if {"\n", "\r"} & set(characters):
        raise ValueError("characters include a line break")
    if not all(a < b for a, b in pairwise(characters)) or not _is_text(characters):
        raise ValueError("characters are not sorted and distinct, or include NUL or a surrogate")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ValueError("labels are not a list of strings")
    if not all(a < b for a, b in pairwise(labels)) or not all(map(_is_text, labels)):
        raise ValueError("labels are not sorted and distinct, or include NUL or a surrogate")
    if "" in labels:
        raise ValueError("a label is empty")


def _check_lengths(longest: Any, usual: Any) -> None:
    """Check the length of the longest line, and the default maximum length of sampled lines."""
    if not _is_count(longest) or not 1 <= longest <= _MAX_LENGTH:
        raise ValueError(f"longest is not an integer from 1 to {_MAX_LENGTH:,}")
    if not _is_count(usual) or not 1 <= usual <= longest:
        raise ValueError("usual_length is not an integer from 1 to longest")


def _is_text(text: str) -> bool:
    """Return whether the text has neither NUL nor surrogates."""
    return not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text)


def _check_training(training: Document) -> None:
    """Check the sizes and losses of the splits and the other required fields of the report."""
    for split in SPLITS:
        loss = training[f"{split}_loss"]
        if not _is_count(training[f"{split}_lines"]) or not (loss is None or _is_number(loss)):
            raise ValueError(f"the size or the loss of the {split} split is not a number")
    if not _is_number(training.get("seconds", 0.0)) or not _is_number(training["test"]):
        raise ValueError("seconds or test of training is not a number")
    if training["split"] not in SPLIT_KINDS:
        raise ValueError(f"split of training is not one of {', '.join(SPLIT_KINDS)}")
    if not isinstance(training["chosen"], str | None):
        raise ValueError("chosen of training is not a string")
    if not _is_count(training["seed"]) or not _is_count(training.get("steps", 0)):
        raise ValueError("seed or steps of training is not an integer of 0 or more")
    if not all(_is_count(training.get(name) or 0) for name in ("stopped", "of")):
        raise ValueError("stopped or of of training is not an integer of 0 or more")
    plan = training.get("plan")
    if plan is not None:
        if not isinstance(plan, str):
            raise ValueError("plan of training is not a string")
        parse_plans(plan)


def _check_canaries(canaries: Document, characters: str, labels: list[str]) -> None:
    """Check that canaries have one length and only characters and labels of the model."""
    space, length, lines = (canaries[name] for name in ("characters", "length", "lines"))
    if not isinstance(space, str) or len(space) < 2 or not set(space) <= set(characters):
        raise ValueError("canaries need two or more characters, all in the model's vocabulary")
    if not _is_count(length) or not 1 <= length <= _MAX_CANARY_LENGTH:
        raise ValueError(f"the length of canaries is not an integer from 1 to {_MAX_CANARY_LENGTH}")
    if not isinstance(lines, list) or not lines or not all(isinstance(x, str) for x in lines):
        raise ValueError("canaries are not a non-empty list of strings")
    if not all(len(line) == length and set(line) <= set(space) for line in lines):
        raise ValueError("a canary differs from the length or the characters of its space")
    if not isinstance(canaries["labels"], list) or not set(canaries["labels"]) <= set(labels):
        raise ValueError("canaries have labels that the model does not have")
    if len(canaries["labels"]) != (len(lines) if labels else 0):
        raise ValueError("canaries do not have one label each")
    if not _is_number(canaries["weight"]) or canaries["weight"] <= 0:
        raise ValueError("the weight of canaries is not a positive number")


def _is_number(value: Any) -> bool:
    """Return whether a value is a finite number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and -1e300 < value < 1e300 and math.isfinite(value)


def _is_count(value: Any) -> bool:
    """Return whether a value is an integer of 0 or more, below 2**63."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63
