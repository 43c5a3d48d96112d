"""Durations as text, such as 30s, 2m or 1.5h."""

import re

from makemore.errors import OptionError

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


def parse_seconds(budget: str | float) -> float:
    """Return a duration in seconds.

    Raises:
        OptionError: it is not a time above 0.

    Example:
        >>> parse_seconds("2m"), parse_seconds(90)
        (120.0, 90.0)
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smh]?)\s*", str(budget))
    seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
    if seconds <= 0:
        raise OptionError(f"budget is {budget!r}: give a time such as 30s, 2m or 1.5h")
    return seconds
