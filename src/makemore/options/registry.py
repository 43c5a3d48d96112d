"""The registry of families: for each its options, its class and how it is best learned."""

from importlib import import_module
from typing import Any, NamedTuple

from makemore.errors import OptionError
from makemore.options import families as of
from makemore.options.declaration import Options


class Family(NamedTuple):
    """One row of the registry.

    Attributes:
        name: the family's name.
        options: its declaration.
        model: where its class stands under `makemore.models`, as "module:Class".
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
    batch: int | None = 2048

    def build(self, family_options: Options, vocabulary_size: int, label_count: int) -> Any:
        """Makes a model that has learned nothing yet."""
        module, _, name = self.model.partition(":")
        return getattr(import_module(f"makemore.models.{module}"), name)(
            family_options, vocabulary_size, label_count
        )


FAMILIES = {
    family.name: family
    for family in (
        Family("ngram", of.NgramOptions, "ngram:Ngram", is_counted=True),
        Family("kneser_ney", of.KneserNeyOptions, "kneser_ney:KneserNey", is_counted=True),
        Family("linear", of.LinearOptions, "linear:Linear", rate=0.3, batch=None),
        Family("mlp", of.MLPOptions, "mlp:MLP", rate=0.05, weight_decay=0.1),
        Family("plain_mlp", of.PlainMLPOptions, "plain_mlp:PlainMLP", weight_decay=0.1),
        Family("deep_mlp", of.DeepMLPOptions, "deep_mlp:DeepMLP", weight_decay=0.1),
        Family("resnet", of.ResNetOptions, "resnet:ResNet", weight_decay=0.1),
        Family("wavenet", of.WaveNetOptions, "wavenet:WaveNet", weight_decay=0.1),
        Family("bow", of.BoWOptions, "bow:BoW", weight_decay=0.1),
        Family("rnn", of.RNNOptions, "rnn:RNN", rate=0.005, weight_decay=0.1),
        Family("lstm", of.LSTMOptions, "lstm:LSTM", weight_decay=0.1),
        Family("gru", of.GRUOptions, "gru:GRU", weight_decay=0.1),
        Family(
            "transformer",
            of.TransformerOptions,
            "transformer:Transformer",
            rate=0.003,
            weight_decay=0.1,
        ),
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
