"""How options are declared: frozen attrs classes whose annotations carry descriptions and bounds.

    @frozen(kw_only=True)
    class MLPOptions(Options):
        hidden: Annotated[int, Setting("neurons of the hidden layer", minimum=1)] = 200

A declaration feeds validation, the command line, the estimator, the model file and the generated
docs.
"""

from collections.abc import Mapping
from textwrap import wrap
from types import ModuleType, NoneType, UnionType
from typing import Annotated, Self, Union, get_args, get_origin

from attrs import Attribute, asdict, frozen
from attrs import fields as attributes_of

from makemore.errors import OptionError

Value = bool | int | float | str | tuple[str, ...] | None


@frozen
class Setting:
    """What an annotation says of an option beside its type.

    Attributes:
        meaning: a description of one line, without a full stop.
        minimum: the least value allowed, or None.
        maximum: the greatest value allowed, or None.
        choices: the texts allowed, or None for any.
        parameter: what the estimator calls the option, where that differs.
    """

    meaning: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] | None = None
    parameter: str | None = None


@frozen
class Field:
    """One option of a declaration.

    Attributes:
        name: its name.
        default: its default.
        kinds: the classes its value may have, None left out; int as well where float is one.
        setting: its description and bounds.
        parameter: what the estimator calls it.
    """

    name: str
    default: Value
    kinds: tuple[type, ...]
    setting: Setting
    parameter: str

    def check(self, value: Value) -> None:
        """Check a value.

        Raises:
            OptionError: the value is of another type, or out of its bounds.
        """
        if value is None and self.default is None:
            return
        if isinstance(value, tuple) and not all(isinstance(each, str) for each in value):
            raise self._refusal(value, "give texts")
        if not isinstance(value, self.kinds) or (
            isinstance(value, bool) and bool not in self.kinds
        ):
            raise self._refusal(value, f"give {self._kinds_in_words()}")
        low, high, choices = self.setting.minimum, self.setting.maximum, self.setting.choices
        if isinstance(value, int | float):
            # Written so that NaN, which compares as false, is out of bounds.
            is_within = (low is None or value >= low) and (high is None or value <= high)
            if not is_within:
                raise self._refusal(value, f"give {self._bounds_in_words()}")
        if choices is not None and value not in choices:
            raise self._refusal(value, f"choose one of {', '.join(choices)}")

    def parse(self, text: str) -> Value:
        """Return the value of the first class that can read a text.

        Raises:
            OptionError: none can.
        """
        if bool in self.kinds and text.lower() in ("true", "false"):
            return text.lower() == "true"
        for kind in (int, float, str):
            if kind in self.kinds:
                try:
                    return kind(text)
                except ValueError:
                    continue
        raise self._refusal(text, f"give {self._kinds_in_words()}")

    def _refusal(self, value: Value, remedy: str) -> OptionError:
        """The error for a value that cannot be used."""
        return OptionError(f"{self.name} is {value!r}: {remedy}")

    def _kinds_in_words(self) -> str:
        """What a value must be."""
        words = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
        words[tuple] = "a list of texts"
        kinds = [kind for kind in self.kinds if kind is not int or float not in self.kinds]
        return " or ".join(words[kind] for kind in kinds)

    def _bounds_in_words(self) -> str:
        """The allowed range."""
        low, high = self.setting.minimum, self.setting.maximum
        if high is None:
            return f"{low:,} or more"
        return f"{high:,g} or less" if low is None else f"something from {low:,g} to {high:,g}"


@frozen(kw_only=True)
class Options:
    """The base of every declaration."""

    def __attrs_post_init__(self) -> None:
        """Check every value.

        Raises:
            OptionError: a value is of another type, or out of its bounds.
        """
        for field in fields(type(self)):
            field.check(getattr(self, field.name))

    def to_dict(self) -> dict[str, Value]:
        """Return every option by name, as JSON can hold it."""
        return asdict(self)

    def parameters(self) -> dict[str, Value]:
        """Return every option under the name that the estimator has for it."""
        return {field.parameter: getattr(self, field.name) for field in fields(type(self))}

    def replace(self, **changes: Value) -> Self:
        """Return the same options but for some."""
        return self.of({**self.to_dict(), **changes})

    @classmethod
    def of(cls, values: Mapping[str, Value | list[str]]) -> Self:
        """Build the options from names and values; a list is as good as a tuple.

        Raises:
            OptionError: a name is unknown, or a value is out of its bounds.
        """
        known = [field.name for field in fields(cls)]
        for name in values:
            if name not in known:
                raise OptionError(f"option {name!r} is unknown here: known are {', '.join(known)}")
        return cls(**{n: tuple(v) if isinstance(v, list) else v for n, v in values.items()})

    @classmethod
    def of_strings(cls, pairs: Mapping[str, str]) -> Self:
        """Build the options from text, as it is typed on the command line.

        Raises:
            OptionError: a name is unknown, or a text is no value of its option's type.
        """
        known = {field.name: field for field in fields(cls)}
        return cls.of(
            {
                name: known[name].parse(text) if name in known else text
                for name, text in pairs.items()
            }
        )


def fields(cls: type[Options]) -> tuple[Field, ...]:
    """Return the options of a declaration, in their order."""
    if cls not in _FIELDS:
        _FIELDS[cls] = tuple(map(_field, attributes_of(cls)))
    return _FIELDS[cls]


_FIELDS: dict[type[Options], tuple[Field, ...]] = {}


def _field(attribute: "Attribute[Value]") -> Field:
    """An option, from the annotation of an attribute."""
    assert get_origin(attribute.type) is Annotated, "an option says what it means"
    kind, setting = get_args(attribute.type)
    members = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    kinds = tuple(get_origin(member) or member for member in members if member is not NoneType)
    if float in kinds:
        kinds = (*kinds, int)
    name = attribute.name
    return Field(name, attribute.default, kinds, setting, setting.parameter or name)


def describe(module: ModuleType) -> None:
    """Add the descriptions of options to the docstrings of the declarations in a module."""
    for cls in vars(module).values():
        if isinstance(cls, type) and issubclass(cls, Options) and fields(cls):
            facts = [f"    {field.name}: {field.setting.meaning}." for field in fields(cls)]
            cls.__doc__ = "\n".join([cls.__doc__ or "", "", "Attributes:", *facts])


def fill_in(docstring: str | None, declaration: type[Options]) -> str:
    """Return a docstring with what a declaration says in the places for it.

    `{names}` becomes the names of the options, and `{parameters}` what each means, under the name
    that the estimator has for it; lines are indented as the place is.

    Example:
        >>> class Few(Options):
        ...     pass
        >>> fill_in("Options: {names}.", Few)
        'Options: .'
    """
    options = fields(declaration)
    names = ", ".join(option.name for option in options)
    meanings = [f"{option.parameter}: {option.setting.meaning}." for option in options]
    filled = []
    for line in (docstring or "").split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        if "{names}" in line:
            whole = line.lstrip().replace("{names}", names)
            filled += wrap(whole, 100, initial_indent=indent, subsequent_indent=indent)
        elif "{parameters}" in line:
            filled += [indent + meaning for meaning in meanings]
        else:
            filled.append(line)
    return "\n".join(filled)
