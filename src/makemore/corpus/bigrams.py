"""Moved to `makemore.contexts.bigrams`; this name works until 1.0."""

from makemore.moved import forward_names

__getattr__ = forward_names(__name__, "makemore.contexts.bigrams")
