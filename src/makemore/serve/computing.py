"""What models compute for requests, as values of JSON; to be run in workers."""

import math
from collections.abc import Iterable

from makemore.checkpoint.model_file import Document
from makemore.corpus.lines import Lines
from makemore.errors import OptionError
from makemore.estimator.makemore import MakeMore
from makemore.options.serving import Classifying, Ranking, Scoring


def finite(numbers: Iterable[float]) -> list[float | None]:
    """Return numbers as JSON has them: null for those that are not finite."""
    return [number if math.isfinite(number) else None for number in numbers]


def log_likelihoods(maker: MakeMore, lines: list[str], label: str | None) -> list[float | None]:
    """Return the log-likelihood of each line."""
    labels = None if label is None else [label] * len(lines)
    return finite(maker.score_samples(lines, labels).tolist()) if lines else []


def _cleaned(lines: tuple[str, ...], labels: tuple[str, ...] = ()) -> Lines:
    """Return lines cleaned as those of a list; none may be blank, so that they keep their order."""
    if labels and len(labels) != len(lines):
        raise OptionError(
            f"there are {len(lines):,} lines and {len(labels):,} labels: send as many"
        )
    cleaned = Lines.from_strings(lines, labels or None)
    if len(cleaned) < len(lines):
        raise OptionError("a line is blank: leave it out")
    return cleaned


def scores(maker: MakeMore, wanted: Scoring) -> list[Document]:
    """Return the scores of lines."""
    lines = _cleaned(wanted.lines, wanted.labels)
    nats, lengths = maker.score_samples(lines), lines.lengths() + 1
    rows: list[Document] = [
        {"line": line, "log_likelihood": a, "per_character": b}
        for line, a, b in zip(
            lines.to_list(), finite(nats.tolist()), finite((nats / lengths).tolist()), strict=True
        )
    ]
    if wanted.characters:
        for row, each in zip(rows, maker.score_characters(lines), strict=True):
            row["characters"] = finite(each.tolist())
    if wanted.by_label:
        given = maker.score_labels(lines.without_labels()).tolist()
        for row, each in zip(rows, given, strict=True):
            row["labels"] = dict(zip(maker.classes_.tolist(), finite(each), strict=True))
    return rows


def ranks(maker: MakeMore, wanted: Ranking) -> list[Document]:
    """Return the ranks of lines."""
    lines = _cleaned(wanted.lines)
    found = maker.rank(lines, draws=wanted.draws, label=wanted.label, seed=wanted.seed)
    columns = [finite(column.tolist()) for column in found]
    names = ("more_probable", "standard_error", "log_likelihood")
    return [
        {"line": line, **dict(zip(names, numbers, strict=True)), "reliable": reliable}
        for line, *numbers, reliable in zip(
            lines.to_list(), *columns, found.is_reliable.tolist(), strict=True
        )
    ]


def classes(maker: MakeMore, wanted: Classifying) -> list[Document]:
    """Return the labels of lines."""
    lines = _cleaned(wanted.lines)
    probabilities, labels = maker.predict_proba(lines), maker.classes_.tolist()
    return [
        {
            "line": line,
            "label": labels[max(range(len(row)), key=row.__getitem__)],
            "probabilities": dict(zip(labels, row, strict=True)),
        }
        for line, row in zip(lines.to_list(), probabilities.tolist(), strict=True)
    ]
