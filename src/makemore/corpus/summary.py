"""What cleaning did to a list."""

from dataclasses import astuple, dataclass
from typing import Self


@dataclass(frozen=True)
class Summary:
    """What cleaning did to a list.

    Attributes:
        read: lines that came in.
        blank: of these, empty once trimmed; they are dropped.
        repeated: of the lines kept, those equal to an earlier one; they stay.
        kept: lines that remain.
        characters: characters of the lines that remain, line ends not counted.
        weightless: lines dropped because they stand for no line, their weight being 0.
        rare: lines dropped because they stood fewer times than was asked.
    """

    read: int
    blank: int
    repeated: int
    kept: int
    characters: int
    weightless: int = 0
    rare: int = 0

    def __add__(self, other: Self) -> Self:
        """What cleaning did to two lists; a line of both is repeated only within each."""
        return type(self)(
            *(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True))
        )

    def __str__(self) -> str:
        """One line for a person."""
        weightless = f"{self.weightless:,} of weight 0, " if self.weightless else ""
        rare = f"{self.rare:,} too rare, " if self.rare else ""
        return (
            f"{self.read:,} lines read, {self.blank:,} blank, {weightless}{rare}"
            f"{self.repeated:,} repeated, {self.kept:,} kept, {self.characters:,} characters"
        )
