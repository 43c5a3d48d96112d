"""Named corpora: one that comes with the package, and others that installed packages hold."""
