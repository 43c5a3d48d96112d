"""`makemore demo`: the main job on the bundled first names."""

from makemore.cli.console import say
from makemore.cli.drawing import draw
from makemore.cli.learning import learn
from makemore.cli.parameters import Count, Fitting, Pairs, Sampling
from makemore.options.verbs import FitOptions, SampleOptions


def demo(
    *,
    n: Count = 20,
    model: str = "auto",
    option: Pairs = (),
    fitting: Fitting = FitOptions(),
    sampling: Sampling = SampleOptions(new=True, distinct=True),
) -> None:
    """Learn the bundled first names and print new ones, each once and none from the list.

    Args:
        n: how many lines to print.
        model: a family, see makemore models.
        option: an option of the family, as NAME=VALUE.
    """
    from makemore.corpus.datasets import dataset_named

    names = dataset_named("us-names")
    say(f"{names.name}: {names.what} ({names.attribution})")
    draw(learn(names.load, model, option, fitting, None), n, sampling)
