"""Forwarding of names that have moved or changed, until 1.0."""

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
        new_names: new name of each name that changed. If both modules are the same, only these
            names are forwarded.

    Example:
        >>> import math
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     forward_names("makemore.pi", "math")("pi") == math.pi
        True
    """
    renames = new_names or {}

    def get(name: str) -> Any:
        if name.startswith("__") or (old == new and name not in renames):
            raise AttributeError(f"module {old!r} has no attribute {name!r}")
        value = getattr(import_module(new), renames.get(name, name))
        changed = f"{old}.{name} is now {new}.{renames[name]}" if name in renames else ""
        warnings.warn(changed or f"{old} is now {new}", DeprecationWarning, stacklevel=2)
        return value

    return get
