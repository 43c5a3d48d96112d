"""Registry of model families, with their options, classes and training hyperparameters."""

import ast
import re
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Literal, NamedTuple

from makemore.errors import OptionError
from makemore.options import families
from makemore.options.declaration import Options

if TYPE_CHECKING:
    from makemore.inference.model import FamilyModel, Model, Tensors

# Maximum length of `members`, in characters; the text may come from an untrusted model file.
_MAX_MEMBERS_LENGTH = 100_000


class Family(NamedTuple):
    """One row of the registry.

    Attributes:
        name: name of the family.
        options: class of its options.
        model: location of its class in `makemore.models`, as "module:Class".
        fit_method: how it is fitted: by counting, by training a network, or as a mixture.
        rate: recommended peak learning rate of a network.
        weight_decay: recommended weight decay of a network.
        muon: learning rate of Muon for hidden matrices, as a multiple of the learning rate; 0 to
            use AdamW for all parameters.
        batch: recommended batch size in characters, or None for the whole list.
    """

    name: str
    options: type[Options]
    model: str
    fit_method: Literal["counting", "training", "mixing"] = "training"
    rate: float = 0.01
    weight_decay: float = 0.3
    muon: float = 0.0
    batch: int | None = 4096

    def members(self, options: Options) -> "list[tuple[Family, Options]]":
        """Return the families to fit, with options: the members of a mixture, or this family.

        Raises:
            OptionError: the members of a mixture cannot be parsed.
        """
        if isinstance(options, families.MixtureOptions):
            return parse_members(options.members)
        return [(self, options)]

    def build(self, options: Options, vocabulary_size: int, label_count: int) -> "FamilyModel":
        """Build an unfitted model."""
        sizes = vocabulary_size, label_count
        if self.fit_method == "mixing":
            members = [family.build(own, *sizes) for family, own in self.members(options)]
            return self._class()(members)
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
        if self.fit_method == "mixing":
            return self._load_mixture(options, sizes, tensors)
        build = partial(self.build, options, *sizes)
        if self.fit_method == "training":
            from makemore.layers.network import check_tensors  # here: torch loads slowly

            check_tensors(build, tensors)
        return build().load(tensors)

    def _load_mixture(
        self, options: Options, sizes: tuple[int, int], tensors: "Tensors"
    ) -> "FamilyModel":
        """Build a mixture from saved tensors; members may have adapted vocabularies."""
        from makemore.inference.vocabulary_adapter import TRANSLATION, VocabularyAdapter
        from makemore.models.log_linear import LogLinearMixture
        from makemore.models.mixture import Mixture, member_tensors

        members: list[Model] = []
        for number, (family, member_options) in enumerate(self.members(options)):
            own_tensors = member_tensors(tensors, number)
            load = partial(family.load, member_options)
            is_adapted = TRANSLATION in own_tensors
            members.append(
                VocabularyAdapter.from_tensors(load, own_tensors, sizes)
                if is_adapted
                else load(*sizes, own_tensors)
            )
        if "exponents" in tensors:
            return LogLinearMixture(members, tensors["weights"], tensors["exponents"])
        return Mixture(members, tensors["weights"])

    def _class(self) -> "Callable[..., FamilyModel]":
        """Import the model class, and with it NumPy and, for networks, torch."""
        module_name, _, class_name = self.model.partition(":")
        module = import_module(f"makemore.models.{module_name}")
        model_class: Callable[..., FamilyModel] = getattr(module, class_name)
        return model_class


