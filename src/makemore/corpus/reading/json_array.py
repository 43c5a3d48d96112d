"""Reader of a JSON array: each item is a string, or an object with the line under a key."""

import json
import re
from collections.abc import Iterable, Iterator

from makemore.corpus.lines import Lines
from makemore.corpus.reading.decoding import MAX_LINE_LENGTH
from makemore.corpus.reading.json_lines import DECODER, JsonValue, parse_row
from makemore.corpus.reading.rows import Columns, Row, clean_blocks
from makemore.errors import DataError, Location

_SPACE = re.compile(r"[ \t\n\r]*")


def array_blocks(texts: Iterable[str], columns: Columns | None, size: int) -> Iterator[Lines]:
    """Read the items of an array in blocks; see `array_rows`.

    Args:
        texts: the text, in chunks.
        columns: the keys to read from each object, or None if each item is a string.
        size: approximate block size, in characters.

    Raises:
        DataError: the text is not one array, or an item is not of the expected type.
    """
    return clean_blocks(array_rows(texts, columns), columns, size)


def array_rows(texts: Iterable[str], columns: Columns | None) -> Iterator[Row]:
    """Yield the line, weight and label of each item; the row number of an item is its position.

    Args:
        texts: the text, in chunks.
        columns: the keys to read from each object, or None if each item is a string.

    Raises:
        DataError: the text is not one array, or an item is not of the expected type.
    """
    text, number = _Text(texts), 0
    text.expect("[", 1)
    while text.next() != "]":
        number += 1
        if number > 1:
            text.expect(",", number)
        yield parse_row(number, text.parse_value, columns)
    text.expect("]", number)
    if text.next():
        problem = "there is text after the end of the array: give one array of all lines"
        raise DataError(problem, Location(row=number + 1))


class _Text:
    """Cursor in a text that arrives in chunks; only the text near the cursor is in memory."""

    def __init__(self, chunks: Iterable[str]) -> None:
        """Start at the first character."""
        self._chunks = iter(chunks)
        self._text, self._position, self._is_whole = "", 0, False

    def next(self) -> str:
        """Skip space and return the next character; an empty string at the end of the text."""
        self._position = self._end_of_space()
        while self._position == len(self._text) and not self._is_whole:
            self._read_ahead()
            self._position = self._end_of_space()
        return self._text[self._position : self._position + 1]

    def expect(self, character: str, number: int) -> None:
        """Skip space and a character; raise DataError if it is another one.

        Args:
            character: the character.
            number: number of the item, for the error message.
        """
        found = self.next()
        if found != character:
            problem = (
                f"the JSON array is not valid: {character!r} is expected, not {found!r}"
                if found
                else "the JSON array is never closed: is the file complete?"
            )
            raise DataError(problem, Location(row=number))
        self._position += 1

    def parse_value(self) -> JsonValue:
        """Parse the next value.

        Raises:
            ValueError: it is not valid JSON, or longer than a line may be.
        """
        self.next()
        self._read_ahead()
        try:
            parsed: tuple[JsonValue, int] = DECODER.raw_decode(self._text, self._position)
        except json.JSONDecodeError as error:
            if self._is_whole:
                raise
            problem = f"{error.msg}, or the item has more than {MAX_LINE_LENGTH:,} characters"
            raise ValueError(problem) from None
        value, self._position = parsed
        return value

    def _end_of_space(self) -> int:
        """Return the position after the space at the current position."""
        match = _SPACE.match(self._text, self._position)
        assert match is not None, "it matches the empty string"
        return match.end()

    def _read_ahead(self) -> None:
        """Read more text unless the next item is surely in memory, if it is not too long."""
        size = len(self._text) - self._position
        if size >= MAX_LINE_LENGTH or self._is_whole:
            return
        pieces = [self._text[self._position :]]
        while size < 2 * MAX_LINE_LENGTH and not self._is_whole:
            chunk = next(self._chunks, None)  # a chunk may be empty
            self._is_whole = chunk is None
            pieces.append(chunk or "")
            size += len(pieces[-1])
        self._text, self._position = "".join(pieces), 0
