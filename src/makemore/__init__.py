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
    "corpus.lines": ("Lines",),
    "corpus.reading.lists": ("read_blocks", "read_lines"),
    "corpus.reading.rows": ("Columns",),
    "estimator.makemore": ("MakeMore",),
    "options.families": tuple(name for name in __all__ if name.endswith("Options")),
    "errors": tuple(name for name in __all__ if name.endswith("Error")),
}


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used, so that `import makemore` costs nothing."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"makemore.{home}"), name)
    raise AttributeError(f"module 'makemore' has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names."""
    return __all__
