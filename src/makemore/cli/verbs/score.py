"""`makemore score`: how probable lines are, their characters, and under which label."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from makemore.cli.console import say, say_unknown, write_json
from makemore.cli.fitting import read
from makemore.cli.parameters import File, Flag, Source
from makemore.cli.spelled import spelled, write_spelled
from makemore.corpus.visible import visible
from makemore.options.verbs import InputOptions

if TYPE_CHECKING:
    from makemore.corpus.lines import Lines
    from makemore.estimator.makemore import MakeMore


def score(
    model: str,
    file: File,
    *,
    detail: Flag = False,
    by_label: Flag = False,
    json: Flag = False,
    source: Source = InputOptions(),
) -> None:
    """Say how probable lines are: log-likelihood in nats, the same per character, the line.

    A line with a character that was nowhere in the list has a log-likelihood of -inf.

    Args:
        model: a file that fit wrote.
        file: lines to score; - is standard input.
        detail: in place of the line each of its characters with its log-likelihood, the improbable
            ones coloured on a terminal.
        by_label: before the line its log-likelihood under each label, for a list with labels.
        json: print JSON, one object for each line.
    """
    from makemore.estimator.makemore import MakeMore

    maker = MakeMore.load(model)
    lines = read(file, source, labels=len(maker.classes_) > 0, weights=False)
    rows = _rows(maker, lines, detail, by_label)
    if by_label and not json:
        say("\t".join(["nats", "per character", *maker.classes_, "line"]))
    for row in rows:
        if json:
            write_json(row)
            continue
        numbers = [row["log_likelihood"], row["per_character"], *row.get("labels", {}).values()]
        start = "".join(f"{number:.4f}\t" for number in numbers)
        if detail:
            write_spelled(start, spelled(row["line"], row["characters"]))
        else:
            print(start + visible(row["line"]))
    say_unknown(maker, lines, "their log-likelihood is -inf")


def _rows(
    maker: "MakeMore", lines: "Lines", detail: bool, by_label: bool
) -> Iterator[dict[str, Any]]:
    """What is said of each line; all is scored before the first is given."""
    scores = maker.score_samples(lines).tolist()
    characters = maker.score_characters(lines) if detail else None
    labels = maker.score_labels(lines).tolist() if by_label else None

    def row(place: int, line: str, nats: float) -> dict[str, Any]:
        found = {"line": line, "log_likelihood": nats, "per_character": nats / (len(line) + 1)}
        if characters is not None:
            found["characters"] = characters[place].tolist()
        if labels is not None:
            found["labels"] = dict(zip(maker.classes_.tolist(), labels[place], strict=True))
        return found

    return map(row, range(len(lines)), lines.to_list(), scores)
