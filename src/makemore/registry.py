"""The registry of families: for each its options, its class and how it is best learned."""

import re
from functools import partial
from importlib import import_module
from typing import Any, Literal, NamedTuple

from makemore.errors import OptionError
from makemore.options import families as of
from makemore.options.declaration import Options


class Family(NamedTuple):
    """One row of the registry.

    Attributes:
        name: the family's name.
        options: its declaration.
        model: where its class stands under `makemore.models`, as "module:Class".
        learns: by counting, by training (a network), or by mixing members that do.
        rate: the highest learning rate that serves it well, for those trained.
        weight_decay: likewise.
        muon: how many times the rate Muon steps its hidden matrices with; 0 for AdamW alone.
        batch: characters in each step that serve it well, or None for the whole list.
    """

    name: str
    options: type[Options]
    model: str
    learns: Literal["counting", "training", "mixing"] = "training"
    rate: float = 0.01
    weight_decay: float = 0.3
    muon: float = 0.0
    batch: int | None = 4096

    def build(self, family_options: Options, vocabulary_size: int, label_count: int) -> Any:
        """Makes a model that has learned nothing yet."""
        sizes = vocabulary_size, label_count
        if isinstance(family_options, of.MixtureOptions):
            each = members_of(family_options.members)
            return self.load_class()([member.build(own, *sizes) for member, own in each])
        return self.load_class()(family_options, *sizes)

    def load_class(self) -> Any:
        """Import the class of the model; only then are NumPy and, for networks, torch imported."""
        module, _, name = self.model.partition(":")
        return getattr(import_module(f"makemore.models.{module}"), name)

    def load(
        self, family_options: Options, vocabulary_size: int, label_count: int, tensors: Any
    ) -> Any:
        """Makes the model that gave some tensors; what it claims to be takes no memory.

        Raises:
            ValueError: no model of these options gives such tensors.
        """
        sizes = vocabulary_size, label_count
        if isinstance(family_options, of.MixtureOptions):
            return self._load_mixture(members_of(family_options.members), sizes, tensors)
        make = partial(self.build, family_options, *sizes)
        if self.learns == "training":
            from makemore.layers.network import check_shapes, sketched  # here: torch loads long

            check_shapes(sketched(make), tensors)
        return make().load(tensors)

    def _load_mixture(
        self, each: "list[tuple[Family, Options]]", sizes: tuple[int, int], tensors: Any
    ) -> Any:
        """Make the mixture that gave some tensors, of members in its own vocabulary or adapted."""
        from makemore.inference.vocabulary_adapter import TRANSLATION, VocabularyAdapter
        from makemore.models.mixture import member_tensors

        members = []
        for number, (family, options) in enumerate(each):
            own = member_tensors(tensors, number)
            load = partial(family.load, options)
            is_adapted = TRANSLATION in own
            members.append(
                VocabularyAdapter.loaded(load, own, sizes) if is_adapted else load(*sizes, own)
            )
        return self.load_class()(members, tensors["weights"])


FAMILIES = {
    family.name: family
    for family in (
        Family("ngram", of.NgramOptions, "ngram:Ngram", learns="counting"),
        Family("kneser_ney", of.KneserNeyOptions, "kneser_ney:KneserNey", learns="counting"),
        Family("linear", of.LinearOptions, "linear:Linear", rate=0.3, weight_decay=0, batch=None),
        Family("mlp", of.MLPOptions, "mlp:MLP", rate=0.05, weight_decay=0.1, batch=16384),
        Family("plain_mlp", of.PlainMLPOptions, "plain_mlp:PlainMLP", muon=2, batch=8192),
        Family(
            "deep_mlp", of.DeepMLPOptions, "deep_mlp:DeepMLP", weight_decay=1, muon=2, batch=8192
        ),
        Family("resnet", of.ResNetOptions, "resnet:ResNet", weight_decay=2, muon=2, batch=8192),
        Family("wavenet", of.WaveNetOptions, "wavenet:WaveNet", weight_decay=1, muon=2),
        Family("bow", of.BoWOptions, "bow:BoW", rate=0.02, weight_decay=0.01),
        Family("rnn", of.RNNOptions, "rnn:RNN", rate=0.005, muon=4),
        Family("lstm", of.LSTMOptions, "lstm:LSTM", rate=0.02, weight_decay=0.4),
        Family("gru", of.GRUOptions, "gru:GRU", rate=0.015, weight_decay=0.4),
        Family(
            "transformer",
            of.TransformerOptions,
            "transformer:Transformer",
            rate=0.01,
            weight_decay=0.6,
            muon=2,
        ),
        Family("mixture", of.MixtureOptions, "mixture:Mixture", learns="mixing"),
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


def members_of(text: str) -> list[tuple[Family, Options]]:
    """Reads the members of a mixture.

    Raises:
        OptionError: the text is not families with commas between them, or an option is wrong.

    Example:
        >>> [(family.name, options.to_dict()) for family, options in members_of("ngram(add=0.5)")]
        [('ngram', {'window': 3, 'add': 0.5})]
    """
    found = []
    for part in re.split(r",(?![^(]*\))", text):
        shape = re.fullmatch(r"\s*(\w+)\s*(?:\(([^()]*)\))?\s*", part)
        if shape is None:
            raise OptionError(
                f"members has {part.strip()!r}: write it as kneser_ney(window=3), gru(hidden=64)"
            )
        family = family_named(shape[1])
        if family.learns == "mixing":
            raise OptionError("members has a mixture: name its members instead")
        pairs = [pair.partition("=") for pair in (shape[2] or "").split(",") if pair.strip()]
        options = {name.strip(): value.strip() for name, _, value in pairs}
        found.append((family, family.options.of_strings(options)))
    return found


def text_of(family: Family, options: Options) -> str:
    """Writes a member of a mixture, as `members_of` reads it.

    Example:
        >>> text_of(*members_of("ngram(add=0.5)")[0])
        'ngram(window=3, add=0.5)'
    """
    pairs = [f"{name}={value}" for name, value in options.to_dict().items()]
    return f"{family.name}({', '.join(pairs)})"
