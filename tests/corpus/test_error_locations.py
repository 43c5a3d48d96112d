"""Every error about input has its location as an attribute and in its message."""

import bz2
import gzip
import io
import lzma
import pickle
import sys
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from makemore.corpus.lines import Lines
from makemore.corpus.reading.decoding import MAX_LINE_LENGTH
from makemore.corpus.reading.lists import read_blocks, read_lines
from makemore.corpus.reading.rows import Columns
from makemore.errors import UNKNOWN_LOCATION, DataError, Location

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACK = {
    ".gz": lambda data: gzip.compress(data, mtime=0),  # deterministic, so that test ids are stable
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd.compress,
}


class Format(NamedTuple):
    """An input format: its header, and a valid line or row."""

    name: str
    columns: Columns | None
    header: bytes
    good: bytes
    encoding: str = "utf-8"


TEXT = Format("list.txt", None, b"", b"anna\n")
UTF_7 = TEXT._replace(encoding="utf-7")
CSV = Format("list.csv", Columns("name", "n", "sex"), b"name,n,sex\n", b"anna,1,F\n")
BARE = Format("list.csv", Columns("1", "2", "3"), b"", b"anna,1,F\n")
TSV = Format("list.tsv", CSV.columns, b"name\tn\tsex\n", b"anna\t1\tF\n")
TABLE = CSV._replace(name="list")  # recognised as a table by the given columns
CSV_7 = CSV._replace(encoding="utf-7")
STRINGS = Format("list.jsonl", None, b"", b'"anna"\n')
JSON = Format("list.jsonl", CSV.columns, b"", b'{"name": "anna", "n": 1, "sex": "F"}\n')

LINE, ROW = "line", "row"

