import gzip
import io
import pickle
import sys
from itertools import product

import numpy as np
import pytest
from safetensors.numpy import save

from makemore.corpus.lines import Lines
from makemore.corpus.reading.decoding import MAX_LINE_LENGTH
from makemore.corpus.reading.lists import read_blocks, read_lines
from makemore.corpus.reading.rows import Columns
from makemore.errors import DataError

TABLE = "name,sex,births\nanna,F,30\nben,M,2.5\n"


@pytest.fixture
def write_list(tmp_path):
    """Write a file and return its path."""

    def write(content: str | bytes, name: str = "list.txt") -> str:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


class Piped(io.TextIOWrapper):
    """Standard input with piped content."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content), encoding="ascii")


def labels(lines: Lines) -> list[str]:
    return [lines.label_names[i] for i in lines.labels.tolist()]


def test_a_text_file_has_one_item_per_line(write_list):
    lines = read_lines(write_list("anna\n ben \n\njos\u00e9"))
    assert lines.to_list() == ["anna", "ben", "jos\u00e9"]
    assert (lines.read, lines.labels, lines.weights) == (4, None, None)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_endings_of_every_system_are_read(write_list, end):
    assert read_lines(write_list(f"anna{end}ben{end}")).to_list() == ["anna", "ben"]


def test_a_byte_order_mark_is_skipped(write_list):
    assert read_lines(write_list(b"\xef\xbb\xbfanna\nben\n")).to_list() == ["anna", "ben"]
    table = read_lines(write_list(b"\xef\xbb\xbf" + TABLE.encode(), "t.csv"), Columns("name"))
    assert table.to_list() == ["anna", "ben"]


def test_a_byte_order_mark_at_the_start_of_a_line_is_dropped_and_elsewhere_kept(tmp_path):
    path = tmp_path / "list.txt"
    part = "a\n" * 2048 + "\ufeffb\nc\ufeffd\n"  # as files that were joined have it
    path.write_text(part * 3, encoding="utf-8")
    for size in (4096, 10_000, MAX_LINE_LENGTH):
        found = [line for block in read_blocks(path, characters=size) for line in block.to_list()]
        assert found == (["a"] * 2048 + ["b", "c\ufeffd"]) * 3


def test_a_gzip_file_is_recognised_under_any_name(write_list):
    packed = gzip.compress(b"anna\nben\n")
    assert read_lines(write_list(packed, "list.txt.gz")).to_list() == ["anna", "ben"]
    assert read_lines(write_list(packed, "list.txt")).to_list() == ["anna", "ben"]
    assert read_lines(write_list(packed + packed)).to_list() == ["anna", "ben", "anna", "ben"]


def test_a_gzip_table_is_read_as_a_table(write_list):
    path = write_list(gzip.compress(TABLE.encode()), "t.csv.gz")
    assert read_lines(path, Columns("name")).to_list() == ["anna", "ben"]
    with pytest.raises(DataError, match=r"t\.csv\.gz, line 1: the table has 3 columns"):
        read_lines(path)


def test_a_dash_means_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", Piped("anna\njos\u00e9\n".encode()))
    assert read_lines("-").to_list() == ["anna", "jos\u00e9"]


def test_standard_input_may_be_gzip_compressed_or_a_table(monkeypatch):
    monkeypatch.setattr(sys, "stdin", Piped(gzip.compress(TABLE.encode())))
    assert read_lines("-", Columns("name")).to_list() == ["anna", "ben"]


def test_errors_name_standard_input(monkeypatch):
    for content in (b"", b"anna\nb\xe9n\n", b"an\0na", gzip.compress(b"anna\n")[:-4]):
        monkeypatch.setattr(sys, "stdin", Piped(content))
        with pytest.raises(DataError, match=r"^standard input"):
            read_lines("-")


@pytest.mark.parametrize(
    "encoding, content",
    [
        ("latin-1", b"jos\xe9\n"),
        ("cp1252", b"jos\xe9\n"),
        ("utf-16", "jos\u00e9\n".encode("utf-16")),
        ("utf-16-le", "jos\u00e9\n".encode("utf-16-le")),
        ("utf-32", "jos\u00e9\n".encode("utf-32")),
        ("UTF-8", "jos\u00e9\n".encode()),
        ("utf_16", "jos\u00e9\n".encode("utf-16")),
    ],
)
def test_other_encodings_are_read_if_given(write_list, encoding, content):
    assert read_lines(write_list(content), encoding=encoding).to_list() == ["jos\u00e9"]


@pytest.mark.parametrize("name, separator", [("t.tsv", "\t"), *product(["t.csv", "t.txt"], ",;\t")])
def test_a_table_is_read_by_column_names(write_list, separator, name):
    path = write_list(TABLE.replace(",", separator), name)
    lines = read_lines(path, Columns("name", weight="births", label="sex"))
    assert lines.to_list() == ["anna", "ben"]
    assert lines.weights.tolist() == [30.0, 2.5]
    assert labels(lines) == ["F", "M"]
    assert read_lines(path, Columns("sex")).to_list() == ["F", "M"]


def test_a_table_without_a_header_is_read_by_column_numbers(write_list):
    path = write_list("anna,F,30\nben,M,2\n", "t.csv")
    lines = read_lines(path, Columns("1", weight="3", label="2"))
    assert lines.to_list() == ["anna", "ben"]
    assert lines.weights.tolist() == [30.0, 2.0]
    assert labels(lines) == ["F", "M"]


def test_one_column_name_makes_the_first_row_a_header(write_list):
    lines = read_lines(write_list(TABLE, "t.csv"), Columns("1", weight="births"))
    assert lines.to_list() == ["anna", "ben"]
    assert lines.weights.tolist() == [30.0, 2.5]


def test_spaces_around_a_column_name_are_ignored(write_list):
    path = write_list("name , births\nanna,3\n", "t.csv")
    assert read_lines(path, Columns("name", weight="births")).weights.tolist() == [3.0]


def test_quoted_fields_may_contain_separators_quotes_and_line_breaks(write_list):
    content = 'name,n\n"de la Cruz, Ana",1\n"the ""kid""",2\n"two\nlines",3\n'
    lines = read_lines(write_list(content, "t.csv"), Columns("name", weight="n"))
    assert lines.to_list() == ["de la Cruz, Ana", 'the "kid"', "two lines"]
    assert lines.weights.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_table_may_have_line_endings_of_every_system(write_list, end):
    path = write_list(TABLE.replace("\n", end), "t.csv")
    lines = read_lines(path, Columns("name", weight="births"))
    assert (lines.to_list(), lines.weights.tolist()) == (["anna", "ben"], [30.0, 2.5])


