"""Run fingerprint: the inputs that determine the final weights of a training run."""

import json

from makemore import __version__
from makemore.checkpoint.model_file import tensor_digest
from makemore.inference.model import Tensors
from makemore.options.declaration import Options, Value
from makemore.training.callbacks import Run


def fingerprint(
    lines: Tensors, family: str, family_options: Options, options: Options, previous: Tensors | None
) -> Run:
    """Return the fingerprint of a run, as JSON values: equal fingerprints give equal weights.

    Args:
        lines: the list as named arrays: characters, lengths, weights and labels.
        family: name of the family.
        family_options: options of the family.
        options: options of the fit.
        previous: tensors of the model whose training continues, or None for a fresh model.
    """
    return {
        "makemore": __version__,
        "list": _digests(lines),
        **_json_values(options),
        "family": family,
        **{f"its {name}": value for name, value in _json_values(family_options).items()},
        "model to go on from": None if previous is None else _digests(previous),
    }


def _digests(tensors: Tensors) -> dict[str, str]:
    """Return the digest of each array."""
    return {name: tensor_digest(name, value) for name, value in tensors.items()}


def _json_values(options: Options) -> dict[str, Value]:
    """Return options after a round trip through JSON."""
    plain: dict[str, Value] = json.loads(json.dumps(options.to_dict()))
    return plain
