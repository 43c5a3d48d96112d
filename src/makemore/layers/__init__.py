"""The torch half: what networks are made of, and how they answer in NumPy."""
