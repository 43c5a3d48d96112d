"""`makemore odd`: print the lines that are least typical of the list."""

from makemore.cli.character_scores import END, write_pieces
from makemore.cli.console import Json, say, say_unknown, write_json
from makemore.cli.parameters import Count, File, Flag, Source
from makemore.cli.reading import read
from makemore.corpus.control_characters import display_character, escape_controls
from makemore.options.verbs import InputOptions


def odd(
    first: File,
    second: File | None = None,
    *,
    n: Count = 20,
    json: Flag = False,
    source: Source = InputOptions(),
) -> None:
    """Print the lines that are least like the list, the oddest first: makemore odd [MODEL] FILE.

    Each is printed with its oddness, in standard deviations above what the model expects of its own
    lines; its most surprising character, coloured on a terminal; its label, if lines have labels;
    and the line. Without a model, each tenth of the list is scored by counts of the rest. For
    example: makemore odd names.txt -n 10

    Args:
        first: model file written by fit; or, if given alone, a list; - reads standard input.
        second: lines to score, each under its label if it has one; - reads standard input.
        n: number of lines to print.
        json: print JSON, one object per line; place counts from 0.
    """
    from makemore.estimator.makemore import MakeMore

    if second is None:
        lines = read(first, source, labels=False)
        say(f"{lines.summary()}; each tenth is judged by counts of the rest")
        found = MakeMore("kneser_ney").cross_oddness(lines)
    else:
        maker = MakeMore.load(first)
        lines = read(second, source, labels=len(maker.classes_) > 0, weights=False)
        found = maker.oddness(lines)
        say_unknown(maker, lines, "nothing is odder")
    names = [None] * len(lines) if lines.labels is None else lines.label_list()
    named = zip(lines.to_list(), names, strict=True)
    once = dict(zip(named, found.rows(), strict=True))  # equal lines are equally odd
    oddest = sorted(once.items(), key=lambda item: -item[1][0])
    for (line, label), (deviations, place, nats) in oddest[:n]:
        character = line[place : place + 1]
        labelled: dict[str, str] = {} if label is None else {"label": label}
        if json:
            row: dict[str, Json] = {
                "line": line,
                **labelled,
                "deviations": deviations,
                "character": character,
            }
            write_json({**row, "place": place, "log_likelihood": nats})
            continue
        values = map(escape_controls, labelled.values())
        columns = [f"{deviations:.2f}", display_character(character) or END, *values]
        pieces = [(escape_controls(line[:place]), 0.0), (escape_controls(character), nats)]
        rest = escape_controls(line[place + 1 :])
        write_pieces("".join(f"{column}\t" for column in columns), [*pieces, (rest, 0.0)])
