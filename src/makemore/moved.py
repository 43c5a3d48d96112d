"""Forwarding of names that have moved or changed, until 1.0."""

import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def forwarded(old: str, new: str, renamed: Mapping[str, str] | None = None) -> Callable[[str], Any]:
    """Return a module `__getattr__` that forwards to another module with a DeprecationWarning.

    Args:
        old: dotted name of the old module.
        new: dotted name of the new module.
        renamed: new name of each name that changed. If both modules are the same, only these
            names are forwarded.

    Example:
        >>> import math
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     forwarded("makemore.pi", "math")("pi") == math.pi
        True
    """
    new_names = renamed or {}

    def get(name: str) -> Any:
        if name.startswith("__") or (old == new and name not in new_names):
            raise AttributeError(f"module {old!r} has no attribute {name!r}")
        value = getattr(import_module(new), new_names.get(name, name))
        changed = f"{old}.{name} is now {new}.{new_names[name]}" if name in new_names else ""
        warnings.warn(changed or f"{old} is now {new}", DeprecationWarning, stacklevel=2)
        return value

    return get