def test_a_one_column_table_requires_a_column_name_or_number(write_list):
    path = write_list("city\nParis\nOslo\n", "t.csv")
    with pytest.raises(DataError, match=r"the table has 1 column \(city\): give"):
        read_lines(path)
    assert read_lines(path, Columns("city")).to_list() == ["Paris", "Oslo"]
    assert read_lines(path, Columns("1")).to_list() == ["city", "Paris", "Oslo"]


def test_commas_in_a_tab_separated_table_are_kept(write_list):
    path = write_list("Paris, France\nOslo, Norway\n", "t.tsv")
    assert read_lines(path, Columns("1")).to_list() == ["Paris, France", "Oslo, Norway"]


def test_blank_rows_of_a_table_are_skipped(write_list):
    path = write_list("name,n\n\nanna,1\n\n\nben,2\n", "t.csv")
    assert read_lines(path, Columns("name", weight="n")).to_list() == ["anna", "ben"]


def test_a_blank_row_before_the_header_is_skipped(write_list):
    path = write_list("\nname,n\nanna,1\n", "t.csv")
    assert read_lines(path, Columns("name")).to_list() == ["anna"]


def test_blank_fields_and_rows_of_weight_zero_are_dropped(write_list):
    path = write_list("name,n\nanna,1\n,2\nben,0\notto,3\n", "t.csv")
    lines = read_lines(path, Columns("name", weight="n"))
    assert (lines.to_list(), lines.weights.tolist()) == (["anna", "otto"], [1.0, 3.0])


