"""What a model file's document must say: checked before anything is built on it."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

_LONGEST = 2**31  # characters of a line, far more than any list has
_LONGEST_CANARY = 256  # characters: each has a bit at least
_TEXTS = ("makemore", "family", "characters")
_OBJECTS = ("parameters", "options", "cleaning", "training", "tensors")


def check_document(document: Mapping[str, Any]) -> None:
    """Refuses a document that describes no model, however well it is signed.

    Raises:
        ValueError: something in it is missing, of another type or out of its bounds.
    """
    for kind, names in ((str, _TEXTS), (dict, _OBJECTS)):
        for name in names:
            if not isinstance(document[name], kind):
                raise ValueError(f"{name} is no {'text' if kind is str else 'object'}")
    _check_vocabulary(document["characters"], document["labels"])
    if not _is_number(document["weight"]) or document["weight"] <= 0:
        raise ValueError("weight is no number above 0")
    shares = document["label_weights"]
    if not isinstance(shares, list) or len(shares) != len(document["labels"]):
        raise ValueError("label_weights are not one for each label")
    if not all(_is_number(share) and share >= 0 for share in shares) or (
        shares and not sum(shares)
    ):
        raise ValueError("label_weights are no numbers of 0 or more")
    longest = document["longest"]
    if not _is_count(longest) or not 1 <= longest <= _LONGEST:
        raise ValueError("longest is no number of characters")
    if not all(map(_is_count, document["cleaning"].values())):
        raise ValueError("cleaning has what is no count")
    _check_training(document["training"])
    for canaries in document.get("canaries", []):
        _check_canaries(canaries, document["characters"], document["labels"])


def _check_vocabulary(characters: str, labels: Any) -> None:
    """Characters ascend, labels too; both can be in a line."""
    if {"\n", "\r"} & set(characters):
        raise ValueError("a character ends lines")
    if not all(a < b for a, b in pairwise(characters)) or not _is_text(characters):
        raise ValueError("characters are none that a list has, in their order")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ValueError("labels are no texts")
    if not all(a < b for a, b in pairwise(labels)) or not all(map(_is_text, labels)):
        raise ValueError("labels are none that a list has, in their order")
    if "" in labels:
        raise ValueError("a label is blank")


def _is_text(text: str) -> bool:
    """Whether all of these are characters."""
    return not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text)


def _check_training(training: Mapping[str, Any]) -> None:
    """The parts' sizes and losses, and what else is always said."""
    for part in ("train", "dev", "test"):
        loss = training[f"{part}_loss"]
        if not _is_count(training[f"{part}_lines"]) or not (loss is None or _is_number(loss)):
            raise ValueError(f"training says of the {part} part what is no number")
    if not _is_number(training.get("seconds", 0.0)) or not _is_number(training["test"]):
        raise ValueError("training has what is no number")
    if not isinstance(training["split"], str) or not isinstance(training["chosen"], str | None):
        raise ValueError("training has what is no text")
    if not _is_count(training["seed"]) or not _is_count(training.get("steps", 0)):
        raise ValueError("training has what is no count")


def _check_canaries(canaries: Any, characters: str, labels: list[str]) -> None:
    """Random lines of one length, of the model's characters and labels."""
    space, length, lines = (canaries[name] for name in ("characters", "length", "lines"))
    if not isinstance(space, str) or len(space) < 2 or not set(space) <= set(characters):
        raise ValueError("canaries have characters that the model has not")
    if not _is_count(length) or not 1 <= length <= _LONGEST_CANARY:
        raise ValueError("canaries are too long")
    if not isinstance(lines, list) or not lines or not all(isinstance(x, str) for x in lines):
        raise ValueError("canaries are no texts")
    if not all(len(line) == length and set(line) <= set(space) for line in lines):
        raise ValueError("canaries are none of their space")
    if not isinstance(canaries["labels"], list) or not set(canaries["labels"]) <= set(labels):
        raise ValueError("canaries have labels that the model has not")
    if len(canaries["labels"]) != (len(lines) if labels else 0):
        raise ValueError("canaries have not one label each")
    if not _is_number(canaries["weight"]) or canaries["weight"] <= 0:
        raise ValueError("canaries have a weight that is no number above 0")


def _is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and -1e300 < value < 1e300 and math.isfinite(value)


def _is_count(value: Any) -> bool:
    """Whether a value is a whole number of 0 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63
