"""`makemore odd`: lines that do not look like the list."""

from itertools import islice

from makemore.cli.console import say, visible, write_json
from makemore.cli.learning import read
from makemore.cli.parameters import Count, File, Flag, Source
from makemore.cli.spelled import END, write_spelled
from makemore.options.verbs import InputOptions


def odd(
    first: File,
    second: File | None = None,
    *,
    n: Count = 20,
    json: Flag = False,
    source: Source = InputOptions(),
) -> None:
    """Print lines that do not look like the list, the oddest first: makemore odd [MODEL] FILE.

    How odd a line is, in standard deviations above what the model expects of its own lines; its
    most surprising character, coloured on a terminal; the line. Without a model the list is judged
    by itself: each tenth of it by counts of the rest.

    Args:
        first: a file that fit wrote; or, given alone, a list; - is standard input.
        second: lines to judge; - is standard input.
        n: how many lines to print.
        json: print JSON, one object for each line.
    """
    from makemore.estimator import MakeMore

    if second is None:
        lines = read(first, source)
        say(f"{lines.summary()}; each tenth is judged by counts of the rest")
        found = MakeMore("kneser_ney").cross_oddness(lines)
    else:
        maker, lines = MakeMore.load(first), read(second, source)
        found = maker.oddness(lines)
    strings = lines.to_list()
    once = set(lines.distinct().tolist())
    for i in islice((i for i in found.order().tolist() if i in once), n):
        line, place = strings[i], int(found.place[i])
        deviations, nats = float(found.deviations[i]), float(found.log_prob[i])
        character = line[place : place + 1]
        if json:
            row = {"line": line, "deviations": deviations, "character": character}
            write_json({**row, "place": place + 1, "log_likelihood": nats})
            continue
        before, after = visible(line[:place]), visible(line[place + 1 :])
        marked = visible(character)
        start = f"{deviations:.2f}\t{'_' if character == ' ' else marked or END}\t"
        write_spelled(start, [(before, 0.0), (marked, nats), (after, 0.0)])
