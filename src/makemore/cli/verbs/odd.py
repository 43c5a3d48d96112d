"""`makemore odd`: print the lines that are least typical of the list."""

from makemore.cli.character_scores import END, write_pieces
from makemore.cli.console import Json, print_message, warn_about_unknown, write_json
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

    Each line is printed with its oddness, which is its surprise in excess of the expected surprise,
    in standard deviations; its most surprising character, coloured on a terminal; its label, if
    lines have labels; and the line. Without a model, each tenth of the list is scored by counts of
    the rest.

    For example: makemore odd names.txt -n 10

    Args:
        first: model file written by fit; or, if given alone, a list; - reads standard input.
        second: lines to score, each under its label if it has one; - reads standard input.
        n: number of lines to print.
        json: print JSON, one object per line; place counts from 0.
    """
    from makemore.estimator.makemore import MakeMore

    if second is None:
        lines = read([first], source, labels=False)
        print_message(f"{lines.summary()}; each tenth is scored by a count model of the rest")
        oddness = MakeMore("kneser_ney").cross_oddness(lines)
    else:
        maker = MakeMore.load(first)
        lines = read([second], source, labels=len(maker.classes_) > 0, weights=False)
        oddness = maker.oddness(lines)
        warn_about_unknown(maker, lines, "their oddness is infinite")
    labels = [None] * len(lines) if lines.labels is None else lines.label_list()
    labelled_lines = zip(lines.to_list(), labels, strict=True)
    unique = dict(zip(labelled_lines, oddness.rows(), strict=True))  # equal lines are equally odd
    oddest = sorted(unique.items(), key=lambda item: -item[1][0])
    for (line, label), (deviations, position, nats) in oddest[:n]:
        character = line[position : position + 1]
        label_item: dict[str, str] = {} if label is None else {"label": label}
        if json:
            row: dict[str, Json] = {
                "line": line,
                **label_item,
                "deviations": deviations,
                "character": character,
            }
            write_json({**row, "place": position, "log_likelihood": nats})
            continue
        values = map(escape_controls, label_item.values())
        columns = [f"{deviations:.2f}", display_character(character) or END, *values]
        before = [(escape_controls(line[:position]), 0.0), (escape_controls(character), nats)]
        after = escape_controls(line[position + 1 :])
        write_pieces("".join(f"{column}\t" for column in columns), [*before, (after, 0.0)])
