"""Moved to `makemore.corpus.control_characters`; this name works until 1.0."""

from makemore.moved import forward_names

__getattr__ = forward_names(
    __name__,
    "makemore.corpus.control_characters",
    {
        "visible": "escape_controls",
        "escaped": "escape_json",
        "shown": "display_character",
        "names_of": "display_names",
        "space_in": "space_symbol",
    },
)
