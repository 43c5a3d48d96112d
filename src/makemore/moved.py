"""Forwarding of names from modules that have moved, until 1.0."""

import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def forwarded(old: str, new: str, renamed: Mapping[str, str] | None = None) -> Callable[[str], Any]:
    """Return a module `__getattr__` that forwards to another module with a DeprecationWarning.

    Args:
        old: dotted name of the old module.
        new: dotted name of the new module.
        renamed: new name of each name that changed.

    Example:
        >>> import math
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     forwarded("makemore.pi", "math")("pi") == math.pi
        True
    """

    def get(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {old!r} has no attribute {name!r}")
        found = getattr(import_module(new), (renamed or {}).get(name, name))
        warnings.warn(f"{old} is now {new}", DeprecationWarning, stacklevel=2)
        return found

    return get
