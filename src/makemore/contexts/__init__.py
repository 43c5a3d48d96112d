"""Distinct contexts of a list, with counts of the characters that follow them."""
