"""Lists of lines: reading, cleaning, splitting, and counting their contexts."""
