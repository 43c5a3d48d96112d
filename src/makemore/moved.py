"""Forwarding of names from modules that have moved, until 1.0."""

import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def forward_names(
    old: str, new: str, new_names: Mapping[str, str] | None = None
) -> Callable[[str], Any]:
    """Return a module `__getattr__` that forwards to another module with a DeprecationWarning.

    Args:
        old: dotted name of the old module.
        new: dotted name of the new module.
        new_names: new name of each name that changed.

    Example:
        >>> import math
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     forward_names("makemore.pi", "math")("pi") == math.pi
        True
    """

    def get(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {old!r} has no attribute {name!r}")
        value = getattr(import_module(new), (new_names or {}).get(name, name))
        warnings.warn(f"{old} is now {new}", DeprecationWarning, stacklevel=2)
        return value

    return get
