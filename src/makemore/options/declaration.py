"""Declaration of options: frozen attrs classes with descriptions and bounds in annotations.

    @frozen(kw_only=True)
    class MLPOptions(Options):
        hidden: Annotated[int, Setting("neurons of the hidden layer", minimum=1)] = 200

A declaration is the source for validation, the command line, the estimator, the model file and the
generated docs.
"""

from collections.abc import Mapping
from textwrap import wrap
from types import ModuleType, NoneType, UnionType
from typing import Annotated, Self, Union, get_args, get_origin

from attrs import Attribute, frozen
from attrs import fields as attributes_of

from makemore.errors import OptionError

Value = bool | int | float | str | tuple[str, ...] | None


@frozen
class Setting:
    """The description and bounds of an option, given in its annotation.

    Attributes:
        description: one-line description, without a full stop.
        minimum: minimum allowed value, or None.
        maximum: maximum allowed value, or None.
        choices: allowed strings, or None for any.
        parameter: name of the estimator's parameter, if it differs from the option's name.
    """

    description: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] | None = None
    parameter: str | None = None


@frozen
class Field:
    """One option of a declaration.

    Attributes:
        name: name of the option.
        default: default value.
        types: allowed types of the value, without NoneType; includes int if float is allowed.
        setting: description and bounds.
        parameter: name of the estimator's parameter.
    """

    name: str
    default: Value
    types: tuple[type, ...]
    setting: Setting
    parameter: str

    def check(self, value: Value) -> None:
        """Check the type and bounds of a value.

        Raises:
            OptionError: the value has the wrong type or is out of bounds.
        """
        if value is None and self.default is None:
            return
        if isinstance(value, tuple) and not all(isinstance(each, str) for each in value):
            raise self._error(value, "give strings")
        if not isinstance(value, self.types) or (
            isinstance(value, bool) and bool not in self.types
        ):
            raise self._error(value, f"give {self._type_names()}")
        low, high, choices = self.setting.minimum, self.setting.maximum, self.setting.choices
        if isinstance(value, int | float):
            # NaN compares as false, so this form treats it as out of bounds.
            is_within = (low is None or value >= low) and (high is None or value <= high)
            if not is_within:
                raise self._error(value, f"give {self._allowed_range()}")
        if choices is not None and value not in choices:
            raise self._error(value, f"choose one of {', '.join(choices)}")

    def parse(self, text: str) -> Value:
        """Parse a text as bool, int, float or str: the first allowed type that accepts it.

        Raises:
            OptionError: no allowed type accepts the text.
        """
        if bool in self.types and text.lower() in ("true", "false"):
            return text.lower() == "true"
        for type_ in (int, float, str):
            if type_ in self.types:
                try:
                    return type_(text)
                except ValueError:
                    continue
        raise self._error(text, f"give {self._type_names()}")

    def _error(self, value: Value, remedy: str) -> OptionError:
        """Return the error for an invalid value."""
        return OptionError(f"{self.name} is {value!r}: {remedy}")

    def _type_names(self) -> str:
        """Return the allowed types as readable text."""
        names = {int: "a whole number", float: "a number", str: "a string", bool: "true or false"}
        names[tuple] = "a list of strings"
        types = [type_ for type_ in self.types if type_ is not int or float not in self.types]
        return " or ".join(names[type_] for type_ in types)

    def _allowed_range(self) -> str:
        """Return the allowed range as readable text."""
        low, high = self.setting.minimum, self.setting.maximum
        if high is None:
            return f"{low:,} or more"
        return f"{high:,g} or less" if low is None else f"a value from {low:,g} to {high:,g}"