def test_a_text_file_with_commas_is_not_a_table(write_list):
    assert read_lines(write_list("Cruz, Ana\nLee, Bo\n")).to_list() == ["Cruz, Ana", "Lee, Bo"]


def test_a_missing_file_is_rejected(tmp_path):
    with pytest.raises(DataError, match=r"none\.txt: there is no such file; give the path of a"):
        read_lines(str(tmp_path / "none.txt"))


def test_an_empty_directory_is_rejected(tmp_path):
    with pytest.raises(DataError, match=r"this folder has no file: give the path of a list"):
        read_lines(str(tmp_path))


def test_a_path_through_a_file_is_rejected(write_list):
    with pytest.raises(DataError, match=r"cannot be read: "):
        read_lines(write_list("anna\n") + "/names.txt")


def test_an_empty_file_is_rejected(write_list):
    with pytest.raises(
        DataError, match=r"list\.txt: the list has no usable line: it is empty\. Give"
    ):
        read_lines(write_list(""))
    with pytest.raises(DataError, match=r"t\.csv: the list has no usable line: it is empty"):
        read_lines(write_list("", "t.csv"))
    with pytest.raises(DataError, match=r"has no usable line: it is empty"):
        read_lines(write_list("name,n\n", "t.csv"), Columns("name"))


def test_a_file_of_blank_lines_is_rejected(write_list):
    with pytest.raises(DataError, match=r"no usable line: all 3 of its lines are blank"):
        read_lines(write_list("\n  \n\u3000\n"))


def test_a_table_with_only_zero_weights_is_not_reported_as_blank(write_list):
    path = write_list("name,n\nanna,0\nben,0\n", "t.csv")
    with pytest.raises(DataError, match=r"no usable line") as caught:
        read_lines(path, Columns("name", weight="n"))
    assert "blank" not in str(caught.value)


def test_a_binary_file_is_rejected_with_the_line_of_its_first_nul(write_list):
    with pytest.raises(
        DataError, match=r"list\.txt, line 2: a NUL character: this is a binary file"
    ):
        read_lines(write_list(b"anna\nb\0en\n"))


def test_latin_1_bytes_are_rejected_with_their_line(write_list):
    sentence = r"list\.txt, line 3: byte 0xE9 is not valid UTF-8: give the encoding of the list"
    with pytest.raises(DataError, match=sentence):
        read_lines(write_list(b"anna\nben\njos\xe9\n"))


def test_text_truncated_within_a_character_is_rejected_with_its_line(write_list):
    with pytest.raises(DataError, match=r"line 2: byte 0xC3 is not valid UTF-8"):
        read_lines(write_list("anna\njos\u00e9".encode()[:-1]))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_utf_16_and_utf_32_are_recognised_by_their_byte_order_mark(write_list, encoding):
    content = "\ufeffanna\nzo\u00eb\n".encode(encoding)
    for given in ("utf-8", "UTF8", encoding[:6]):
        assert read_lines(write_list(content), encoding=given).to_list() == ["anna", "zo\u00eb"]


def test_utf_16_without_a_byte_order_mark_is_suspected(write_list):
    with pytest.raises(
        DataError, match=r"or text in UTF-16 \(for UTF-16, give --encoding utf-16\)"
    ):
        read_lines(write_list("anna\n".encode("utf-16-le")))


@pytest.mark.parametrize("keep", [2, 11, 20, -1, -8])
def test_a_damaged_gzip_file_is_rejected(write_list, keep):
    with pytest.raises(DataError, match=r"starts like a gzip file but is damaged or truncated"):
        read_lines(write_list(gzip.compress(b"anna\nben\n" * 9)[:keep]))


def test_a_gzip_file_with_a_changed_byte_is_rejected(write_list):
    packed = bytearray(gzip.compress(b"anna\nben\n" * 9))
    packed[-6] ^= 1  # in the checksum
    with pytest.raises(DataError, match=r"damaged or truncated"):
        read_lines(write_list(bytes(packed)))


@pytest.mark.parametrize("encoding", ["nope", "hex", "rot13", ""])
def test_an_unknown_encoding_is_rejected(write_list, encoding):
    with pytest.raises(DataError, match=rf"encoding '{encoding}' is unknown: try utf-8, latin-1"):
        read_lines(write_list("anna\n"), encoding=encoding)


