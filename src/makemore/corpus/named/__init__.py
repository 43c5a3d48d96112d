"""Named corpora: one bundled with makemore, others read from installed packages."""