# Format, invalid line or row, unit of the location, column, and start of the message.
WRONG = [
    (TEXT, b"b\xe9n", LINE, None, "byte 0xE9 is not valid UTF-8: give the encoding of the list"),
    (TEXT, b"b\0n", LINE, None, "a NUL character: this is a binary file"),
    (
        TEXT,
        b"a" * (MAX_LINE_LENGTH + 1),
        LINE,
        None,
        "the line has more than 1,048,576 characters: give",
    ),
    (UTF_7, b"+2AA-", LINE, None, "half of a surrogate pair (U+D800), which is not a character"),
    (CSV, b"b\xe9n,1,F", LINE, None, "byte 0xE9 is not valid UTF-8"),
    (CSV, b"b\0n,1,F", LINE, None, "a NUL character"),
    (CSV, b'"ben" b,1,F', ROW, None, "there is text after a closing quote"),
    (CSV, b"ben,1,F,x", ROW, None, "the row has 4 fields, the header 3"),
    (CSV, b'"' + b"a\n" * 30_000 + b'",x,F', ROW, "n", "weight 'x' is not a number of 0 or more"),
    (CSV, b"ben", ROW, "n", "there is no column n: the row has 1 (if the text has no columns"),
    (CSV, b"ben,1", ROW, "sex", "there is no column sex: the row has 2"),
    (CSV, b"ben,x,M", ROW, "n", "weight 'x' is not a number of 0 or more"),
    (CSV, b"ben,,M", ROW, "n", "weight '' is not a number of 0 or more"),
    (CSV, b"ben,1e16,M", ROW, "n", "weight 1e+16 is above 1e+15: scale all weights down"),
    (CSV, b"ben,1, ", ROW, "sex", "the label is blank: give every line a label"),
    (CSV_7, b"b+2AA-n,1,M", ROW, "name", "half of a surrogate pair (U+D800)"),
    (
        CSV_7,
        b"ben,1,M weight +2AA-",
        ROW,
        "sex",
        "the label 'M weight \\ud800' contains a NUL or half",
    ),
    (BARE, b"ben,x,M", ROW, "2", "weight 'x' is not a number of 0 or more; if the first row"),
    (BARE, b"ben,1,", ROW, "3", "the label is blank: give every line a label"),
    (BARE, b"ben", ROW, "2", "there is no column 2: the row has 1"),
    (TSV, b"ben\tx\tM", ROW, "n", "weight 'x' is not a number of 0 or more"),
    (TSV, b"ben\t1\t", ROW, "sex", "the label is blank"),
    (TABLE, b"ben,-1,M", ROW, "n", "weight '-1' is not a number of 0 or more"),
    (STRINGS, b"anna", ROW, None, "not JSON: Expecting value"),
    (STRINGS, b"NaN", ROW, None, "not JSON: NaN is not a JSON number"),
    (STRINGS, b"[" * 100_000, ROW, None, "nested too deeply to be read as JSON"),
    (STRINGS, b"12", ROW, None, "a number, not a line: make it a string"),
    (STRINGS, b'{"name": "ben"}', ROW, None, "an object with 1 key (name): give the key"),
    (STRINGS, b'"b\\u0000n"', ROW, None, "a NUL character: this looks like a binary file"),
    (JSON, b'"ben"', ROW, None, "a string, not an object with the key 'name'"),
    (JSON, b'{"a": 1, "a": 2}', ROW, None, "the key 'a' occurs more than once: keep one"),
    (JSON, b'{"n": 1}', ROW, "name", "there is no key 'name'; the keys are: n"),
    (JSON, b'{"name": "ben", "n": 1}', ROW, "sex", "there is no key 'sex'; the keys are: name, n"),
    (JSON, b'{"name": 7, "n": 1, "sex": "M"}', ROW, "name", "name is a number: make it a string"),
    (JSON, b'{"name": "b", "n": "1", "sex": "M"}', ROW, "n", "weight n is a string: make it a num"),
    (JSON, b'{"name": "b", "n": -1, "sex": "M"}', ROW, "n", "weight -1.0 is not a number of 0 or"),
    (JSON, b'{"name": "b", "n": 1, "sex": " "}', ROW, "sex", "the label is blank"),
    (JSON, b'{"name": "b", "n": 1, "sex": "\\udfff"}', ROW, "sex", "the label '\\udfff' contains"),
    (JSON, b'{"name": "\\ud800", "n": 1, "sex": "M"}', ROW, "name", "half of a surrogate pair"),
]
NAMES = [f"{form.name}-{problem[:30]}" for form, _, _, _, problem in WRONG]
every_wrong = pytest.mark.parametrize("form, bad, kind, column, problem", WRONG, ids=NAMES)


def error_of(path, columns=None, encoding="utf-8", characters=MAX_LINE_LENGTH) -> DataError:
    """Read a list and return the error raised."""
    with pytest.raises(DataError, match=r".") as caught:
        for _ in read_blocks(path, columns, encoding, characters):
            pass
    return caught.value


def check(error: DataError, location: Location, problem: str) -> None:
    """Check that the error has this location and names it once, before the problem."""
    assert error.location == location
    number = location.row if location.line is None else location.line
    kind = "row" if location.line is None else "line"
    assert str(error) == f"{location.file}, {kind} {number}: {error.problem}"
    assert error.problem.startswith(problem)
    assert location.file not in error.problem


@pytest.mark.parametrize("before", [0, 3, 4000])
@every_wrong
def test_an_error_has_its_file_its_line_or_row_and_its_column(
    tmp_path, form, bad, kind, column, problem, before
):
    path = tmp_path / form.name
    path.write_bytes(form.header + form.good * before + bad + b"\n" + form.good * 3)
    number = form.header.count(b"\n") + before + 1
    error = error_of(path, form.columns, form.encoding, 4096)
    check(error, Location(str(path), column=column, **{kind: number}), problem)
    assert pickle.loads(pickle.dumps(error)).location == error.location


