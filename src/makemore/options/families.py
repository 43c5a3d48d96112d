"""Every family of models: its options, and where its class stands."""

from importlib import import_module
from typing import Any, NamedTuple

from makemore.errors import OptionError
from makemore.options.declaration import Options, options, setting


@options
class NgramOptions(Options):
    """Counts with add-k smoothing; `window=1` is the lectures' counted bigram.

    Example:
        >>> NgramOptions(window=1, add=0).window
        1
    """

    window: int = setting("characters looked back", default=3, minimum=1, maximum=64)
    add: float = setting(
        "added to every count; 0 leaves unseen characters impossible",
        default=1.0,
        minimum=0,
        maximum=1e6,
    )


@options
class KneserNeyOptions(Options):
    """Modified Kneser-Ney: counts backed off to shorter contexts; strong and instant.

    Example:
        >>> KneserNeyOptions(window=1).window
        1
    """

    window: int = setting("characters looked back", default=5, minimum=1, maximum=64)


@options
class LinearOptions(Options):
    """One-hot contexts times a weight matrix: the neural bigram, trigram and so on.

    Example:
        >>> LinearOptions().window
        1
    """

    window: int = setting("characters looked back", default=1, minimum=1, maximum=64)
    l2: float = setting(
        "weight of the mean squared weight in the loss; smooths",
        default=0.0,
        minimum=0,
        maximum=1e3,
    )


@options
class MLPOptions(Options):
    """Embedded characters, one hidden layer of tanh (Bengio et al. 2003).

    Example:
        >>> MLPOptions(window=1).window
        1
    """

    window: int = setting("characters looked back", default=3, minimum=1, maximum=64)
    embedding: int = setting(
        "numbers a character is embedded in", default=10, minimum=1, maximum=4096
    )
    hidden: int = setting("neurons of the hidden layer", default=200, minimum=1, maximum=65536)


class Family(NamedTuple):
    """One row of the registry.

    Attributes:
        name: the family's name.
        options: its declaration.
        model: where its class stands, as "module:Class".
        is_counted: whether it is counted; the others are trained.
        rate: the highest learning rate that serves it well, for those trained.
        weight_decay: likewise.
        batch: lines in each step that serve it well, or None for the whole list.
    """

    name: str
    options: type[Options]
    model: str
    is_counted: bool = False
    rate: float = 0.01
    weight_decay: float = 0.0
    batch: int | None = None

    def build(self, family_options: Options, vocabulary_size: int, label_count: int) -> Any:
        """Makes a model that has learned nothing yet."""
        module, _, name = self.model.partition(":")
        return getattr(import_module(module), name)(family_options, vocabulary_size, label_count)


FAMILIES = {
    family.name: family
    for family in (
        Family("ngram", NgramOptions, "makemore.models.ngram:Ngram", is_counted=True),
        Family(
            "kneser_ney", KneserNeyOptions, "makemore.models.kneser_ney:KneserNey", is_counted=True
        ),
        Family("linear", LinearOptions, "makemore.models.linear:Linear", rate=0.3),
        Family("mlp", MLPOptions, "makemore.models.mlp:MLP", False, 0.05, 0.1, batch=2048),
    )
}


def family_named(name: str) -> Family:
    """Looks a family up.

    Raises:
        OptionError: there is none of that name.
    """
    if name not in FAMILIES:
        raise OptionError(f"model {name!r} is unknown: choose one of auto, {', '.join(FAMILIES)}")
    return FAMILIES[name]


def family_of(family_options: Options) -> Family:
    """Finds the family that an options object belongs to.

    Raises:
        OptionError: it belongs to none.
    """
    for family in FAMILIES.values():
        if type(family_options) is family.options:
            return family
    raise OptionError(f"{family_options!r} is no family's options: see makemore models")
