"""Command line of makemore."""
