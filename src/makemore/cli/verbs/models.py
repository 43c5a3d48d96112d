"""`makemore models`: list the model families and their options."""

from makemore.cli.console import format_table
from makemore.options.declaration import fields
from makemore.registry import FAMILIES, Family, family_named


def models(name: str | None = None) -> None:
    """List the families of models, or the options of one.

    For example: makemore models gru

    Args:
        name: name of a family.
    """
    if name is not None:
        print("\n".join(_option_table(family_named(name))))
        return
    print(
        "\n".join(format_table([(family.name, _summary(family)) for family in FAMILIES.values()]))
    )
    print("\nmakemore models NAME lists the options of a family; set them with -O NAME=VALUE")


def _summary(family: Family) -> str:
    """Return the first line of the docstring of a family's options."""
    return (family.options.__doc__ or "").split("\n", 1)[0]


def _option_table(family: Family) -> list[str]:
    """Return a table of a family's options with their defaults and bounds."""
    rows: list[tuple[str, ...]] = [("option", "default", "minimum", "maximum", "meaning")]
    for field in fields(family.options):
        setting = field.setting
        bounds = [
            "" if bound is None else f"{bound:g}" for bound in (setting.minimum, setting.maximum)
        ]
        rows.append((field.name, str(field.default), *bounds, setting.description))
    return [f"{family.name}: {_summary(family)}", "", *format_table(rows)]
