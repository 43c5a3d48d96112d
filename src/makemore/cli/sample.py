"""`makemore sample`: new lines from a model."""

from typing import Annotated

from cyclopts import Parameter

from makemore.cli.drawing import Count, draw
from makemore.options.verbs import SampleOptions


def sample(
    model: str,
    *,
    n: Count = 20,
    exclude: str | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
    sampling: Annotated[SampleOptions, Parameter(name="*")] = SampleOptions(),
) -> None:
    """Print new lines from a model.

    Args:
        model: a file that fit wrote.
        n: how many lines to print.
        exclude: a file of lines never to print.
        json: print JSON, one object for each line.
    """
    from makemore.estimator import MakeMore

    draw(MakeMore.load(model), n, sampling, exclude, json)
