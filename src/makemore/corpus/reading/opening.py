"""Chunked reading of files and standard input, with decompression detected from magic bytes."""

import os
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from itertools import chain
from typing import Protocol

from makemore.errors import DataError, Location

STANDARD_INPUT = "-"
_COMPRESSION_MAGIC = {  # compression formats and their magic bytes
    "a gzip": rb"\x1f\x8b",
    "a bzip2": rb"BZh[1-9](1AY&SY|\x17rE8P\x90)",
    "an xz": rb"\xfd7zXZ\x00",
    "a zstd": rb"\x28\xb5\x2f\xfd",
}
_XZ_MEMORY_LIMIT = 2**28  # memory limit of xz decompression, in bytes; xz -9 needs 65 MiB


class _Decompressor(Protocol):
    """A decompressor of one member of a compressed file, such as `bz2.BZ2Decompressor`."""

    @property
    def eof(self) -> bool:
        """Whether the end of the member was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether more compressed input is needed before more output is available."""

    @property
    def unused_data(self) -> bytes:
        """The bytes after the end of the member."""

    def decompress(self, compressed: bytes, limit: int, /) -> bytes:
        """Decompress at most `limit` bytes; the next call continues with the rest."""


def name_of(path: str) -> str:
    """Return the name of an input for error messages."""
    return "standard input" if path == STANDARD_INPUT else path


def read_chunks(path: str, size: int) -> Iterator[bytes]:
    """Read a file, or `-` for standard input, and decompress gzip, bzip2, xz and zstd.

    Yields:
        Chunks of about `size` bytes, never empty; only the last may be shorter.

    Raises:
        DataError: the file is missing, a directory, damaged, or cannot be read or decompressed.
    """
    raw = _read_raw(path, size)
    head = next(raw, b"")
    kind = compression_of(head)
    if kind is not None:
        return _merge_chunks(_decompress(chain([head], raw), kind, name_of(path), size), size)
    return chain([head], raw) if head else iter(())


def compression_of(head: bytes) -> str | None:
    """Return the kind of compressed file that starts with some bytes, or None."""
    kinds = _COMPRESSION_MAGIC.items()
    return next((kind for kind, magic in kinds if re.match(magic, head)), None)


def _read_raw(path: str, size: int) -> Iterator[bytes]:
    """Yield the raw bytes in chunks; convert errors of the operating system to DataError."""
    location = Location(name_of(path))
    if not path:
        raise DataError("the path of the list is empty; give the path of a file")
    if path == STANDARD_INPUT and (sys.stdin is None or sys.stdin.closed):
        problem = "it is closed: pipe a list into it, or give the path of a file"
        raise DataError(problem, location)
    try:
        # Standard input stays open.
        with (
            nullcontext(sys.stdin.buffer) if path == STANDARD_INPUT else open(path, "rb") as stream
        ):
            while chunk := stream.read(size):
                yield chunk
                if len(chunk) < size:  # a terminal user signals the end of file only once
                    return
    except FileNotFoundError:
        raise DataError("there is no such file; give the path of a list", location) from None
    except OSError as error:
        if path != STANDARD_INPUT and os.path.isdir(path):  # some report a permission error
            raise DataError("this is a directory; give a file in it", location) from None
        raise DataError(f"it cannot be read: {error.strerror or error}", location) from None
    except ValueError:
        raise DataError(f"{path!r} is not a valid file name; give the path of a list") from None


def _decompress(compressed: Iterator[bytes], kind: str, name: str, size: int) -> Iterator[bytes]:
    """Decompress the members one by one, in chunks of at most `size` bytes."""
    make_decompressor, errors = _decompressor_of(kind, name)
    try:
        decompressor, pending = make_decompressor(), b""
        while True:
            if decompressor.eof:
                pending = decompressor.unused_data.lstrip(b"\0")
                while not pending:  # members may be padded with zeros
                    chunk = next(compressed, b"")
                    if not chunk:
                        return
                    pending = chunk.lstrip(b"\0")
                decompressor = make_decompressor()
            elif decompressor.needs_input:
                pending = next(compressed, b"")
                if not pending:
                    raise EOFError
            else:
                pending = b""
            yield decompressor.decompress(pending, size)
    except errors as error:
        is_out_of_memory = "memory" in str(error).lower()
        reason = (
            "needs too much memory to decompress" if is_out_of_memory else "is damaged or truncated"
        )
        raise DataError(f"this starts like {kind} file but {reason}", Location(name)) from None


def _decompressor_of(
    kind: str, name: str
) -> tuple[Callable[[], _Decompressor], tuple[type[Exception], ...]]:
    """Return a factory of decompressors for a format, and the exceptions that they raise."""
    try:
        if kind == "a gzip":
            return _Inflate, (zlib.error, EOFError)
        if kind == "a bzip2":
            from bz2 import BZ2Decompressor

            return BZ2Decompressor, (OSError, ValueError, EOFError)
        if kind == "an xz":
            from lzma import FORMAT_XZ, LZMADecompressor, LZMAError

            return lambda: LZMADecompressor(FORMAT_XZ, _XZ_MEMORY_LIMIT), (LZMAError, EOFError)
        if sys.version_info >= (3, 14):
            from compression.zstd import ZstdDecompressor, ZstdError
        else:
            from backports.zstd import ZstdDecompressor, ZstdError
        return ZstdDecompressor, (ZstdError, EOFError)
    except ImportError:
        problem = f"this is {kind} file, which this Python cannot decompress"
        raise DataError(problem, Location(name)) from None


class _Inflate:
    """A decompressor of one gzip member."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """Whether the end of the member was reached."""
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        """The bytes after the end of the member."""
        return self._zlib.unused_data

    def decompress(self, compressed: bytes, limit: int) -> bytes:
        """Decompress at most `limit` bytes; the next call continues with the rest."""
        data = self._zlib.decompress(self._zlib.unconsumed_tail + compressed, limit)
        self.needs_input = not self._zlib.unconsumed_tail
        return data


def _merge_chunks(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Join small chunks into chunks of at least `size` bytes; the last may be smaller."""
    buffer = bytearray()
    for chunk in chunks:
        buffer += chunk
        if len(buffer) >= size:
            yield bytes(buffer)
            buffer.clear()
    if buffer:
        yield bytes(buffer)
