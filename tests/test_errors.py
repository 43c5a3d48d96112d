import copy
import pickle

import pytest

from makemore.errors import UNKNOWN_LOCATION, DataError, Location, MakemoreError

BLANK = DataError("the label is blank", Location("names.csv", row=3, column="sex"))


@pytest.mark.parametrize("location, sentence", [
    (UNKNOWN_LOCATION, "the label is blank"),
    (Location(column="sex"), "the label is blank"),
    (Location("names.csv"), "names.csv: the label is blank"),
    (Location("names.csv", column="sex"), "names.csv: the label is blank"),
    (Location(line=3), "line 3: the label is blank"),
    (Location(row=3, column="sex"), "row 3: the label is blank"),
    (Location("names.txt", line=3), "names.txt, line 3: the label is blank"),
    (Location("names.csv", line=4, row=3), "names.csv, line 4, row 3: the label is blank"),
    (Location("", line=0), ", line 0: the label is blank"),
])  # fmt: skip
def test_the_message_is_the_location_and_the_problem(location, sentence):
    error = DataError("the label is blank", location)
    assert (error.problem, error.location) == ("the label is blank", location)
    assert str(error) == f"{error}" == sentence


def test_an_error_without_a_location_has_an_empty_location():
    error = DataError("there is no line")
    assert error.location == UNKNOWN_LOCATION == Location(None, None, None, None)
    assert str(error) == "there is no line"


def test_at_returns_a_copy_with_a_completed_location():
    bare = DataError("{names}: 7 % of line 3", Location(line=3))
    whole = bare.at(Location("names.txt", line=5003))
    assert type(whole) is DataError
    assert str(whole) == "names.txt, line 5003: {names}: 7 % of line 3"
    assert str(bare) == "line 3: {names}: 7 % of line 3"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("error", [BLANK, DataError("there is no line")])
def test_an_error_can_be_pickled(error, protocol):
    came = pickle.loads(pickle.dumps(error, protocol))
    assert type(came) is DataError
    assert (came.problem, came.location) == (error.problem, error.location)
    assert str(came) == str(error)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copied_error_keeps_its_location_and_notes(copied):
    error = BLANK.at(BLANK.location)
    error.add_note("while fitting")
    found = copied(error)
    assert found is not error
    assert (found.problem, found.location) == (error.problem, error.location)
    assert (str(found), found.__notes__) == (str(error), ["while fitting"])


def test_a_data_error_is_a_makemore_error_and_a_value_error():
    assert DataError.__mro__[1:3] == (MakemoreError, ValueError)
