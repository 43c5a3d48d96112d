"""Incremental decoding of bytes to whole lines of text, with universal newlines."""

import codecs
import io
import re
from collections.abc import Iterable, Iterator

from makemore.errors import DataError, Location

MAX_LINE_LENGTH = 2**20  # in characters, since memory must hold a whole line
_BYTE_ORDER_MARKS = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}

Text = tuple[int, str]  # the number of its first line, from 1, and the text


def whole_lines(chunks: Iterable[bytes], name: str, encoding: str) -> Iterator[Text]:
    """Decode bytes and split the text at line ends.

    Args:
        chunks: the bytes, in chunks; the first chunk is long enough to detect the file type.
        name: name of the file, for error messages.
        encoding: encoding of the text; a byte order mark is skipped.

    Yields:
        The number of the first line, and some whole lines, each terminated by a line feed. Only the
        last line of the file may lack it.

    Raises:
        DataError: the bytes are a model file, binary or in another encoding, or a line is too
            long.
    """
    incomplete = ""
    for number, text, is_last in _decode_chunks(chunks, name, encoding):
        line_end = text.find("\n")
        _check_length(len(incomplete) + (line_end if line_end >= 0 else len(text)), name, number)
        text = incomplete + text
        end = len(text) if is_last else text.rfind("\n") + 1
        if end:
            yield number, text[:end]
        incomplete = text[end:]


def _check_length(length: int, name: str, number: int) -> None:
    """Raise DataError if a line is too long."""
    if length > MAX_LINE_LENGTH:
        raise DataError(
            f"the line has more than {MAX_LINE_LENGTH:,} characters: give a list with one "
            "item per line",
            Location(name, line=number),
        )


def _decode_chunks(
    chunks: Iterable[bytes], name: str, encoding: str
) -> Iterator[tuple[int, str, bool]]:
    """Yield the text of each chunk, the number of its first line, and whether it is the last."""
    chunks = iter(chunks)
    chunk, number = next(chunks, b""), 1
    _check_file_type(chunk, name, encoding)
    decoder = io.IncrementalNewlineDecoder(_decoder(encoding, chunk), translate=True)
    allows_nul = re.sub("[-_ ]", "", encoding.lower()).startswith(("utf16", "utf32"))
    mark = "\ufeff"
    while chunk:
        if not allows_nul and b"\0" in chunk:
            number += _count_line_ends(decoder, chunk[: chunk.index(b"\0")])
            raise DataError(
                "a NUL character: this is a binary file or text in UTF-16 (for UTF-16, give "
                "--encoding utf-16); give a text file",
                Location(name, line=number),
            )
        next_chunk = next(chunks, b"")
        try:
            text = decoder.decode(chunk, final=not next_chunk).removeprefix(mark)
        except UnicodeError as error:
            invalid, start = getattr(error, "object", b""), getattr(error, "start", 0)
            number += _count_line_ends(decoder, chunk[: max(0, start - len(invalid) + len(chunk))])
            location = Location(name, line=number)
            raise _invalid_byte_error(invalid[start : start + 1], encoding, location) from None
        yield number, text, not next_chunk
        number, chunk, mark = number + text.count("\n"), next_chunk, "" if text else mark


def _decoder(encoding: str, head: bytes) -> codecs.IncrementalDecoder:
    """Return the incremental decoder of an encoding, given the first bytes of the text."""
    try:
        "".encode(encoding)  # rejects codecs that do not decode bytes to text
        name = codecs.lookup(encoding).name
        if name in _BYTE_ORDER_MARKS and not head.startswith(_BYTE_ORDER_MARKS[name]):
            name += "-le"  # without a mark, as `bytes.decode` on little-endian machines
        return codecs.getincrementaldecoder(name)()
    except (LookupError, ValueError):
        raise DataError(f"encoding {encoding!r} is unknown: try utf-8, latin-1 or cp1252") from None


def _check_file_type(head: bytes, name: str, encoding: str) -> None:
    """Raise DataError if the first bytes are those of UTF-16 or of a model file."""
    if encoding == "utf-8" and head.startswith(_BYTE_ORDER_MARKS["utf-16"]):
        raise DataError("this is UTF-16, not UTF-8: give --encoding utf-16", Location(name))
    if head[8:9] == b"{" and b'"__metadata__"' in head[:4096]:
        problem = (
            "this is a model file, not a list: for models, see makemore sample and makemore info"
        )
        raise DataError(problem, Location(name))


def _count_line_ends(decoder: io.IncrementalNewlineDecoder, chunk: bytes) -> int:
    """Count the line ends in the part of a chunk before the invalid bytes."""
    try:
        return decoder.decode(chunk, final=True).count("\n")
    except UnicodeError:
        return len(re.findall(rb"\r\n?|\n", chunk))


def _invalid_byte_error(byte: bytes, encoding: str, location: Location) -> DataError:
    """Return the error for a byte that is invalid in the encoding."""
    return DataError(
        f"byte 0x{byte.hex().upper() or '00'} is not valid {encoding.upper()}: give the encoding "
        "of the list, for example --encoding cp1252",
        location,
    )