@every_wrong
@pytest.mark.parametrize("suffix", PACK)
def test_an_error_in_a_compressed_file_has_the_location_of_the_plain_file(
    tmp_path, form, bad, kind, column, problem, suffix
):
    path = tmp_path / f"{form.name}{suffix if form is not TABLE else ''}"
    path.write_bytes(PACK[suffix](form.header + form.good * 2000 + bad))
    number = form.header.count(b"\n") + 2001
    error = error_of(path, form.columns, form.encoding, 4096)
    check(error, Location(str(path), column=column, **{kind: number}), problem)


@pytest.mark.parametrize("form, bad, kind, column, problem", [
    case for case in WRONG if case[0] in (TEXT, UTF_7, TABLE)
])  # fmt: skip
def test_an_error_in_a_pipe_names_standard_input(monkeypatch, form, bad, kind, column, problem):
    content = form.header + form.good * 2000 + bad
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="ascii"))
    number = form.header.count(b"\n") + 2001
    error = error_of("-", form.columns, form.encoding)
    check(error, Location("standard input", column=column, **{kind: number}), problem)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(
    st.sampled_from(WRONG),
    st.lists(st.tuples(st.booleans(), st.integers(0, 900)), max_size=5),
    st.integers(0, 900),
    st.sets(st.integers(4096, MAX_LINE_LENGTH) | st.integers(4096, 4400), min_size=2, max_size=4),
)
def test_an_error_does_not_depend_on_the_block_size(tmp_path_factory, wrong, before, after, sizes):
    form, bad, kind, column, problem = wrong
    rows = b"".join((b"\n" if is_blank else form.good) * count for is_blank, count in before)
    path = tmp_path_factory.mktemp("lists") / form.name
    path.write_bytes(form.header + rows + bad + b"\n" + form.good * after)
    number = (form.header + rows).count(b"\n") + 1
    errors = [error_of(path, form.columns, form.encoding, size) for size in sizes]
    for error in errors:
        check(error, Location(str(path), column=column, **{kind: number}), problem)
    assert len(set(map(str, errors))) == 1


@pytest.mark.parametrize("blank", [0, 2, 9000])
@pytest.mark.parametrize("columns, column, problem", [
    (None, None, "the table has 3 columns (name, name, n): give the column of the lines"),
    (Columns("sex"), "sex", "there is no column 'sex'; the first row has name, name, n"),
    (Columns("n", "births"), "births", "there is no column 'births'"),
    (Columns("n", label="name"), "name", "there is more than one column 'name'"),
])  # fmt: skip
def test_an_error_about_the_header_has_the_line_of_the_header(
    tmp_path, columns, column, problem, blank
):
    path = tmp_path / "list.csv"
    path.write_text("\n" * blank + "name,name,n\nanna,kim,1\n")
    for size in (4096, MAX_LINE_LENGTH):
        error = error_of(path, columns, characters=size)
        check(error, Location(str(path), line=blank + 1, column=column), problem)


