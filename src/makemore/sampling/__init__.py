"""Sampling lines from a fitted model."""
