"""Moved to `makemore.probe.projection`; this name works until 1.0."""

from makemore.moved import forward_names

__getattr__ = forward_names(__name__, "makemore.probe.projection", {"in_plane": "project_to_plane"})
