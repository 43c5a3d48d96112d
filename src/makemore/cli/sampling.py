"""Sampling and printing of lines, shared by `make`, `demo` and `sample`."""

from collections.abc import Iterator
from itertools import islice, repeat
from typing import TYPE_CHECKING

from makemore.cli.console import say, write_json, write_lines
from makemore.errors import ConstraintError
from makemore.options.verbs import SampleOptions

if TYPE_CHECKING:
    from makemore.estimator.makemore import MakeMore

_SCORED = 4096  # lines scored per batch


def draw(
    maker: "MakeMore",
    n: int,
    how: SampleOptions,
    exclude: str | None = None,
    as_json: bool = False,
    scores: bool = False,
) -> None:
    """Print n sampled lines; report if there are fewer.

    Raises:
        ConstraintError: no line was found.
    """
    excluded: list[str] = []
    if exclude is not None:
        from makemore.corpus.reading.lists import read_lines

        excluded = read_lines(exclude).to_list()
    stream = maker.stream(exclude=excluded, ahead=n, options=how)
    if stream.allowed is not None:
        say(stream.method)
        if how.distinct and stream.allowed < n:
            say(f"only {stream.allowed:,.0f} different lines are what was asked for")
    lines, written = islice(stream, n), 0
    if as_json:
        for line, nats in _scored(maker, lines, how.label) if scores else zip(lines, repeat(None)):
            score = {} if nats is None else {"log_likelihood": nats}
            write_json({"line": line, **score, "drawn": stream.method})
            written += 1
    elif scores:
        pairs = _scored(maker, lines, how.label)
        written = write_lines(f"{nats:.4f}\t{line}" for line, nats in pairs)
    else:
        written = write_lines(lines)
    if n and not written:
        raise ConstraintError(
            f"no line was found in {how.patience:,} draws that is what was asked for: ask for less"
        )
    if written < n:
        say(f"{written:,} of {n:,} lines: no more were found")


def _scored(
    maker: "MakeMore", lines: Iterator[str], label: str | None
) -> Iterator[tuple[str, float]]:
    """Yield lines with their log-likelihoods in nats."""
    while some := list(islice(lines, _SCORED)):
        labels = None if label is None else [label] * len(some)
        yield from zip(some, maker.score_samples(some, labels).tolist(), strict=True)
