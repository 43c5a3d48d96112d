"""`makemore fit`: learn a list and keep the model in one file."""

from typing import Annotated

from cyclopts import Parameter

from makemore.cli.learning import learn, read
from makemore.options.verbs import FitOptions, InputOptions


def fit(
    file: str,
    *,
    output: Annotated[str, Parameter(alias="-o")],
    model: str = "auto",
    option: Annotated[tuple[str, ...], Parameter(alias="-O", negative="")] = (),
    source: Annotated[InputOptions, Parameter(name="*")] = InputOptions(),
    fitting: Annotated[FitOptions, Parameter(name="*")] = FitOptions(),
) -> None:
    """Learn a list and keep the model in one file.

    Args:
        file: text with one line for each thing, or a CSV or TSV table; - is standard input.
        output: where to keep the model.
        model: a family, see makemore models.
        option: an option of the family, as NAME=VALUE.
    """
    learn(lambda: read(file, source), model, option, fitting, output)
