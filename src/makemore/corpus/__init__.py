"""Lists of lines: reading, cleaning, splitting and vocabularies."""
