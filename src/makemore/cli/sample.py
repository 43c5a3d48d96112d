"""`makemore sample`: new lines from a model."""

from makemore.cli.drawing import draw
from makemore.cli.parameters import Count, File, Json, Sampling
from makemore.options.verbs import SampleOptions


def sample(
    model: str,
    *,
    n: Count = 20,
    exclude: File | None = None,
    json: Json = False,
    sampling: Sampling = SampleOptions(),
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
