"""Sampling and printing of lines, shared by `make`, `demo` and `sample`."""

from collections.abc import Iterator
from itertools import islice, repeat
from typing import TYPE_CHECKING, NamedTuple

from makemore.cli.console import print_message, warn_if_diverged, write_json, write_lines
from makemore.cli.reading import read_plain_list
from makemore.errors import ConstraintError, OptionError
from makemore.options.verbs import SampleOptions

if TYPE_CHECKING:
    from makemore.estimator.makemore import MakeMore

_BATCH_SIZE = 4096  # lines scored per batch


class Files(NamedTuple):
    """Lists that lines are compared with.

    Attributes:
        exclude: file with lines never to print.
        learned: the list that the model was fitted on, for `new_by`.
    """

    exclude: str | None = None
    learned: str | None = None


def print_samples(
    maker: "MakeMore",
    n: int,
    options: SampleOptions,
    files: Files = Files(),
    as_json: bool = False,
    scores: bool = False,
) -> None:
    """Print n sampled lines; report if there are fewer.

    Raises:
        ConstraintError: no line was found.
    """
    if files.learned is not None and not options.new_by:
        raise OptionError("--list is for --new-by: give both, or leave --list out")
    excluded = [] if files.exclude is None else read_plain_list(files.exclude, "--exclude")
    learned = None if files.learned is None else read_plain_list(files.learned, "--list")
    stream = maker.stream(exclude=excluded, ahead=n, learned=learned, options=options)
    warn_if_diverged(maker, "its lines mean nothing")
    _warn_about_length(maker, options)
    if stream.allowed is not None:
        print_message(stream.method)
        if options.distinct and stream.allowed < n:
            most = "at most" if maker.learned_.vocabulary.may_compose else "only"
            print_message(f"{most} {stream.allowed:,.0f} distinct lines satisfy the constraints")
    lines, count = islice(stream, n), 0
    if as_json:
        for line, nats in (
            _score_batches(maker, lines, options.label) if scores else zip(lines, repeat(None))
        ):
            score = {} if nats is None else {"log_likelihood": nats}
            write_json({"line": line, **score, "drawn": stream.method})
            count += 1
    elif scores:
        scored = _score_batches(maker, lines, options.label)
        count = write_lines(f"{nats:.4f}\t{line}" for line, nats in scored)
    else:
        count = write_lines(lines)
    if n and not count:
        raise ConstraintError(
            f"no line that satisfies the request was found in {options.patience:,} draws: "
            "relax the constraints"
        )
    if count < n:
        print_message(f"only {count:,} of {n:,} lines were found")


def _warn_about_length(maker: "MakeMore", options: SampleOptions) -> None:
    """Print the default maximum length if the longest line of the list is longer."""
    longest, usual = maker.learned_.longest, maker.learned_.usual_length
    if usual < longest and options.length is None and options.max_length is None:
        print_message(
            f"the longest line of the list has {longest:,} characters, but nearly all have far "
            f"fewer: sampled lines have at most {usual:,} (set it with --max-length)"
        )


def _score_batches(
    maker: "MakeMore", lines: Iterator[str], label: str | None
) -> Iterator[tuple[str, float]]:
    """Yield lines with their log-likelihoods in nats."""
    while batch := list(islice(lines, _BATCH_SIZE)):
        labels = None if label is None else [label] * len(batch)
        yield from zip(batch, maker.score_samples(batch, labels).tolist(), strict=True)
