"""A JSON array is read as a list, in any layout and in blocks of any size."""

import json

import pytest

from makemore.corpus.reading.decoding import MAX_LINE_LENGTH
from makemore.corpus.reading.json_array import array_rows
from makemore.corpus.reading.lists import read_blocks, read_lines
from makemore.corpus.reading.rows import Columns
from makemore.errors import DataError

NAMES = ["anna", "zo\u00eb", 'a "b", [c]', "d\\e", "\U0001f600"]


@pytest.fixture
def write(tmp_path):
    def write(text, name="list.json"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("name", ["list.json", "list.jsonl", "list.ndjson", "list.txt", "list"])
@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_of_strings_or_objects_is_a_list(write, name, indent):
    path = write(json.dumps(NAMES, indent=indent, ensure_ascii=indent is None), name)
    assert read_lines(path).to_list() == NAMES
    objects = [{"n": each, "x": i + 1, "s": "F"} for i, each in enumerate(NAMES)]
    lines = read_lines(write(json.dumps(objects, indent=indent), name), Columns("n", "x", "s"))
    assert lines.to_list() == NAMES
    assert lines.weights.tolist() == [1, 2, 3, 4, 5]
    assert lines.label_names == ("F",)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_the_items_do_not_depend_on_the_chunks(size):
    text = " \n" + json.dumps(NAMES * 3, indent=1) + "\n \n"
    chunks = [text[i : i + size] for i in range(0, len(text), size)]
    assert [row.line for row in array_rows(chunks, None)] == NAMES * 3


def test_an_empty_chunk_does_not_end_the_text():
    assert [row.line for row in array_rows(["[", "", '"anna"', "", "]"], None)] == ["anna"]


def test_a_long_array_on_one_line_is_read_in_blocks(write):
    names = [f"name {i}" for i in range(200_000)]
    blocks = list(read_blocks(write(json.dumps(names)), characters=2**17))
    assert len(blocks) > 10
    assert [line for block in blocks for line in block.to_list()] == names


@pytest.mark.parametrize(
    "text, row, problem",
    [
        ('["anna", 3]', 2, "a number, not a line: make it a string"),
        ('["anna", null]', 2, "null, not a line"),
        ('["anna", {"n": "b"}]', 2, "an object with 1 key"),
        ('["anna"', 2, "the JSON array is never closed"),
        ('["anna" "ben"]', 2, "the JSON array is not valid: ',' is expected"),
        ('["anna",]', 2, "not JSON"),
        ('["anna", "be', 2, "not JSON"),
        ('["anna"]\n["ben"]\n', 2, "there is text after the end of the array"),
        ("[" * 100_000, 1, "nested too deeply"),
        ('["a", NaN]', 2, "NaN is not a JSON number"),
        ('["' + "a" * (MAX_LINE_LENGTH * 3) + '"]', 1, "more than 1,048,576 characters"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_an_array_that_is_no_list_is_refused_with_the_number_of_the_item(write, text, row, problem):
    with pytest.raises(DataError, match=problem) as error:
        read_lines(write(text))
    assert error.value.location.row == row


def test_an_empty_array_has_no_usable_line(write):
    with pytest.raises(DataError, match="no usable line"):
        read_lines(write(" [ ] "))


def test_text_that_starts_with_a_bracket_is_text(write):
    text = "[draft] anna\n[draft] ben\n"
    assert read_lines(write(text, "list.txt")).to_list() == text.splitlines()


def test_a_json_file_may_hold_json_lines(write):
    assert read_lines(write('"anna"\n"ben"\n')).to_list() == ["anna", "ben"]
    assert read_lines(write('{"n": "anna"}\n'), Columns("n")).to_list() == ["anna"]
    with pytest.raises(DataError, match=r"row 1: not JSON: .*only an array may span rows"):
        read_lines(write('{\n"n": "anna"\n}\n'), Columns("n"))
