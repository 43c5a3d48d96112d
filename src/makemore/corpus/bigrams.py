"""Moved to `makemore.contexts.bigrams`; this name works until 1.0."""

from makemore.moved import forwarded

__getattr__ = forwarded(__name__, "makemore.contexts.bigrams")
