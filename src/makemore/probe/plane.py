"""Moved to `makemore.probe.projection`; this name works until 1.0."""

from makemore.moved import forwarded

__getattr__ = forwarded(__name__, "makemore.probe.projection", {"in_plane": "project_to_plane"})
