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
    """Learn a list and print new lines; the word can be left out: makemore FILE.

    Without a budget, steps or a model it counts, which takes no time to train.

    Args:
        file: text with one line for each thing, or a CSV, TSV or JSON lines table; - is standard
            input.
        n: how many lines to print.
        exclude: a file of lines never to print.
        json: print JSON, one object for each line.
        output: where to keep the model.
        model: a family, see makemore models.
        option: an option of the family, as NAME=VALUE.
    """
    check_kept(output, file, exclude)
    maker = new_maker(model, option, at_once(model, fitting))
    learn(maker, lambda: read_blocks(file, source), Outputs(output))
    draw(maker, n, sampling, exclude, json)
