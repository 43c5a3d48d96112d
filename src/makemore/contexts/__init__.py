"""Count once: a list as its distinct contexts, with how often each character followed."""