@frozen(kw_only=True)
class Options:
    """Base class of all declarations of options."""

    def __attrs_post_init__(self) -> None:
        """Check all values; NumPy's scalars become numbers, and one string a tuple if due.

        Raises:
            OptionError: a value has the wrong type or is out of bounds.
        """
        for field in fields(type(self)):
            value = getattr(self, field.name)
            if value is field.default:
                continue
            if type(value).__module__ == "numpy" and hasattr(value, "item"):
                value = value.item()
            if field.types == (tuple,) and (value is None or isinstance(value, str)):
                value = () if value is None else (value,)
            object.__setattr__(self, field.name, value)
            field.check(value)

    def to_dict(self) -> dict[str, Value]:
        """Return all options by name, as a JSON-serialisable dictionary."""
        return {field.name: getattr(self, field.name) for field in fields(type(self))}

    def parameters(self) -> dict[str, Value]:
        """Return all options by the names of the estimator's parameters."""
        return {field.parameter: getattr(self, field.name) for field in fields(type(self))}

    def replace(self, **changes: Value) -> Self:
        """Return a copy with some options changed."""
        return self.of({**self.to_dict(), **changes})

    @classmethod
    def of(cls, values: Mapping[str, Value | list[str]]) -> Self:
        """Build the options from names and values; lists are converted to tuples.

        Raises:
            OptionError: a name is unknown, or a value has the wrong type or is out of bounds.
        """
        known = [field.name for field in fields(cls)]
        for name in values:
            if name not in known:
                raise OptionError(f"option {name!r} is unknown: choose one of {', '.join(known)}")
        return cls(**{n: tuple(v) if isinstance(v, list) else v for n, v in values.items()})

    @classmethod
    def of_strings(cls, pairs: Mapping[str, str]) -> Self:
        """Build the options from strings, such as those of the command line.

        Raises:
            OptionError: a name is unknown, or a string has no valid value for its option.
        """
        known = {field.name: field for field in fields(cls)}
        return cls.of(
            {
                name: known[name].parse(text) if name in known else text
                for name, text in pairs.items()
            }
        )


def fields(cls: type[Options]) -> tuple[Field, ...]:
    """Return the options of a declaration, in order."""
    if cls not in _FIELDS:
        _FIELDS[cls] = tuple(map(_field, attributes_of(cls)))
    return _FIELDS[cls]


_FIELDS: dict[type[Options], tuple[Field, ...]] = {}


def _field(attribute: "Attribute[Value]") -> Field:
    """Build a field from an annotated attribute."""
    assert get_origin(attribute.type) is Annotated, "an option is annotated with a Setting"
    annotation, setting = get_args(attribute.type)
    members = (
        get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    )
    types = tuple(get_origin(member) or member for member in members if member is not NoneType)
    if float in types:
        types = (*types, int)
    name = attribute.name
    return Field(name, attribute.default, types, setting, setting.parameter or name)


def describe(module: ModuleType) -> None:
    """Append descriptions of the options to the docstrings of all declarations in a module."""
    for cls in vars(module).values():
        if isinstance(cls, type) and issubclass(cls, Options) and fields(cls):
            descriptions = [
                f"    {field.name}: {field.setting.description}." for field in fields(cls)
            ]
            cls.__doc__ = "\n".join([cls.__doc__ or "", "", "Attributes:", *descriptions])


def fill_in(docstring: str | None, declaration: type[Options]) -> str:
    """Return a docstring with its placeholders filled in from a declaration.

    `{names}` is replaced by the names of the options, and `{parameters}` by one line for each
    option, with the name of its parameter and its description. Indentation is kept.

    Example:
        >>> class Few(Options):
        ...     pass
        >>> fill_in("Options: {names}.", Few)
        'Options: .'
    """
    options = fields(declaration)
    names = ", ".join(option.name for option in options)
    descriptions = [f"{option.parameter}: {option.setting.description}." for option in options]
    filled = []
    for line in (docstring or "").split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        if "{names}" in line:
            text = line.lstrip().replace("{names}", names)
            filled += wrap(text, 100, initial_indent=indent, subsequent_indent=indent)
        elif "{parameters}" in line:
            filled += [indent + description for description in descriptions]
        else:
            filled.append(line)
    return "\n".join(filled)