def test_a_table_with_several_columns_requires_a_column_name(write_list):
    sentence = r"t\.csv, line 1: the table has 3 columns \(name, sex, births\): give"
    with pytest.raises(DataError, match=sentence):
        read_lines(write_list(TABLE, "t.csv"))
    with pytest.raises(DataError, match=r"--column NAME, or with --column NUMBER"):
        read_lines(write_list(TABLE.replace(",", "\t"), "t.tsv"))


@pytest.mark.parametrize(
    "columns", [Columns("nam"), Columns("name", "nam"), Columns("name", label="nam")]
)
def test_a_missing_column_is_rejected_with_the_existing_ones(write_list, columns):
    sentence = r"line 1: there is no column 'nam'; the first row has name, sex, births"
    with pytest.raises(DataError, match=sentence):
        read_lines(write_list(TABLE, "t.csv"), columns)


def test_a_duplicate_column_name_is_rejected(write_list):
    path = write_list("name, sex,name\nanna,F,ben\n", "t.csv")
    with pytest.raises(DataError, match=r"line 1: there is more than one column 'name'"):
        read_lines(path, Columns("name"))
    assert read_lines(path, Columns("sex")).to_list() == ["F"]


def test_a_column_number_beyond_the_table_is_rejected(write_list):
    with pytest.raises(DataError, match=r"row 1: there is no column 4: the row has 3"):
        read_lines(write_list(TABLE, "t.csv"), Columns("4"))


def test_column_zero_is_rejected_without_calling_the_file_empty(write_list):
    with pytest.raises(DataError, match=r"there is no column '0'") as caught:
        read_lines(write_list(TABLE, "t.csv"), Columns("0"))
    assert "empty" not in str(caught.value)


def test_a_column_of_a_plain_text_file_is_rejected_with_a_hint(write_list):
    with pytest.raises(DataError, match=r"the row has 1 \(if the text has no columns, omit --col"):
        read_lines(write_list("anna\nben\n"), Columns("2"))


def test_a_ragged_row_is_rejected_with_its_number(write_list):
    path = write_list("name,n\nanna,1\n\nben\n", "t.csv")
    with pytest.raises(DataError, match=r"t\.csv, row 4: there is no column n: the row has 1"):
        read_lines(path, Columns("name", weight="n"))


@pytest.mark.parametrize("weight", ["x", "-1", "nan", "inf", "", "1 000"])
def test_an_invalid_weight_is_rejected_with_the_row_of_the_table(write_list, weight):
    path = write_list(f"name,n\nanna,1\n\nben,{weight}\n", "t.csv")
    with pytest.raises(DataError, match=rf"t\.csv, row 4: weight '{weight}' is not a number"):
        read_lines(path, Columns("name", weight="n"))


def test_a_header_read_as_a_row_is_explained(write_list):
    sentence = r"row 1: weight 'births' is not a number.*; if the first row is a header"
    with pytest.raises(DataError, match=sentence):
        read_lines(write_list(TABLE, "t.csv"), Columns("1", weight="3"))


def test_a_blank_label_is_rejected_with_the_row_of_the_table(write_list):
    path = write_list("name,sex\nanna,F\n\nben, \n", "t.csv")
    with pytest.raises(DataError, match=r"t\.csv, row 4: the label is blank: give every line a"):
        read_lines(path, Columns("name", label="sex"))


def test_a_field_may_be_as_long_as_a_line(write_list):
    lines = read_lines(write_list(f'"{"a" * 1_000_000}"\n', "t.csv"), Columns("1"))
    assert lines.lengths().tolist() == [1_000_000]


def test_a_model_file_given_as_a_list_is_recognised(write_list):
    content = save({"a": np.zeros(3)}, {"makemore": "{}"})
    with pytest.raises(DataError, match=r"is a model file, not a list: for models"):
        read_lines(write_list(content, "names.safetensors"))


def test_a_pickle_given_as_a_list_is_rejected(write_list):
    with pytest.raises(DataError, match=r"list\.txt, line 1"):
        read_lines(write_list(pickle.dumps({"names": ["anna"] * 3}, protocol=4)))
