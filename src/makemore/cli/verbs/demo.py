"""`makemore demo`: fit models to two bundled lists and print new lines."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from makemore.cli.console import print_message
from makemore.cli.fitting import create_maker, default_to_counting, fit_and_save
from makemore.cli.parameters import Count, Natural
from makemore.cli.sampling import print_samples
from makemore.options.verbs import FitOptions, SampleOptions

if TYPE_CHECKING:
    from makemore.corpus.lines import Lines
    from makemore.corpus.named.corpora import Dataset


def demo(*, n: Count = 20, prefix: str = "", model: str = "auto", seed: Natural = 0) -> None:
    """Learn the bundled first names and print new ones; then the same for thirty villages.

    No line is repeated. With a prefix, only names are printed. The villages show what makemore does
    with a short list.

    For example: makemore demo -n 5 --prefix mar

    Args:
        n: number of lines to print of each list.
        prefix: text that every name must start with.
        model: family of the model; see makemore models.
        seed: random seed; the same seed gives the same lines.
    """
    from makemore.corpus.named.corpora import dataset_named

    for name in ("us-names",) if prefix else ("us-names", "villages"):
        dataset = dataset_named(name)
        print_message(f"{dataset.name}: {dataset.description} ({dataset.attribution})")
        maker = create_maker(model, (), default_to_counting(model, FitOptions(seed=seed)))
        fit_and_save(maker, partial(_blocks, dataset))
        print_samples(maker, n, SampleOptions(prefix=prefix, new=True, distinct=True, seed=seed))


def _blocks(dataset: "Dataset") -> "Iterator[Lines]":
    """Yield the lines of a corpus in one block."""
    yield dataset.load()
