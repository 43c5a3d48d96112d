"""What every fitted model answers, and what is computed from its answers."""
