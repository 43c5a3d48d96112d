"""`makemore score`: log-likelihood of lines, of their characters, and under each label."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING

from makemore.cli.character_scores import format_characters, write_pieces
from makemore.cli.console import Json, print_message, warn_about_unknown, write_json
from makemore.cli.parameters import File, Flag, Source
from makemore.cli.reading import read
from makemore.corpus.control_characters import escape_controls
from makemore.options.verbs import InputOptions

if TYPE_CHECKING:
    from makemore.corpus.lines import Lines
    from makemore.estimator.makemore import MakeMore


def score(
    model: str,
    *files: File,
    detail: Flag = False,
    by_label: Flag = False,
    json: Flag = False,
    source: Source = InputOptions(),
) -> None:
    """Print how probable lines are: log-likelihood in nats, the same per character, and the line.

    A line with a character that was not in the list has a log-likelihood of -inf.

    For example: makemore score names.model made.txt --detail

    Args:
        model: model file written by fit.
        files: lines to score: files or folders; - reads standard input.
        detail: print the log-likelihood of each character in place of the line, improbable ones
            coloured on a terminal.
        by_label: print the log-likelihood under each label before the line, for a list with labels.
        json: print JSON, one object per line.
    """
    from makemore.estimator.makemore import MakeMore

    maker = MakeMore.load(model)
    lines = read(files, source, labels=len(maker.classes_) > 0, weights=False)
    rows = _rows(maker, lines, detail, by_label)
    if by_label and not json:
        print_message("\t".join(["nats", "per character", *maker.classes_, "line"]))
    for row in rows:
        if json:
            write_json(row.to_json())
            continue
        numbers = [row.nats, row.per_character, *(row.labels or {}).values()]
        start = "".join(f"{number:.4f}\t" for number in numbers)
        if row.characters is not None:
            write_pieces(start, format_characters(row.line, row.characters))
        else:
            print(start + escape_controls(row.line))
    warn_about_unknown(maker, lines, "their log-likelihood is -inf")


@dataclass(frozen=True)
class Row:
    """Scores of a line.

    Attributes:
        line: the line.
        nats: its log-likelihood, in nats.
        characters: the log-likelihood of each character and of the end, in nats, if requested.
        labels: the log-likelihood of the line under each label, in nats, if requested.
    """

    line: str
    nats: float
    characters: list[float] | None
    labels: dict[str, float] | None

    @property
    def per_character(self) -> float:
        """Mean log-likelihood per character, including the end of the line, in nats."""
        return self.nats / (len(self.line) + 1)

    def to_json(self) -> dict[str, Json]:
        """Return the scores as a JSON object."""
        row: dict[str, Json] = {"line": self.line, "log_likelihood": self.nats}
        row["per_character"] = self.per_character
        if self.characters is not None:
            row["characters"] = self.characters
        if self.labels is not None:
            row["labels"] = self.labels
        return row


def _rows(maker: "MakeMore", lines: "Lines", detail: bool, by_label: bool) -> Iterator[Row]:
    """Return the scores of each line; all lines are scored before the first row is returned."""
    scores, strings, none = maker.score_samples(lines).tolist(), lines.to_list(), repeat(None)
    characters = [each.tolist() for each in maker.score_characters(lines)] if detail else none
    names = maker.classes_.tolist()
    labels: Iterable[dict[str, float] | None] = none
    if by_label:
        rows = maker.score_labels(lines).tolist()
        labels = [dict(zip(names, row, strict=True)) for row in rows]
    return map(Row, strings, scores, characters, labels)
