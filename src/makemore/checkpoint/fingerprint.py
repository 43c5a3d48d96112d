"""Run fingerprint: what two runs have in common that end with the same weights."""

import json

from makemore import __version__
from makemore.checkpoint.model_file import tensor_digest
from makemore.inference.model import Tensors
from makemore.options.declaration import Options, Value
from makemore.training.callbacks import Run


def fingerprint(
    lines: Tensors, family: str, own: Options, options: Options, before: Tensors | None
) -> Run:
    """Return what two runs have in common that end with the same weights, as JSON can hold it.

    Args:
        lines: all there is of the list, as named arrays.
        family: the name of the family.
        own: its options.
        options: how it is learned.
        before: the tensors of the model that learns more, or None for a fresh one.
    """
    return {
        "makemore": __version__,
        "list": _digests(lines),
        **_plain(options),
        "family": family,
        **{f"its {name}": value for name, value in _plain(own).items()},
        "model to go on from": None if before is None else _digests(before),
    }


def _digests(tensors: Tensors) -> dict[str, str]:
    """The digest of each array."""
    return {name: tensor_digest(name, value) for name, value in tensors.items()}


def _plain(options: Options) -> dict[str, Value]:
    """Options as JSON gives them back."""
    plain: dict[str, Value] = json.loads(json.dumps(options.to_dict()))
    return plain
