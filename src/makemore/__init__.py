"""makemore: give it a list of lines and it makes more lines like them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from makemore.corpus.lines import Lines
    from makemore.corpus.reading.lists import read_blocks, read_lines
    from makemore.corpus.reading.rows import Columns
    from makemore.errors import (
        CheckpointError,
        ConstraintError,
        DataError,
        DivergedError,
        MakemoreError,
        NotFittedError,
        OptionError,
    )
    from makemore.estimator.makemore import MakeMore
    from makemore.options.families import (
        BoWOptions,
        DeepMLPOptions,
        GRUOptions,
        KneserNeyOptions,
        LinearOptions,
        LSTMOptions,
        MixtureOptions,
        MLPOptions,
        NgramOptions,
        PlainMLPOptions,
        ResNetOptions,
        RNNOptions,
        TransformerOptions,
        WaveNetOptions,
    )

__version__ = "0.1.0"

__all__ = [
    "BoWOptions",
    "CheckpointError",
    "Columns",
    "ConstraintError",
    "DataError",
    "DeepMLPOptions",
    "DivergedError",
    "GRUOptions",
    "KneserNeyOptions",
    "LSTMOptions",
    "LinearOptions",
    "Lines",
    "MLPOptions",
    "MakeMore",
    "MakemoreError",
    "MixtureOptions",
    "NgramOptions",
    "NotFittedError",
    "OptionError",
    "PlainMLPOptions",
    "RNNOptions",
    "ResNetOptions",
    "TransformerOptions",
    "WaveNetOptions",
    "read_blocks",
    "read_lines",
]

_HOMES = {
    "Lines": "corpus.lines",
    "read_blocks": "corpus.reading.lists",
    "read_lines": "corpus.reading.lists",
    "Columns": "corpus.reading.rows",
    "MakeMore": "estimator.makemore",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import makemore` costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'makemore' has no attribute {name!r}")
    home = _HOMES.get(name, "errors" if name.endswith("Error") else "options.families")
    return getattr(import_module(f"makemore.{home}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
