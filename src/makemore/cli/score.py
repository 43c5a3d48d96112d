"""`makemore score`: how probable lines are."""

from makemore.cli.console import say, visible, write_json
from makemore.cli.learning import read
from makemore.cli.parameters import File, Flag, Source
from makemore.options.verbs import InputOptions


def score(
    model: str,
    file: File,
    *,
    json: Flag = False,
    source: Source = InputOptions(),
) -> None:
    """Say how probable lines are: log-likelihood in nats, the same per character, the line.

    A line with a character that was nowhere in the list has a log-likelihood of -inf.

    Args:
        model: a file that fit wrote.
        file: lines to score; - is standard input.
        json: print JSON, one object for each line.
    """
    from makemore.estimator import MakeMore

    maker, lines = MakeMore.load(model), read(file, source)
    scores = maker.score_lines(lines)
    for line, nats in zip(lines.to_list(), scores.tolist(), strict=True):
        each = nats / (len(line) + 1)
        if json:
            write_json({"line": line, "log_likelihood": nats, "per_character": each})
        else:
            print(f"{nats:.4f}\t{each:.4f}\t{visible(line)}")
    unknown = int((~maker.learned_.vocabulary.knows(lines)).sum())
    if unknown:
        say(f"{unknown:,} of {len(lines):,} lines: -inf, for a character nowhere in the list")
