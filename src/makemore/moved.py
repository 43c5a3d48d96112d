"""What a module that moved leaves in its old place, until 1.0."""

import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any


def forwarded(old: str, new: str) -> Callable[[str], Any]:
    """Return a module's `__getattr__` that takes names from another module, with a warning.

    Args:
        old: the dotted name of the module that moved.
        new: the dotted name of the module that has its names now.

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
        found = getattr(import_module(new), name)
        warnings.warn(f"{old} is now {new}", DeprecationWarning, stacklevel=2)
        return found

    return get
