"""Making lines from a model."""
