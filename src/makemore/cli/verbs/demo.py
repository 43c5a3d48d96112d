"""`makemore demo`: fit a model to the bundled first names and print new names."""

from makemore.cli.console import print_message
from makemore.cli.fitting import create_maker, default_to_counting, fit_and_save
from makemore.cli.parameters import Count, Natural
from makemore.cli.sampling import print_samples
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
    print_message(f"{names.name}: {names.description} ({names.attribution})")
    maker = create_maker(model, (), default_to_counting(model, FitOptions(seed=seed)))
    fit_and_save(maker, lambda: iter([names.load()]))
    print_samples(maker, n, SampleOptions(prefix=prefix, new=True, distinct=True, seed=seed))
