"""`makemore fit`: learn a list and keep the model in one file."""

from makemore.cli.learning import learn, read
from makemore.cli.parameters import File, Fitting, Output, Pairs, Source
from makemore.options.verbs import FitOptions, InputOptions


def fit(
    file: File,
    *,
    output: Output,
    model: str = "auto",
    option: Pairs = (),
    source: Source = InputOptions(),
    fitting: Fitting = FitOptions(),
) -> None:
    """Learn a list and keep the model in one file.

    Args:
        file: text with one line for each thing, or a CSV or TSV table; - is standard input.
        output: where to keep the model.
        model: a family, see makemore models.
        option: an option of the family, as NAME=VALUE.
    """
    learn(lambda: read(file, source), model, option, fitting, output)
