"""Plots: each function takes numbers and returns a matplotlib figure, to be shown or saved."""
