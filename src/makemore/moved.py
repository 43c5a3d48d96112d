"""What a module that moved leaves in its old place, until 1.0."""

import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def forwarded(old: str, new: str, renamed: Mapping[str, str] | None = None) -> Callable[[str], Any]:
    """Return a module's `__getattr__` that takes names from another module, with a warning.

    Args:
        old: the dotted name of the module that moved.
        new: the dotted name of the module that has its names now.
        renamed: what names are called there, where that is different.

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
