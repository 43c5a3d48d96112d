"""`makemore models`: list the model families and their options."""

from makemore.cli.console import table
from makemore.options.declaration import fields
from makemore.registry import FAMILIES, Family, family_named


def models(name: str | None = None) -> None:
    """List the families of models, or the options of one.

    For example: makemore models gru

    Args:
        name: name of a family.
    """
    if name is not None:
        print("\n".join(_describe(family_named(name))))
        return
    print("\n".join(table([(family.name, _sentence(family)) for family in FAMILIES.values()])))
    print("\nmakemore models NAME shows a family's options; set them with -O NAME=VALUE")


def _sentence(family: Family) -> str:
    """Return the first line of the docstring of a family's options."""
    return (family.options.__doc__ or "").split("\n", 1)[0]


def _describe(family: Family) -> list[str]:
    """Return a table of a family's options with their defaults and bounds."""
    rows: list[tuple[str, ...]] = [("option", "default", "least", "most", "meaning")]
    for field in fields(family.options):
        said = field.setting
        bounds = ["" if bound is None else f"{bound:g}" for bound in (said.minimum, said.maximum)]
        rows.append((field.name, str(field.default), *bounds, said.description))
    return [f"{family.name}: {_sentence(family)}", "", *table(rows)]
