"""Incremental decoding of bytes to whole lines of text, with universal newlines."""

import codecs
import io
import re
from collections.abc import Iterable, Iterator

from makemore.errors import DataError, Location

LONGEST = 2**20  # maximum line length, in characters, since memory must hold a whole line
_MARKS = {  # byte order marks
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}

Text = tuple[int, str]  # the number of its first line, from 1, and the text


def whole_lines(pieces: Iterable[bytes], name: str, encoding: str) -> Iterator[Text]:
    """Decode bytes and split the text at line ends.

    Args:
        pieces: the bytes, in chunks; the first chunk is long enough to detect the file type.
        name: name of the file, for error messages.
        encoding: encoding of the text; a byte order mark is skipped.

    Yields:
        The number of the first line, and some whole lines, each terminated by a line feed. Only the
        last line of the file may lack it.

    Raises:
        DataError: the bytes are a model file, binary or in another encoding, or a line is too
            long.
    """
    begun = ""
    for number, text, is_last in _decoded(pieces, name, encoding):
        first = text.find("\n")
        _check_length(len(begun) + (first if first >= 0 else len(text)), name, number)
        text = begun + text
        end = len(text) if is_last else text.rfind("\n") + 1
        if end:
            yield number, text[:end]
        begun = text[end:]


def _check_length(length: int, name: str, number: int) -> None:
    """Raise DataError if a line is too long."""
    if length > LONGEST:
        raise DataError(
            f"the line has more than {LONGEST:,} characters: give a list with one line for each "
            "thing",
            Location(name, line=number),
        )


def _decoded(pieces: Iterable[bytes], name: str, encoding: str) -> Iterator[tuple[int, str, bool]]:
    """Yield the text of each chunk, the number of its first line, and whether it is the last."""
    pieces = iter(pieces)
    piece, number = next(pieces, b""), 1
    _check_kind(piece, name, encoding)
    decoder = io.IncrementalNewlineDecoder(_decoder(encoding, piece), translate=True)
    has_nul = re.sub("[-_ ]", "", encoding.lower()).startswith(("utf16", "utf32"))
    mark = "\ufeff"
    while piece:
        if not has_nul and b"\0" in piece:
            number += _breaks(decoder, piece[: piece.index(b"\0")])
            raise DataError(
                "a NUL character: this is a binary file, or text in UTF-16 (then give --encoding "
                "utf-16); give a list of text",
                Location(name, line=number),
            )
        after = next(pieces, b"")
        try:
            text = decoder.decode(piece, final=not after).removeprefix(mark)
        except UnicodeError as error:
            raw, start = getattr(error, "object", b""), getattr(error, "start", 0)
            number += _breaks(decoder, piece[: max(0, start - len(raw) + len(piece))])
            location = Location(name, line=number)
            raise _undecodable(raw[start : start + 1], encoding, location) from None
        yield number, text, not after
        number, piece, mark = number + text.count("\n"), after, "" if text else mark


def _decoder(encoding: str, head: bytes) -> codecs.IncrementalDecoder:
    """Return the incremental decoder of an encoding, given the first bytes of the text."""
    try:
        "".encode(encoding)  # rejects codecs that do not decode bytes to text
        name = codecs.lookup(encoding).name
        if name in _MARKS and not head.startswith(_MARKS[name]):
            name += "-le"  # without a mark, as `bytes.decode` on little-endian machines
        return codecs.getincrementaldecoder(name)()
    except (LookupError, ValueError):
        raise DataError(f"encoding {encoding!r} is unknown: try utf-8, latin-1 or cp1252") from None


def _check_kind(head: bytes, name: str, encoding: str) -> None:
    """Raise DataError if the first bytes are those of UTF-16 or of a model file."""
    if encoding == "utf-8" and head.startswith(_MARKS["utf-16"]):
        raise DataError("this is UTF-16, not UTF-8: give --encoding utf-16", Location(name))
    if head[8:9] == b"{" and b'"__metadata__"' in head[:4096]:
        problem = "this is a model, not a list: see makemore sample and makemore info"
        raise DataError(problem, Location(name))


def _breaks(decoder: io.IncrementalNewlineDecoder, piece: bytes) -> int:
    """Count the line ends in the part of a chunk before the invalid bytes."""
    try:
        return decoder.decode(piece, final=True).count("\n")
    except UnicodeError:
        return len(re.findall(rb"\r\n?|\n", piece))


def _undecodable(byte: bytes, encoding: str, location: Location) -> DataError:
    """Return the error for a byte that is invalid in the encoding."""
    return DataError(
        f"byte 0x{byte.hex().upper() or '00'} is not {encoding.upper()}: give the list's "
        "encoding, for instance --encoding cp1252",
        location,
    )
