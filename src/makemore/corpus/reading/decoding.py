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

_MARK = "\ufeff"

Text = tuple[int, str]  # the number of its first line, from 1, and the text
Chunk = tuple[int, str, bool]  # the number of its first line, the text, and whether it is the last


def whole_lines(chunks: Iterable[Chunk], name: str) -> Iterator[Text]:
    """Split decoded text at line ends.

    A byte order mark at the start of a line, as in files that were joined, is dropped.

    Args:
        chunks: the text, in chunks; see `decode_chunks`.
        name: name of the file, for error messages.

    Yields:
        The number of the first line, and some whole lines, each terminated by a line feed. Only the
        last line of the file may lack it.

    Raises:
        DataError: a line is too long.
    """
    incomplete = ""
    for number, text, is_last in chunks:
        line_end = text.find("\n")
        _check_length(len(incomplete) + (line_end if line_end >= 0 else len(text)), name, number)
        text = incomplete + text
        end = len(text) if is_last else text.rfind("\n") + 1
        if end:
            yield number, text[:end].removeprefix(_MARK).replace(f"\n{_MARK}", "\n")
        incomplete = text[end:]


def _check_length(length: int, name: str, number: int) -> None:
    """Raise DataError if a line is too long."""
    if length > MAX_LINE_LENGTH:
        raise DataError(
            f"the line has more than {MAX_LINE_LENGTH:,} characters: give a list with one "
            "item per line",
            Location(name, line=number),
        )


def decode_chunks(chunks: Iterable[bytes], name: str, encoding: str) -> Iterator[Chunk]:
    """Decode bytes to text, with line feeds as line ends.

    Args:
        chunks: the bytes, in chunks; the first chunk is long enough to detect the file type.
        name: name of the file, for error messages.
        encoding: encoding of the text; a byte order mark is skipped, and if it is that of UTF-16 or
            UTF-32, the text is decoded as such instead of as UTF-8.

    Yields:
        The number of the first line of a chunk, its text, and whether it is the last.

    Raises:
        DataError: the bytes are an archive, a model file, binary or in another encoding.
    """
    chunks = iter(chunks)
    chunk, number = next(chunks, b""), 1
    _check_file_type(chunk, name)
    encoding = _marked_encoding(encoding, chunk)
    decoder = io.IncrementalNewlineDecoder(_decoder(encoding, chunk), translate=True)
    allows_nul = re.sub("[-_ ]", "", encoding.lower()).startswith(("utf16", "utf32"))
    mark = _MARK
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


def _marked_encoding(encoding: str, head: bytes) -> str:
    """Return the encoding, or that of the byte order mark if UTF-8 is given."""
    if re.sub("[-_ ]", "", encoding.lower()) in ("utf8", "utf8sig"):
        for name in ("utf-32", "utf-16"):  # the mark of UTF-32 starts with that of UTF-16
            if head.startswith(_BYTE_ORDER_MARKS[name]):
                return name
    return encoding


def _check_file_type(head: bytes, name: str) -> None:
    """Raise DataError if the first bytes are those of an archive or of a model file."""
    if head.startswith(b"PK\x03\x04"):
        problem = (
            "this is a zip archive or a workbook such as .xlsx: unpack it, or save the sheet as CSV"
        )
        raise DataError(problem, Location(name))
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
