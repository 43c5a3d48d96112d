"""Registry of model families, with their options, classes and training hyperparameters."""

import ast
import re
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Literal, NamedTuple

from makemore.errors import OptionError
from makemore.options import families as of
from makemore.options.declaration import Options

if TYPE_CHECKING:
    from makemore.inference.model import FamilyModel, Model, Tensors

_LONGEST = 100_000  # maximum length of `members`, which may come from a model file


class Family(NamedTuple):
    """One row of the registry.

    Attributes:
        name: name of the family.
        options: class of its options.
        model: location of its class in `makemore.models`, as "module:Class".
        learns: how it is fitted: by counting, by training a network, or as a mixture of members.
        rate: recommended peak learning rate of a network.
        weight_decay: recommended weight decay of a network.
        muon: learning rate of Muon for hidden matrices, as a multiple of the learning rate; 0 to
            use AdamW for all parameters.
        batch: recommended batch size in characters, or None for the whole list.
    """

    name: str
    options: type[Options]
    model: str
    learns: Literal["counting", "training", "mixing"] = "training"
    rate: float = 0.01
    weight_decay: float = 0.3
    muon: float = 0.0
    batch: int | None = 4096

    def members(self, options: Options) -> "list[tuple[Family, Options]]":
        """Return the families to fit, with options: the members of a mixture, or this family.

        Raises:
            OptionError: the members of a mixture cannot be parsed.
        """
        if isinstance(options, of.MixtureOptions):
            return members_of(options.members)
        return [(self, options)]

    def build(self, options: Options, vocabulary_size: int, label_count: int) -> "FamilyModel":
        """Build an unfitted model."""
        sizes = vocabulary_size, label_count
        if self.learns == "mixing":
            return self._class()([each.build(own, *sizes) for each, own in self.members(options)])
        return self._class()(options, *sizes)

    def load(
        self, options: Options, vocabulary_size: int, label_count: int, tensors: "Tensors"
    ) -> "FamilyModel":
        """Build a model from saved tensors.

        The shapes of a network are checked before its memory is allocated, because the sizes in an
        untrusted file may be far larger than its tensors.

        Raises:
            ValueError: the tensors are not those of a model with these options.
        """
        sizes = vocabulary_size, label_count
        if self.learns == "mixing":
            return self._load_mixture(options, sizes, tensors)
        make = partial(self.build, options, *sizes)
        if self.learns == "training":
            from makemore.layers.network import check_tensors  # here: torch loads slowly

            check_tensors(make, tensors)
        return make().load(tensors)

    def _load_mixture(
        self, options: Options, sizes: tuple[int, int], tensors: "Tensors"
    ) -> "FamilyModel":
        """Build a mixture from saved tensors; members may have adapted vocabularies."""
        from makemore.inference.vocabulary_adapter import TRANSLATION, VocabularyAdapter
        from makemore.models.mixture import Mixture, member_tensors

        members: list[Model] = []
        for number, (family, own) in enumerate(self.members(options)):
            mine = member_tensors(tensors, number)
            load = partial(family.load, own)
            is_adapted = TRANSLATION in mine
            members.append(
                VocabularyAdapter.loaded(load, mine, sizes) if is_adapted else load(*sizes, mine)
            )
        return Mixture(members, tensors["weights"])

    def _class(self) -> "Callable[..., FamilyModel]":
        """Import the model class, and with it NumPy and, for networks, torch."""
        module, _, name = self.model.partition(":")
        imported = import_module(f"makemore.models.{module}")
        found: Callable[..., FamilyModel] = getattr(imported, name)
        return found


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
    """Return the family with this name.

    Raises:
        OptionError: there is no such family.
    """
    if name not in FAMILIES:
        raise OptionError(f"model {name!r} is unknown: choose one of auto, {', '.join(FAMILIES)}")
    return FAMILIES[name]


def family_of(family_options: Options) -> Family:
    """Return the family of an options object.

    Raises:
        OptionError: the object is not the options of a family.
    """
    for family in FAMILIES.values():
        if type(family_options) is family.options:
            return family
    raise OptionError(f"{family_options!r} is no family's options: see makemore models")


def family_and_options(model: str | Options) -> tuple[Family, Options]:
    """Return a family and its options, given its name or its options.

    Raises:
        OptionError: there is no such family, or the members of a mixture cannot be parsed.
    """
    if isinstance(model, type):
        raise OptionError(f"model is the class {model.__name__}: make one, {model.__name__}()")
    if isinstance(model, Options):
        family, options = family_of(model), model
    else:
        family = family_named(model)
        options = family.options()
    family.members(options)  # raises errors before fitting starts
    return family, options


def members_of(text: str) -> list[tuple[Family, Options]]:
    """Parse the members of a mixture, written as calls of families with options.

    Raises:
        OptionError: the text is not a comma-separated list of families, or an option is invalid.

    Example:
        >>> [(family.name, options.to_dict()) for family, options in members_of("ngram(add=0.5)")]
        [('ngram', {'window': 3, 'add': 0.5})]
    """
    plain = re.sub(r"=\s*0+(?=\d)", "=", text)  # files may have window=05, invalid Python
    try:
        body = ast.parse(f"[{plain}]" if len(plain) <= _LONGEST else "", mode="eval").body
        calls = [_call(node) for node in body.elts] if isinstance(body, ast.List) else []
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _unreadable(text) from None
    if not calls:
        raise _unreadable(text)
    return [_member(*call) for call in calls]


def _call(node: ast.expr) -> tuple[str, dict[str, str]]:
    """Return the family name and option texts of a name or call; otherwise raise ValueError."""
    match node:
        case ast.Name(id=name):
            return name, {}
        case ast.Call(func=ast.Name(id=name), args=[], keywords=keywords):
            return name, {each.arg or "**": ast.unparse(each.value) for each in keywords}
    raise ValueError("no family with options by name")


def _member(name: str, pairs: dict[str, str]) -> tuple[Family, Options]:
    """Return the family with this name, and its options."""
    family = family_named(name)
    if family.learns == "mixing":
        raise OptionError("members has a mixture: name its members instead")
    return family, family.options.of_strings(pairs)


def _unreadable(text: str) -> OptionError:
    """Return the error for a text that cannot be parsed as members."""
    shown = text.strip() if len(text) <= 100 else text[:100] + "..."
    return OptionError(f"members has {shown!r}: write it as kneser_ney(window=3), gru(hidden=64)")


def text_of(family: Family, options: Options) -> str:
    """Format a member of a mixture as text for `members_of`.

    Example:
        >>> text_of(*members_of("ngram(add=0.5)")[0])
        'ngram(window=3, add=0.5)'
    """
    pairs = [f"{name}={value}" for name, value in options.to_dict().items()]
    return f"{family.name}({', '.join(pairs)})"
