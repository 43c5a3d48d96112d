"""Bytes as text: decoded piece by piece, line ends of every system as line feeds, lines whole."""

import codecs
import io
import re
from collections.abc import Iterable, Iterator

from makemore.errors import DataError, Location

LONGEST = 2**20  # characters of a line: a line, at least, is in memory as a whole
_MARKS = {  # how text says which of its bytes come first
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}

Text = tuple[int, str]  # the number of the line in which it begins, from 1, and the text


def whole_lines(pieces: Iterable[bytes], name: str, encoding: str) -> Iterator[Text]:
    """Decode bytes and cut the text where lines end.

    Args:
        pieces: the bytes; the first piece has enough of them to say what they are.
        name: of the file, for errors.
        encoding: of the text; a byte order mark is passed over.

    Yields:
        the number of its first line, and some whole lines, each ended by a line feed; only the last
        line of all may have none.

    Raises:
        DataError: they are a model, binary or in another encoding, or a line is too long.
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
    """Refuse a line that is too long to be one."""
    if length > LONGEST:
        raise DataError(
            f"the line has more than {LONGEST:,} characters: give a list with one line for each "
            "thing",
            Location(name, line=number),
        )


def _decoded(pieces: Iterable[bytes], name: str, encoding: str) -> Iterator[tuple[int, str, bool]]:
    """The text of each piece, the number of the line it begins in, and whether it is the last."""
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
    """The incremental decoder of an encoding for bytes that start so."""
    try:
        "".encode(encoding)  # refuses codecs that make no text of bytes
        name = codecs.lookup(encoding).name
        if name in _MARKS and not head.startswith(_MARKS[name]):
            name += "-le"  # as whole texts without a mark are decoded
        return codecs.getincrementaldecoder(name)()
    except (LookupError, ValueError):
        raise DataError(f"encoding {encoding!r} is unknown: try utf-8, latin-1 or cp1252") from None


def _check_kind(head: bytes, name: str, encoding: str) -> None:
    """Refuse a file whose first bytes show that it is something else."""
    if encoding == "utf-8" and head.startswith(_MARKS["utf-16"]):
        raise DataError("this is UTF-16, not UTF-8: give --encoding utf-16", Location(name))
    if head[8:9] == b"{" and b'"__metadata__"' in head[:4096]:
        problem = "this is a model, not a list: see makemore sample and makemore info"
        raise DataError(problem, Location(name))


def _breaks(decoder: io.IncrementalNewlineDecoder, piece: bytes) -> int:
    """How many lines end in the part of a piece that comes before what cannot be read."""
    try:
        return decoder.decode(piece, final=True).count("\n")
    except UnicodeError:
        return len(re.findall(rb"\r\n?|\n", piece))


def _undecodable(byte: bytes, encoding: str, location: Location) -> DataError:
    """The error for text that is not in the encoding it is read in."""
    return DataError(
        f"byte 0x{byte.hex().upper() or '00'} is not {encoding.upper()}: give the list's "
        "encoding, for instance --encoding cp1252",
        location,
    )
