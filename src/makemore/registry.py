"""The registry of families: for each its options, its class and how it is best trained."""

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

_LONGEST = 100_000  # characters of a mixture's members, which may come from a model file


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

    def members(self, options: Options) -> "list[tuple[Family, Options]]":
        """Return what is learned: the members of a mixture, or this family itself.

        Raises:
            OptionError: the members of a mixture cannot be read.
        """
        if isinstance(options, of.MixtureOptions):
            return members_of(options.members)
        return [(self, options)]

    def build(self, options: Options, vocabulary_size: int, label_count: int) -> "FamilyModel":
        """Build a model that has learned nothing yet."""
        sizes = vocabulary_size, label_count
        if self.learns == "mixing":
            return self._class()([each.build(own, *sizes) for each, own in self.members(options)])
        return self._class()(options, *sizes)

    def load(
        self, options: Options, vocabulary_size: int, label_count: int, tensors: "Tensors"
    ) -> "FamilyModel":
        """Build the model that gave some tensors; sizes it only claims to have take no memory.

        Raises:
            ValueError: no model of these options gives such tensors.
        """
        sizes = vocabulary_size, label_count
        if self.learns == "mixing":
            return self._load_mixture(options, sizes, tensors)
        make = partial(self.build, options, *sizes)
        if self.learns == "training":
            from makemore.layers.network import check_tensors  # here: torch loads long

            check_tensors(make, tensors)
        return make().load(tensors)

    def _load_mixture(
        self, options: Options, sizes: tuple[int, int], tensors: "Tensors"
    ) -> "FamilyModel":
        """Build the mixture that gave some tensors, of members in its own vocabulary or adapted."""
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
        """Import the class of the model; only then are NumPy and, for networks, torch imported."""
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
    """Return the family of a name.

    Raises:
        OptionError: there is none of that name.
    """
    if name not in FAMILIES:
        raise OptionError(f"model {name!r} is unknown: choose one of auto, {', '.join(FAMILIES)}")
    return FAMILIES[name]


def family_of(family_options: Options) -> Family:
    """Return the family that an options object belongs to.

    Raises:
        OptionError: it belongs to none.
    """
    for family in FAMILIES.values():
        if type(family_options) is family.options:
            return family
    raise OptionError(f"{family_options!r} is no family's options: see makemore models")


def family_and_options(model: str | Options) -> tuple[Family, Options]:
    """Return a family with its options, given its name or its options.

    Raises:
        OptionError: there is no such family, or a mixture's members cannot be read.
    """
    if isinstance(model, type):
        raise OptionError(f"model is the class {model.__name__}: make one, {model.__name__}()")
    if isinstance(model, Options):
        family, options = family_of(model), model
    else:
        family = family_named(model)
        options = family.options()
    family.members(options)  # what cannot be read is said here, before anything is learned
    return family, options


def members_of(text: str) -> list[tuple[Family, Options]]:
    """Read the members of a mixture, written as calls: each a family's name with its options.

    Raises:
        OptionError: the text is not families with commas between them, or an option is wrong.

    Example:
        >>> [(family.name, options.to_dict()) for family, options in members_of("ngram(add=0.5)")]
        [('ngram', {'window': 3, 'add': 0.5})]
    """
    plain = re.sub(r"=\s*0+(?=\d)", "=", text)  # files may have window=05, which is no Python
    try:
        body = ast.parse(f"[{plain}]" if len(plain) <= _LONGEST else "", mode="eval").body
        calls = [_call(node) for node in body.elts] if isinstance(body, ast.List) else []
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _unreadable(text) from None
    if not calls:
        raise _unreadable(text)
    return [_member(*call) for call in calls]


def _call(node: ast.expr) -> tuple[str, dict[str, str]]:
    """The name of a family, and the texts of its options by name; ValueError for anything else."""
    match node:
        case ast.Name(id=name):
            return name, {}
        case ast.Call(func=ast.Name(id=name), args=[], keywords=keywords):
            return name, {each.arg or "**": ast.unparse(each.value) for each in keywords}
    raise ValueError("no family with options by name")


def _member(name: str, pairs: dict[str, str]) -> tuple[Family, Options]:
    """A family by its name, with its options."""
    family = family_named(name)
    if family.learns == "mixing":
        raise OptionError("members has a mixture: name its members instead")
    return family, family.options.of_strings(pairs)


def _unreadable(text: str) -> OptionError:
    """The error for a text that is no member of a mixture."""
    shown = text.strip() if len(text) <= 100 else text[:100] + "..."
    return OptionError(f"members has {shown!r}: write it as kneser_ney(window=3), gru(hidden=64)")


def text_of(family: Family, options: Options) -> str:
    """Write a member of a mixture, as `members_of` reads it.

    Example:
        >>> text_of(*members_of("ngram(add=0.5)")[0])
        'ngram(window=3, add=0.5)'
    """
    pairs = [f"{name}={value}" for name, value in options.to_dict().items()]
    return f"{family.name}({', '.join(pairs)})"
