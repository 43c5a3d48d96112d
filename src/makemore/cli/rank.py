"""`makemore rank`: how many lines are more probable than a line."""

from makemore.cli.console import visible, write_json
from makemore.cli.learning import read
from makemore.cli.parameters import Count, File, Flag, Natural, Source
from makemore.options.verbs import InputOptions


def rank(
    model: str,
    file: File,
    *,
    draws: Count = 100_000,
    label: str | None = None,
    seed: Natural = 0,
    json: Flag = False,
    source: Source = InputOptions(),
) -> None:
    """Estimate how many lines are more probable: the number, its standard error, the line.

    The estimate is made from lines drawn. Lines so probable that all of them are drawn are counted.

    Args:
        model: a file that fit wrote.
        file: lines to rank; - is standard input.
        draws: lines to draw: four times as many halve the error.
        label: rank lines of this label among its own, for a list with labels.
        seed: of the drawing.
        json: print JSON, one object for each line.
    """
    from makemore.estimator import MakeMore

    maker, lines = MakeMore.load(model), read(file, source)
    found = maker.rank(lines, draws=draws, label=label, seed=seed)
    rows = zip(lines.to_list(), *(each.tolist() for each in found), strict=True)
    for line, more, error, nats in rows:
        if json:
            row = {"line": line, "more_probable": more, "standard_error": error}
            write_json({**row, "log_likelihood": nats})
        else:
            print(f"{more:.0f}\t{error:.0f}\t{visible(line)}")
