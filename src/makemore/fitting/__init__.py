"""Fitting models to lists of lines."""
