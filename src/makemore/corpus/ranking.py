"""Moved to `makemore.arrays`; this name works until 1.0."""

from makemore.moved import forwarded

__getattr__ = forwarded(__name__, "makemore.arrays", {"rank": "unique_inverse"})
