"""Lists of lines: reading, cleaning and splitting them; their vocabulary."""