FAMILIES = {
    family.name: family
    for family in (
        Family("ngram", families.NgramOptions, "ngram:Ngram", fit_method="counting"),
        Family(
            "kneser_ney", families.KneserNeyOptions, "kneser_ney:KneserNey", fit_method="counting"
        ),
        Family(
            "linear", families.LinearOptions, "linear:Linear", rate=0.3, weight_decay=0, batch=None
        ),
        Family("mlp", families.MLPOptions, "mlp:MLP", rate=0.05, weight_decay=0.1, batch=16384),
        Family("plain_mlp", families.PlainMLPOptions, "plain_mlp:PlainMLP", muon=2, batch=8192),
        Family(
            "deep_mlp",
            families.DeepMLPOptions,
            "deep_mlp:DeepMLP",
            weight_decay=1,
            muon=2,
            batch=8192,
        ),
        Family(
            "resnet", families.ResNetOptions, "resnet:ResNet", weight_decay=2, muon=2, batch=8192
        ),
        Family("wavenet", families.WaveNetOptions, "wavenet:WaveNet", weight_decay=1, muon=2),
        Family("bow", families.BoWOptions, "bow:BoW", rate=0.02, weight_decay=0.01),
        Family("rnn", families.RNNOptions, "rnn:RNN", rate=0.005, muon=4),
        Family("lstm", families.LSTMOptions, "lstm:LSTM", rate=0.02, weight_decay=0.4),
        Family("gru", families.GRUOptions, "gru:GRU", rate=0.015, weight_decay=0.4),
        Family(
            "transformer",
            families.TransformerOptions,
            "transformer:Transformer",
            rate=0.01,
            weight_decay=0.6,
            muon=2,
        ),
        Family("mixture", families.MixtureOptions, "mixture:Mixture", fit_method="mixing"),
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
    raise OptionError(
        f"{family_options!r} is not the options of a family: for the families, see makemore models"
    )


def family_and_options(model: str | Options) -> tuple[Family, Options]:
    """Return a family and its options, given its name or its options.

    Raises:
        OptionError: there is no such family, or the members of a mixture cannot be parsed.
    """
    if isinstance(model, type):
        raise OptionError(
            f"model is the class {model.__name__}: give an instance, {model.__name__}()"
        )
    if isinstance(model, Options):
        family, options = family_of(model), model
    else:
        family = family_named(model)
        options = family.options()
    family.members(options)  # raises errors before fitting starts
    return family, options


def parse_members(text: str) -> list[tuple[Family, Options]]:
    """Parse the members of a mixture, written as calls of families with options.

    Raises:
        OptionError: the text is not a comma-separated list of families, or an option is invalid.

    Example:
        >>> [(family, options)] = parse_members("ngram(add=0.5)")
        >>> family.name, options.to_dict()
        ('ngram', {'window': 3, 'add': 0.5})
    """
    plain = re.sub(r"=\s*0+(?=\d)", "=", text)  # files may have window=05
    try:
        source = f"[{plain}]" if len(plain) <= _MAX_MEMBERS_LENGTH else ""
        body = ast.parse(source, mode="eval").body
        calls = [_parse_call(node) for node in body.elts] if isinstance(body, ast.List) else []
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _members_error(text) from None
    if not calls:
        raise _members_error(text)
    return [_build_member(*call) for call in calls]


def _parse_call(node: ast.expr) -> tuple[str, dict[str, str]]:
    """Return the family name and option texts of a name or call; otherwise raise ValueError."""
    match node:
        case ast.Name(id=name):
            return name, {}
        case ast.Call(func=ast.Name(id=name), args=[], keywords=keywords):
            return name, {each.arg or "**": ast.unparse(each.value) for each in keywords}
    raise ValueError("not a family with keyword options")


def _build_member(name: str, pairs: dict[str, str]) -> tuple[Family, Options]:
    """Return the family with this name, and its options."""
    family = family_named(name)
    if family.fit_method == "mixing":
        raise OptionError("members contains a mixture: list the members of that mixture instead")
    return family, family.options.of_strings(pairs)


def _members_error(text: str) -> OptionError:
    """Return the error for a text that cannot be parsed as members."""
    excerpt = text.strip() if len(text) <= 100 else text[:100] + "..."
    return OptionError(
        f"members is {excerpt!r}, which cannot be parsed: write a list such as "
        "kneser_ney(window=3), gru(hidden=64)"
    )


def format_member(family: Family, options: Options) -> str:
    """Format a member of a mixture as text for `parse_members`.

    Example:
        >>> format_member(*parse_members("ngram(add=0.5)")[0])
        'ngram(window=3, add=0.5)'
    """
    pairs = [f"{name}={value}" for name, value in options.to_dict().items()]
    return f"{family.name}({', '.join(pairs)})"
