"""Report on a model as one HTML page."""
