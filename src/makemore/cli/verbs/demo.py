"""`makemore demo`: fit a model to the bundled first names and print new names."""

from makemore.cli.console import say
from makemore.cli.fitting import at_once, learn, new_maker
from makemore.cli.parameters import Count, Natural
from makemore.cli.sampling import draw
from makemore.options.verbs import FitOptions, SampleOptions


def demo(*, n: Count = 20, prefix: str = "", model: str = "auto", seed: Natural = 0) -> None:
    """Learn the bundled first names and print new names, without repeats.

    For example: makemore demo -n 5 --prefix mar

    Args:
        n: number of names to print.
        prefix: text that every name must start with.
        model: family of the model; see makemore models.
        seed: random seed; the same seed gives the same names.
    """
    from makemore.corpus.named.corpora import dataset_named

    names = dataset_named("us-names")
    say(f"{names.name}: {names.description} ({names.attribution})")
    maker = new_maker(model, (), at_once(model, FitOptions(seed=seed)))
    learn(maker, lambda: iter([names.load()]))
    draw(maker, n, SampleOptions(prefix=prefix, new=True, distinct=True, seed=seed))
