"""Invariants of every declaration of options."""

import json

import pytest

from makemore.errors import OptionError
from makemore.options.declaration import fields
from makemore.options.verbs import FitOptions, InputOptions, SampleOptions
from makemore.registry import FAMILIES

DECLARATIONS = [FitOptions, InputOptions, SampleOptions, *(f.options for f in FAMILIES.values())]
SETTINGS = [(cls, field) for cls in DECLARATIONS for field in fields(cls)]


@pytest.mark.parametrize("cls", DECLARATIONS)
def test_options_round_trip_through_json(cls):
    assert cls.of(json.loads(json.dumps(cls().to_dict()))) == cls()


@pytest.mark.parametrize("cls", DECLARATIONS)
def test_options_are_frozen(cls):
    options = cls()
    with pytest.raises(AttributeError):
        setattr(options, fields(cls)[0].name, 1)


@pytest.mark.parametrize("cls", DECLARATIONS)
def test_an_unknown_option_is_rejected_with_the_known_ones(cls):
    with pytest.raises(OptionError, match=f"unknown: choose one of .*{fields(cls)[0].name}"):
        cls.of({"surely_not_an_option": 1})


@pytest.mark.parametrize("cls, field", SETTINGS, ids=lambda x: getattr(x, "__name__", None))
def test_every_setting_has_a_description_in_the_docstring(cls, field):
    assert len(field.setting.description.split()) >= 2
    assert f"{field.name}: {field.setting.description}." in cls.__doc__


@pytest.mark.parametrize("cls, field", SETTINGS, ids=lambda x: getattr(x, "__name__", None))
def test_a_value_out_of_bounds_is_rejected_with_the_bounds(cls, field):
    low, high = field.setting.minimum, field.setting.maximum
    if low is not None:
        with pytest.raises(OptionError, match=rf"{field.name} is .*: give "):
            cls(**{field.name: low - 1})
    if high is not None:
        with pytest.raises(OptionError, match=rf"{field.name} is .*: give "):
            cls(**{field.name: high + 1})


@pytest.mark.parametrize("cls, field", SETTINGS, ids=lambda x: getattr(x, "__name__", None))
def test_a_value_of_another_type_is_rejected(cls, field):
    with pytest.raises(OptionError, match=rf"{field.name} is .*: give "):
        cls(**{field.name: object()})
