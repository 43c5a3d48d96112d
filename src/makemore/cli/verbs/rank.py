"""`makemore rank`: estimate how many lines are more probable than each line."""

from makemore.cli.console import print_message, warn_about_unknown, write_json
from makemore.cli.parameters import File, Flag, Natural, Positive, Source
from makemore.cli.reading import read
from makemore.corpus.control_characters import escape_controls
from makemore.options.verbs import InputOptions


def rank(
    model: str,
    *files: File,
    draws: Positive = 100_000,
    label: str | None = None,
    seed: Natural = 0,
    json: Flag = False,
    source: Source = InputOptions(),
) -> None:
    """Estimate how many lines are more probable: print the number, its standard error and the line.

    The estimate is made from sampled lines. If all more probable lines are sampled, they are
    counted exactly.

    For example: makemore rank names.model made.txt

    Args:
        model: model file written by fit.
        files: lines to rank: files or folders; - reads standard input.
        draws: number of lines to sample; four times as many halve the error.
        label: rank among the lines of this label, for a list with labels.
        seed: random seed of the sampling.
        json: print JSON, one object per line.
    """
    from makemore.estimator.makemore import MakeMore

    maker, lines = MakeMore.load(model), read(files, source, labels=False, weights=False)
    ranks = maker.rank(lines, draws=draws, label=label, seed=seed)
    columns = (*ranks, ranks.is_reliable)
    rows = zip(lines.to_list(), *(column.tolist() for column in columns), strict=True)
    for line, more_probable, standard_error, nats, reliable in rows:
        if json:
            row = {"line": line, "more_probable": more_probable, "standard_error": standard_error}
            write_json({**row, "reliable": reliable, "log_likelihood": nats})
        else:
            print(
                f"{_format_count(more_probable)}\t{_format_count(standard_error)}\t{escape_controls(line)}"
            )
    warn_about_unknown(maker, lines, "their probability is zero")
    unreliable = len(lines) - int(ranks.is_reliable.sum())
    if unreliable:
        print_message(
            f"{unreliable:,} of {len(lines):,} ranks rest on few rare draws and may be far too low:"
            f" their standard error is above a fifth of them; give more than --draws {draws}"
        )


def _format_count(number: float) -> str:
    """Return a number rounded to an integer, or three digits of a very large one."""
    return f"{number:.0f}" if number < 1e15 else f"{number:.3g}"
