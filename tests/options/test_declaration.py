import math

import pytest

from makemore.errors import OptionError
from makemore.options.declaration import fields
from makemore.options.families import LinearOptions, MLPOptions
from makemore.options.verbs import ConstraintOptions, FitOptions, SampleOptions
from makemore.registry import family_named, family_of


def test_strings_from_the_command_line_are_converted():
    assert MLPOptions.of_strings({"hidden": "64", "window": "2"}) == MLPOptions(hidden=64, window=2)
    assert LinearOptions.of_strings({"l2": "1e-2"}).l2 == 0.01


@pytest.mark.parametrize("text", ["x", "1.5", "", "0x10"])
def test_an_invalid_string_is_rejected(text):
    with pytest.raises(OptionError, match=r"hidden is .*: give a whole number"):
        MLPOptions.of_strings({"hidden": text})


def test_a_boolean_is_not_a_whole_number():
    with pytest.raises(OptionError, match="window is True: give a whole number"):
        MLPOptions(window=True)


def test_nan_is_out_of_bounds():
    with pytest.raises(OptionError, match="temperature is nan"):
        SampleOptions(temperature=math.nan)


def test_an_integer_is_accepted_as_a_float():
    assert SampleOptions(temperature=2).temperature == 2


def test_replace_validates_the_new_values():
    assert MLPOptions().replace(hidden=3).hidden == 3
    with pytest.raises(OptionError, match=r"hidden is 0"):
        MLPOptions().replace(hidden=0)


@pytest.mark.parametrize(
    "budget, seconds", [("30s", 30), ("2m", 120), ("1.5h", 5400), (7, 7), ("0.5", 0.5)]
)
def test_a_budget_is_parsed_as_a_time(budget, seconds):
    assert FitOptions(budget=budget).seconds(lines=9) == seconds


@pytest.mark.parametrize("lines, seconds", [(0, 5), (400, 6), (10_000, 30), (10**9, 30)])
def test_the_default_budget_is_smaller_for_a_short_list(lines, seconds):
    assert FitOptions().seconds(lines) == seconds


@pytest.mark.parametrize("budget", ["soon", "0s", "-1s", "30 apples", "", 0])
def test_an_invalid_budget_is_rejected(budget):
    with pytest.raises(OptionError, match=r"budget is .* give a time such as 30s"):
        FitOptions(budget=budget).seconds(lines=9)


def test_families_are_found_by_name_and_by_options():
    assert family_named("mlp").options is MLPOptions
    assert family_of(MLPOptions()).name == "mlp"


def test_unknown_families_are_rejected():
    with pytest.raises(OptionError, match="model 'gpt9' is unknown: choose one of auto, ngram"):
        family_named("gpt9")
    with pytest.raises(OptionError, match="is not the options of a family"):
        family_of(SampleOptions())


VALUES = {"length": 3, "min_length": 2, "max_length": 9, "ignore_case": True, "forbid": ("x",)}


@pytest.mark.parametrize("field", fields(ConstraintOptions), ids=lambda field: field.name)
def test_every_constraint_except_prefix_and_max_length_makes_lines_constrained(field):
    value = VALUES.get(field.name, 77 if int in field.types else "x")
    is_free = field.name in ("prefix", "max_length", "states")
    for kind in (ConstraintOptions, SampleOptions):
        assert kind(**{field.name: value}).is_constrained != is_free
    assert not SampleOptions(label="F", new=True, distinct=True, top_k=2).is_constrained
    assert not SampleOptions(forbid=("",)).is_constrained
