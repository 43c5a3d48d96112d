"""`makemore FILE`: fit a model to a list and print new lines."""

from makemore.cli.fitting import Outputs, at_once, learn, new_maker
from makemore.cli.output_paths import check_kept
from makemore.cli.parameters import Count, File, Fitting, Flag, Output, Pairs, Sampling, Source
from makemore.cli.reading import read_blocks
from makemore.cli.sampling import draw
from makemore.options.verbs import FitOptions, InputOptions, SampleOptions


def make(
    file: File,
    *,
    n: Count = 20,
    exclude: File | None = None,
    json: Flag = False,
    output: Output | None = None,
    model: str = "auto",
    option: Pairs = (),
    source: Source = InputOptions(),
    fitting: Fitting = FitOptions(),
    sampling: Sampling = SampleOptions(),
) -> None:
    """Learn a list and print new lines; the verb can be omitted: makemore FILE.

    Without a budget, steps or a model it counts, which needs no training time. For example:
    makemore names.txt -n 5 --new --distinct

    Args:
        file: list to learn: text with one line per item, or a CSV, TSV or JSON lines table; - reads
            standard input.
        n: number of lines to print.
        exclude: file with lines never to print.
        json: print JSON, one object per line.
        output: path of a model file to save.
        model: family of the model; see makemore models.
        option: option of the family, as NAME=VALUE.
    """
    check_kept(output, file, exclude)
    maker = new_maker(model, option, at_once(model, fitting))
    learn(maker, lambda: read_blocks(file, source), Outputs(output))
    draw(maker, n, sampling, exclude, json)
