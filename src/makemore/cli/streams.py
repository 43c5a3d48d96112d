"""Standard streams of the process, which may be closed, full or of another encoding."""

import os
import sys
from contextlib import suppress
from typing import TextIO

_MIN_COLUMNS = 20


def prepare_streams() -> None:
    """Make standard output and standard error usable: a missing one acts as the null device.

    Output is UTF-8, regardless of the locale.
    """
    _reserve_descriptors()
    _check_width()
    sys.stdout = sys.stdout or _null_stream()
    sys.stderr = sys.stderr or _null_stream()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            with suppress(ValueError, OSError):  # a closed or full stream
                stream.reconfigure(encoding="utf-8", errors="replace")


def write_message(line: str) -> None:
    """Write a line to standard error; if that fails, drop this and all further messages."""
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):  # a full device, a broken pipe or a closed stream
        sys.stderr = _null_stream()


def drop_output() -> None:
    """Redirect standard output to the null device, so that the flush at exit cannot fail."""
    with suppress(OSError, ValueError):  # the output may have no file descriptor
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, sys.stdout.fileno())
        os.close(descriptor)


def _check_width() -> None:
    """Make help fit any width: `COLUMNS=0` means an unknown one, and 20 is the least."""
    columns = os.environ.get("COLUMNS", "")
    if columns.strip().isdecimal() and int(columns) < _MIN_COLUMNS:
        if int(columns):
            os.environ["COLUMNS"] = str(_MIN_COLUMNS)
        else:
            del os.environ["COLUMNS"]


def _reserve_descriptors() -> None:
    """Open the null device as each of the descriptors 0 to 2 that is closed.

    Otherwise the next file that is opened would get the number, and with it the messages of
    libraries that write to standard error.
    """
    with suppress(OSError):
        descriptor = os.open(os.devnull, os.O_RDWR)
        while descriptor <= 2:
            descriptor = os.open(os.devnull, os.O_RDWR)
        os.close(descriptor)


def _null_stream() -> TextIO:
    """Return a stream that discards what is written to it."""
    return open(os.devnull, "w", encoding="utf-8")
