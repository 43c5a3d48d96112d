"""A model examined, as one page of HTML."""
