"""Files that are written whole or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write_atomically(path: str | Path, content: bytes, follow_link: bool = True) -> None:
    """Write a file atomically: write a temporary file next to it, sync it, then rename it.

    The directory is synced after that, so that the new name survives a loss of power, on file
    systems that keep to the order of synced writes.

    Args:
        path: path of the file.
        content: the bytes to write.
        follow_link: whether to keep a symbolic link and replace its target, instead of the link.

    Raises:
        OSError: the file cannot be written, or is not a regular file; nothing was changed.
        ValueError: the path contains NUL.
    """
    path = Path(os.path.realpath(path) if follow_link else os.path.abspath(path))
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.is_dir():
            raise IsADirectoryError(0, "it is a directory")
        if path.exists() and not path.is_file():
            raise OSError(0, "it is not a regular file")
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
        _sync_directory(path.parent)
    finally:
        if temporary is not None:
            with suppress(FileNotFoundError):
                os.unlink(temporary)


def _sync_directory(path: Path) -> None:
    """Sync a directory, which holds the names of its files; not all systems can."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _umask() -> int:
    """Return the umask of the process."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
