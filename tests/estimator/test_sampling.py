import inspect
from typing import Annotated

import pytest
from attrs import frozen

from makemore import MakeMore
from makemore.errors import OptionError
from makemore.options.declaration import Options, Setting, fields, fill_in
from makemore.options.verbs import ConstraintOptions, SampleOptions


@pytest.fixture(scope="module")
def maker():
    return MakeMore("kneser_ney").fit(["anna", "hannah", "ben", "benno", "eva", "lea"])


@pytest.mark.parametrize(
    "method, declaration",
    [("sample", SampleOptions), ("stream", SampleOptions), ("top", ConstraintOptions)],
)
def test_docstrings_name_every_option_of_the_declaration(method, declaration):
    text = inspect.getdoc(getattr(MakeMore, method))
    names = text.split("by name:")[1].split(".")[0].replace(",", " ").split()
    assert names == [field.name for field in fields(declaration)]
    assert max(map(len, getattr(MakeMore, method).__doc__.splitlines())) <= 100


def test_a_new_option_appears_in_the_docstring():
    @frozen(kw_only=True)
    class Wider(Options):
        """Options."""

        spelling: Annotated[str, Setting("which spelling", parameter="orthography")] = ""

    assert fill_in("Names: {names}.", Wider) == "Names: spelling."
    assert fill_in("  {parameters}", Wider) == "  orthography: which spelling."


def test_an_options_object_equals_keyword_arguments(maker):
    named = {"suffix": "a", "seed": 3, "temperature": 0.7, "distinct": True}
    wanted = SampleOptions(**named)
    assert maker.sample(4, options=wanted) == maker.sample(4, **named)
    assert next(maker.stream(options=wanted)) == maker.sample(1, **named)[0]
    constraint = ConstraintOptions(suffix="a", max_length=4)
    assert maker.top(5, options=constraint) == maker.top(5, suffix="a", max_length=4)


def test_an_options_object_with_keyword_arguments_is_rejected(maker):
    with pytest.raises(OptionError, match="give SampleOptions, or options by name, not both"):
        maker.sample(1, options=SampleOptions(), seed=1)


def test_an_options_object_of_the_wrong_class_is_rejected(maker):
    with pytest.raises(OptionError, match="give ConstraintOptions"):
        maker.top(1, options=SampleOptions(top_k=1))
    with pytest.raises(OptionError, match="give SampleOptions"):
        maker.sample(1, options=ConstraintOptions(suffix="a"))
