"""Request bodies: their JSON schema, and options parsed from them, from the same declarations."""

import json
from collections.abc import Mapping
from typing import TypeVar

from makemore.checkpoint.model_file import Document
from makemore.errors import OptionError
from makemore.options.declaration import Field, Options, Value, fields

OptionsT = TypeVar("OptionsT", bound=Options)

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", tuple: "array"}


def schema_of(
    *declarations: type[Options], extra: Mapping[str, Document] | None = None
) -> Document:
    """Return the JSON schema of an object with all options of some declarations.

    Args:
        declarations: the declarations; no two have an option of the same name.
        extra: schemas of further properties.
    """
    properties = {
        field.name: _schema(field) for declaration in declarations for field in fields(declaration)
    }
    schema = {
        "type": "object",
        "properties": {**properties, **(extra or {})},
        "additionalProperties": False,
    }
    return {**schema, "required": ["lines"]} if "lines" in properties else schema


def _schema(field: Field) -> Document:
    """Return the JSON schema of an option."""
    types = [_TYPES[each] for each in field.types if each is not int or float not in field.types]
    if field.default is None:
        types.append("null")
    schema: Document = {"description": f"{field.setting.description}."}
    schema["type"] = types[0] if len(types) == 1 else types
    if tuple in field.types:
        schema["items"] = {"type": "string"}
        schema |= {"minItems": 1} if field.name == "lines" else {}
    bounds = {"minimum": field.setting.minimum, "maximum": field.setting.maximum}
    schema.update({name: bound for name, bound in bounds.items() if bound is not None})
    if field.setting.choices is not None:
        schema["enum"] = list(field.setting.choices)
    return {**schema, "default": field.default}


def parse_object(body: bytes) -> Document:
    """Parse a JSON object; an empty body is an empty object.

    Raises:
        OptionError: it is no JSON object, or a text in it is not valid Unicode.
    """
    try:
        value = json.loads(body.decode() or "{}", parse_constant=_reject_constant)
        json.dumps(value, ensure_ascii=False).encode()  # fails for half of a surrogate pair
    except UnicodeError:
        raise OptionError("the body is not text in UTF-8: send JSON in UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise OptionError(f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise OptionError("the body is not a JSON object: send one such as {}")
    return value


def _reject_constant(name: str) -> None:
    """Reject NaN and Infinity, which JSON does not have."""
    raise ValueError(f"{name} is not a number of JSON")


def check_names(values: Document, *declarations: type[Options]) -> None:
    """Check that all properties of an object are options of some declarations.

    Raises:
        OptionError: a property is unknown.
    """
    known = [field.name for declaration in declarations for field in fields(declaration)]
    for name in values:
        if name not in known:
            raise OptionError(f"option {name!r} is unknown: choose one of {', '.join(known)}")


def parse_options(values: Document, declaration: type[OptionsT]) -> OptionsT:
    """Return the options of a declaration from those properties of an object that it has.

    Raises:
        OptionError: a value is of the wrong type or out of bounds.
    """
    return declaration.of(
        {
            field.name: _value(field, values[field.name])
            for field in fields(declaration)
            if field.name in values
        }
    )


def _value(field: Field, value: Value | list[str] | Document) -> Value | list[str]:
    """Return a JSON value as one that an option may have; 1.0 stands for 1.

    Raises:
        OptionError: the value is an object, or no list where one is due.
    """
    if isinstance(value, dict):
        raise OptionError(f"{field.name} is an object: give a single value")
    if field.types == (tuple,) and not isinstance(value, list):
        raise OptionError(f"{field.name} is {value!r}: give a list of strings")
    if isinstance(value, float) and value.is_integer() and float not in field.types:
        return int(value)
    return value