def test_row_numbers_count_rows_and_not_lines(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text('name,n\n"de la\nCruz",1\n\nben,x\n')
    check(error_of(path, Columns("name", "n")), Location(str(path), row=4, column="n"), "weight")


def test_an_unclosed_quote_is_located_after_blocks_of_blank_lines(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("\n" * 9000 + '"a\n')
    for size in (4096, MAX_LINE_LENGTH):
        check(
            error_of(path, Columns("1"), characters=size),
            Location(str(path), row=9001),
            "a quote is never closed",
        )


@pytest.mark.parametrize("content, problem", [
    (None, "there is no such file; give the path of a list"),
    (b"", "the list has no usable line: it is empty. Give a list with one item per line"),
    (b"\n \n", "the list has no usable line: all 2 of its lines are blank. Give a list"),
    (PACK[".gz"](b"anna\n")[:-4], "this starts like a gzip file but is damaged or truncated"),
    (b"PK\x03\x04" + bytes(20), "this is a zip archive or a workbook such as .xlsx: unpack it"),
    (bytes(8) + b'{"__metadata__": {}}', "this is a model file, not a list: for models"),
])  # fmt: skip
def test_an_error_about_a_whole_file_has_only_the_file(tmp_path, content, problem):
    path = tmp_path / "list.txt"
    if content is not None:
        path.write_bytes(content)
    error = error_of(path)
    assert error.location == Location(str(path))
    assert str(error) == f"{path}: {error.problem}"
    assert error.problem.startswith(problem)


def test_errors_of_the_operating_system_have_the_file(tmp_path):
    error = error_of(tmp_path)
    assert (error.location, error.problem) == (
        Location(str(tmp_path)),
        "this folder has no file: give the path of a list",
    )
    (tmp_path / "list.txt").write_text("anna\n")
    path = tmp_path / "list.txt" / "more"
    error = error_of(path)
    assert error.location == Location(str(path))
    assert error.problem.startswith("it cannot be read: ")


def test_closed_standard_input_is_the_location(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    error = error_of("-")
    assert error.location == Location("standard input")
    assert str(error).startswith("standard input: it is closed: pipe a list into it")


@pytest.mark.parametrize("path, encoding", [("", "utf-8"), ("a\0b", "utf-8"), (None, "rot13")])
def test_an_error_about_an_argument_has_no_location(tmp_path, path, encoding):
    (tmp_path / "list.txt").write_text("anna\n")
    error = error_of(tmp_path / "list.txt" if path is None else path, encoding=encoding)
    assert error.location == UNKNOWN_LOCATION
    assert str(error) == error.problem


@pytest.mark.parametrize("given, location, problem", [
    ({"strings": ["anna", 3]}, Location(line=2), "this item is of type int, not str"),
    ({"strings": ["anna", "b\0"]}, Location(line=2), "a NUL character"),
    ({"strings": ["a\nb", "\ud800"]}, Location(line=2), "half of a surrogate pair (U+D800)"),
    ({"weights": [1, -1]}, Location(line=2, column="weight"), "weight -1 is not a number of 0"),
    ({"weights": ["x", 1]}, Location(line=1, column="weight"), "weight 'x' is not a number"),
    ({"weights": [1, 1e16]}, Location(line=2, column="weight"), "weight 1e+16 is above 1e+15"),
    ({"labels": ["F", " "]}, Location(line=2, column="label"), "the label is blank"),
    ({"labels": ["\0", "F"]}, Location(line=1, column="label"), "the label '\\x00' contains a NUL"),
    ({"labels": ["F"]}, UNKNOWN_LOCATION, "got 1 labels for 2 lines"),
    ({"weights": [1]}, UNKNOWN_LOCATION, "got 1 weights for 2 lines"),
    ({"strings": "anna"}, UNKNOWN_LOCATION, "got one string, but a list of strings is needed"),
])  # fmt: skip
def test_an_error_about_a_list_in_memory_has_the_line(given, location, problem):
    with pytest.raises(DataError, match=r".") as caught:
        Lines.from_strings(**{"strings": ["anna", "ben"], **given})
    assert caught.value.location == location
    assert caught.value.problem.startswith(problem)
    where = f"line {location.line}: " if location.line else ""
    assert str(caught.value) == where + caught.value.problem


def test_an_error_about_a_text_counts_lines_from_the_given_number():
    with pytest.raises(DataError, match=r"^line 12: a NUL character") as caught:
        Lines.from_text("a\r\nb\rc\0\n", 10)
    assert caught.value.location == Location(line=12)


def test_the_hint_about_a_header_is_given_for_weights_only(tmp_path):
    path, hint = tmp_path / "list.csv", "if the first row is a header"
    path.write_bytes(b"anna,my weight +2AA-,x\n")
    for columns, is_told in ((Columns("1", label="2"), False), (Columns("1", "3"), True)):
        assert (hint in error_of(path, columns, "utf-7").problem) == is_told


def test_each_read_has_its_own_location(tmp_path):
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_bytes(b"anna\nb\xe9n\n")
        with pytest.raises(DataError, match=r"byte 0xE9") as caught:
            read_lines(tmp_path / name)
        file = replace(caught.value.location, line=None)
        assert file == Location(str(tmp_path / name))
