"""What can be chosen, declared once: families, verbs, and how a declaration works."""
