"""Run fingerprint: the inputs that determine the final weights of a training run."""

import json

from makemore import __version__
from makemore.checkpoint.model_file import tensor_digest
from makemore.inference.model import Tensors
from makemore.options.declaration import Options, Value
from makemore.training.callbacks import Run


def fingerprint(
    lines: Tensors, family: str, own: Options, options: Options, before: Tensors | None
) -> Run:
    """Return the fingerprint of a run, as JSON values: equal fingerprints give equal weights.

    Args:
        lines: the list as named arrays: characters, lengths, weights and labels.
        family: name of the family.
        own: options of the family.
        options: options of the fit.
        before: tensors of the model whose training continues, or None for a fresh model.
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
    """Return the digest of each array."""
    return {name: tensor_digest(name, value) for name, value in tensors.items()}


def _plain(options: Options) -> dict[str, Value]:
    """Return options after a round trip through JSON."""
    plain: dict[str, Value] = json.loads(json.dumps(options.to_dict()))
    return plain
