"""Learning-rate range test of a fresh network on a list."""

from typing import TYPE_CHECKING

from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import DataError, OptionError
from makemore.fitting.splits import NO_LINE
from makemore.fitting.trainer import train_options
from makemore.options.declaration import Options
from makemore.options.verbs import FitOptions
from makemore.registry import family_and_options

if TYPE_CHECKING:
    from makemore.training.rate_range import RateRange


def run_rate_range(lines: Lines, model: str | Options, options: FitOptions) -> "RateRange":
    """Run the range test; see `makemore.training.rate_range`.

    Args:
        lines: at least one line.
        model: name or options of a network family.
        options: options of the fit; only weight decay, device and seed are used.

    Raises:
        DataError: there is no line.
        OptionError: the family is not a network, or an option is invalid.
    """
    import torch

    from makemore.layers.network import AnyNetwork
    from makemore.training.device import select_device
    from makemore.training.rate_range import rate_range

    options.check()
    if not len(lines):
        raise DataError(NO_LINE)
    if model == "auto":
        raise OptionError(
            "a learning-rate range test needs a network family, not auto: name one, such as gru"
        )
    family, family_options = family_and_options(model)
    if family.fit_method != "training":
        raise OptionError(
            f"{family.name} has no learning rate: it is fitted by {family.fit_method}"
        )
    vocabulary = Vocabulary.of(lines)
    network = family.build(family_options, len(vocabulary), len(vocabulary.labels))
    assert isinstance(network, AnyNetwork), "it is trained"
    network.initialise(torch.Generator().manual_seed(options.seed))
    network.to(select_device(options.device))
    c = Contexts.of(lines, vocabulary, network.window)
    return rate_range(network, c, train_options(family, options, options.seed))
