"""How options are declared: once, small and frozen, with bounds and a sentence for each.

A declaration feeds validation, the command line, the model file and the generated docs.
"""

from collections.abc import Mapping
from typing import Any, Self, TypeVar, dataclass_transform

import attrs

from makemore.errors import OptionError

Value = bool | int | float | str | tuple[str, ...] | None

T = TypeVar("T")


def setting(
    meaning: str,
    *,
    default: Any,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    """Declares one option: its default, its sentence and its bounds."""
    metadata = {"meaning": meaning, "minimum": minimum, "maximum": maximum, "choices": choices}
    return attrs.field(default=default, metadata=metadata, validator=_check)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(setting,))
def options(cls: type[T]) -> type[T]:
    """Makes a frozen class of settings, given by name; their sentences join its docstring."""
    made: type[T] = attrs.frozen(kw_only=True, slots=True)(cls)
    facts = [f"    {field.name}: {field.metadata['meaning']}." for field in fields(made)]
    made.__doc__ = "\n".join([made.__doc__ or "", "", "Attributes:", *facts])
    return made


def fields(cls: type) -> "tuple[attrs.Attribute[Any], ...]":
    """The settings of a declaration, in their order."""
    found: tuple[attrs.Attribute[Any], ...] = attrs.fields(cls)
    return found


def _check(instance: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    """Raises OptionError unless the value is of its option's type and within its bounds."""
    name, facts = attribute.name, attribute.metadata
    if value is None and attribute.default is None:
        return
    if isinstance(value, tuple) and not all(isinstance(each, str) for each in value):
        raise OptionError(f"{name} is {value!r}: give texts")
    allowed = _types(attribute.type)
    is_wrong = not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed)
    if is_wrong:
        raise OptionError(f"{name} is {value!r}: give {_in_words(allowed)}")
    low, high, choices = facts["minimum"], facts["maximum"], facts["choices"]
    # Written so that NaN, which compares as false, is out of bounds.
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise OptionError(f"{name} is {value!r}: give {_bounds(low, high)}")
    if choices is not None and value not in choices:
        raise OptionError(f"{name} is {value!r}: choose one of {', '.join(choices)}")


def _types(annotation: Any) -> tuple[type, ...]:
    """The classes a value may have, from its annotation; an int may stand for a float."""
    annotation = getattr(annotation, "__origin__", annotation) or annotation
    members = getattr(annotation, "__args__", None) or (annotation,)
    kinds = tuple(kind for kind in members if isinstance(kind, type) and kind is not type(None))
    return (*kinds, int) if float in kinds else kinds


def _in_words(kinds: tuple[type, ...]) -> str:
    """What a value must be."""
    words = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
    words[tuple] = "a list of texts"
    return " or ".join(words[kind] for kind in kinds if kind is not int or float not in kinds)


def _bounds(low: float | None, high: float | None) -> str:
    """The allowed range, in words."""
    if high is None:
        return f"{low:,} or more"
    return f"{high:,g} or less" if low is None else f"something from {low:,g} to {high:,g}"


class Options:
    """The base of every declaration."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Every option by name, as JSON can hold it."""
        return attrs.asdict(self)  # type: ignore[arg-type]

    def replace(self, **changes: Any) -> Self:
        """The same options but for some."""
        return self.of({**self.to_dict(), **changes})

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Builds the options from names and values.

        Raises:
            OptionError: a name is unknown, or a value is out of its bounds.
        """
        known = [field.name for field in fields(cls)]
        for name in values:
            if name not in known:
                raise OptionError(f"option {name!r} is unknown here: known are {', '.join(known)}")
        # A list, as JSON and Python have it, is as good as a tuple.
        return cls(**{n: tuple(v) if isinstance(v, list) else v for n, v in values.items()})

    @classmethod
    def of_strings(cls, pairs: Mapping[str, str]) -> Self:
        """Builds the options from text, as it is typed on the command line.

        Raises:
            OptionError: a name is unknown, or a text is no value of its option's type.
        """
        kinds = {field.name: _types(field.type) for field in fields(cls)}
        return cls.of(
            {name: _parsed(name, text, kinds.get(name, ())) for name, text in pairs.items()}
        )


def _parsed(name: str, text: str, kinds: tuple[type, ...]) -> Any:
    """A value of the first class that can read the text."""
    if bool in kinds and text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float, str):
        if kind in kinds:
            try:
                return kind(text)
            except ValueError:
                continue
    if not kinds:
        return text  # an unknown name: `of` says so
    raise OptionError(f"{name} is {text!r}: give {_in_words(kinds)}")
