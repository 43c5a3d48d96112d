"""`makemore FILE`: fit a model to a list and print new lines."""

from makemore.cli.fitting import Outputs, create_maker, default_to_counting, fit_and_save
from makemore.cli.output_paths import check_not_overwritten
from makemore.cli.parameters import Count, File, Fitting, Flag, Output, Pairs, Sampling, Source
from makemore.cli.reading import read_blocks
from makemore.cli.sampling import Files, print_samples
from makemore.options.verbs import FitOptions, InputOptions, SampleOptions


def make(
    *files: File,
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
    """Learn a list and print new lines; the word make can be omitted: makemore FILE.

    Without a budget, steps or a model it counts, which needs no training time.

    For example: makemore names.txt -n 5 --new --distinct

    Args:
        files: list to learn, in one or more files or folders: text with one line per item, a CSV or
            TSV table, or JSON; - reads standard input.
        n: number of lines to print.
        exclude: file with lines never to print.
        json: print JSON, one object per line.
        output: path of a model file to save.
        model: family of the model; see makemore models.
        option: option of the family, as NAME=VALUE.
    """
    check_not_overwritten(output, *files, exclude)
    maker = create_maker(model, option, default_to_counting(model, fitting))
    fit_and_save(maker, lambda: read_blocks(files, source), Outputs(output))
    print_samples(maker, n, sampling, Files(exclude), json)
