"""`makemore FILE`: learn a list and print new lines."""

from typing import Annotated

from cyclopts import Parameter

from makemore.cli.drawing import Count, draw
from makemore.cli.learning import learn, read
from makemore.options.verbs import FitOptions, InputOptions, SampleOptions


def make(
    file: str,
    *,
    n: Count = 20,
    output: Annotated[str | None, Parameter(alias="-o")] = None,
    model: str = "auto",
    option: Annotated[tuple[str, ...], Parameter(alias="-O", negative="")] = (),
    source: Annotated[InputOptions, Parameter(name="*")] = InputOptions(),
    fitting: Annotated[FitOptions, Parameter(name="*")] = FitOptions(),
    sampling: Annotated[SampleOptions, Parameter(name="*")] = SampleOptions(),
) -> None:
    """Learn a list and print new lines.

    Args:
        file: text with one line for each thing, or a CSV or TSV table; - is standard input.
        n: how many lines to print.
        output: where to keep the model.
        model: a family, see makemore models.
        option: an option of the family, as NAME=VALUE.
    """
    maker = learn(lambda: read(file, source), model, option, fitting, output)
    draw(maker, n, sampling)
