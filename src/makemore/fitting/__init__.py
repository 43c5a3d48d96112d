"""From a list to a fitted model."""
