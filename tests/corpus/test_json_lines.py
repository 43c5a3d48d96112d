import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.corpus.reading.json_lines import json_rows
from makemore.corpus.reading.lists import read_lines
from makemore.corpus.reading.rows import Columns
from makemore.errors import DataError

PEOPLE = '{"name": "anna", "sex": "F", "births": 30}\n{"births": 2.5, "sex": "M", "name": "ben"}\n'
EVERYTHING = Columns("name", "births", "sex")


@pytest.fixture
def write_list(tmp_path):
    """Write a file and return its path."""

    def write(content: str, name: str = "list.jsonl") -> str:
        (tmp_path / name).write_text(content, encoding="utf-8")
        return str(tmp_path / name)

    return write


@pytest.mark.parametrize("name", ["list.jsonl", "list.ndjson", "LIST.JSONL"])
def test_each_row_may_be_a_string(write_list, name):
    lines = read_lines(write_list('"anna"\n\n "jos\\u00e9 \\ud83d\\ude00" \r\n"a\\nb"', name))
    assert lines.to_list() == ["anna", "jos\u00e9 \U0001f600", "a b"]
    assert (lines.read, lines.weights, lines.labels) == (3, None, None)


def test_each_row_may_be_an_object_with_the_line_under_a_key(write_list):
    lines = read_lines(write_list(PEOPLE), EVERYTHING)
    assert lines.to_list() == ["anna", "ben"]
    assert lines.weights.tolist() == [30.0, 2.5]
    assert lines.label_list() == ["F", "M"]
    assert read_lines(write_list(PEOPLE), Columns("sex")).to_list() == ["F", "M"]


def test_a_file_without_an_extension_may_hold_objects(write_list, monkeypatch):
    path = write_list("\n" + PEOPLE, "people")
    assert read_lines(path, EVERYTHING).to_list() == ["anna", "ben"]
    assert read_lines(path).to_list()[0].startswith("{")
    assert read_lines(write_list('"{a";b\nx;y\n', "t"), Columns("{a")).to_list() == ["x"]
    with open(path, "rb") as stream:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=stream, closed=False))
        assert read_lines("-", Columns("sex")).to_list() == ["F", "M"]


def test_a_key_may_be_numeric(write_list):
    assert read_lines(write_list('{"1": "anna"}'), Columns("1")).to_list() == ["anna"]


def test_lines_of_weight_zero_and_blank_lines_are_dropped(write_list):
    rows = '{"name": "anna", "births": 0}\n{"name": " ", "births": 1}\n{"name": "b", "births": 1}'
    lines = read_lines(write_list(rows), Columns("name", "births"))
    assert (lines.to_list(), lines.read, lines.blank) == (["b"], 3, 1)


def test_objects_require_the_key_of_the_line(write_list):
    sentence = r"list\.jsonl, row 1: an object with 3 keys \(name, sex, births\): give the key"
    with pytest.raises(DataError, match=sentence):
        read_lines(write_list(PEOPLE))
    with pytest.raises(DataError, match=r"row 3: an object with 1 key \(name\): give the key"):
        read_lines(write_list('"anna"\n\n{"name": "ben"}'))


@pytest.mark.parametrize("row, sentence", [
    ("anna", "not JSON: Expecting value"),
    ('"anna', "not JSON: Unterminated string"),
    ('"anna" "ben"', "not JSON: Extra data"),
    ('"an\tna"', "not JSON: Invalid control character"),
    ("NaN", "not JSON: NaN is not a JSON number"),
    ("[-Infinity]", "not JSON: -Infinity is not a JSON number"),
    ("1" * 5000, "not JSON: "),
    ("[" * 100_000, "nested too deeply to be read as JSON"),
    ('{"a":' * 100_000, "nested too deeply to be read as JSON"),
    ("12", "a number, not a line: make it a string"),
    ("null", "null, not a line"),
    ("true", "true or false, not a line"),
    ('["anna"]', "an array, not a line"),
    ('"an\\ud800na"', "half of a surrogate pair (U+D800)"),
    ('"an\\u0000na"', "a NUL character"),
])  # fmt: skip
def test_a_row_that_is_not_a_string_is_rejected_with_its_number(write_list, row, sentence):
    with pytest.raises(DataError, match=re.escape(f"list.jsonl, row 3: {sentence}")):
        read_lines(write_list(f'"anna"\n\n{row}\n"ben"\n'))


@pytest.mark.parametrize("row, sentence", [
    ('"anna"', "a string, not an object with the key 'name' (if all rows are strings, omit"),
    ("[]", "an array, not an object with the key 'name'"),
    ("{}", "there is no key 'name'; the keys are: none"),
    ('{"nam": 1, "b": 2}', "there is no key 'name'; the keys are: nam, b"),
    ('{"name": "a", "sex": "F"}', "there is no key 'births'; the keys are: name, sex"),
    ('{"name": "a", "births": 1}', "there is no key 'sex'"),
    ('{"name": 7, "births": 1, "sex": "F"}', "name is a number: make it a string"),
    ('{"name": null, "births": 1, "sex": "F"}', "name is null: make it a string"),
    ('{"name": "a", "births": "1", "sex": "F"}', "weight births is a string: make it a number"),
    ('{"name": "a", "births": true, "sex": "F"}', "weight births is true or false"),
    ('{"name": "a", "births": -1, "sex": "F"}', "weight -1.0 is not a number of 0 or more"),
    ('{"name": "a", "births": 1e999, "sex": "F"}', "weight inf is not a number"),
    ('{"name": "a", "births": 1' + "0" * 400 + ', "sex": "F"}', "weight inf is not a number"),
    ('{"name": "a", "births": 1, "sex": " "}', "the label is blank"),
    ('{"name": "a", "births": 1, "sex": "\\udfff"}', "the label '\\udfff' contains a NUL or half"),
    ('{"name": "a", "name": "b"}', "the key 'name' occurs more than once: keep one of them"),
    ('{"c": {"a": 1, "b": 2, "a": 3}}', "the key 'a' occurs more than once"),
])  # fmt: skip
def test_an_invalid_object_is_rejected_with_its_row(write_list, row, sentence):
    with pytest.raises(DataError, match=re.escape(f"list.jsonl, row 4: {sentence}")):
        read_lines(write_list(PEOPLE + f"\n{row}\n"), EVERYTHING)


def test_an_empty_json_lines_file_is_rejected(write_list):
    for content in ("", "\n \n"):
        with pytest.raises(
            DataError, match=r"list\.jsonl: the list has no usable line: it is empty"
        ):
            read_lines(write_list(content))


@given(st.text('[]{}",:\\ud0abN1e+-. \n', max_size=20), st.sampled_from([None, Columns("a", "b")]))
def test_any_text_is_parsed_or_rejected_with_a_row_number(text, columns):
    refused = None
    try:
        rows = list(json_rows([(1, text)], columns))
    except DataError as error:
        refused = str(error)
    assert re.match(r"row \d+\b", refused or "row 1")
    assert refused or all(isinstance(row.line, str) for row in rows)
