"""Moved to `makemore.corpus.control_characters`; this name works until 1.0."""

from makemore.moved import forwarded

__getattr__ = forwarded(__name__, "makemore.corpus.control_characters")
