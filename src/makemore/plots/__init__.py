"""Plots: each function takes numbers and returns a matplotlib figure, to be shown or saved.

If the environment variable MPLBACKEND names no backend, matplotlib cannot be imported. Figures that
are saved need no backend, so it is imported without the variable, which is applied afterwards.
"""

import os
import sys
from contextlib import suppress

if "matplotlib" not in sys.modules and "MPLBACKEND" in os.environ:
    _backend = os.environ.pop("MPLBACKEND")
    import matplotlib

    os.environ["MPLBACKEND"] = _backend
    with suppress(ValueError):
        matplotlib.rcParams["backend"] = _backend
