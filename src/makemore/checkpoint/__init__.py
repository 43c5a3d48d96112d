"""Model files and run directories."""
