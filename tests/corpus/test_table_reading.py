"""Tables: quotes, delimiters and rows of the wrong width are read rightly or refused."""

import pytest

from makemore.corpus.reading.lists import read_lines
from makemore.corpus.reading.rows import Columns
from makemore.errors import DataError, OptionError


@pytest.fixture
def read(tmp_path):
    def read(text, name="list.csv", column="1", **columns):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8", newline="")
        return read_lines(path, Columns(column, **columns))

    return read


@pytest.mark.parametrize("name", ["list.csv", "list.txt"])
@pytest.mark.parametrize(
    "text, row, problem",
    [
        ('n\n"a\nb\nc\n', 2, "a quote is never closed"),
        ('n\na\n"', 3, "a quote is never closed"),
        ('n\n"a" b\n"c"\n', 2, "there is text after a closing quote"),
        ('n\na\n"b\nc\nd"x\n', 3, "there is text after a closing quote"),
        ('n\n"a""\nb\n', 2, "a quote is never closed"),
        ("n\nParis, France\nOslo, Norway\n", 2, "the row has 2 fields, the header 1"),
        ("n,count\nWashington, D.C.,7\nOslo,3\n", 2, "the row has 3 fields, the header 2"),
        ("n,count\nOslo,3\nWashington, D.C.,7\n", 3, "the row has 3 fields, the header 2"),
        ("n;count\nOslo;3\nBern;1;\n", 3, "the row has 3 fields, the header 2"),
        ("n|m\nOslo|3\nBern|1|2\n", 3, "the row has 3 fields, the header 2"),
        ("n\tm\nOslo\t3\nBern\t1\t2\n", 3, "the row has 3 fields, the header 2"),
    ],
)
def test_a_table_that_would_be_read_wrongly_is_refused_with_its_row(read, name, text, row, problem):
    with pytest.raises(DataError, match=problem) as error:
        read(text, name, "n")
    assert error.value.location.row == row


@pytest.mark.parametrize("text", ["Washington, D.C.,7\nOslo,3\n", "Oslo,3\nWashington, D.C.,7\n"])
def test_without_a_header_all_rows_need_as_many_fields_as_the_first(read, text):
    with pytest.raises(DataError, match=r"row 2: the row has \d fields, the first row \d"):
        read(text)


def test_rows_may_lack_fields_at_their_end_if_there_is_a_header(read):
    assert read("n,a,b\nanna,1,2\nben\n", column="n").to_list() == ["anna", "ben"]


def test_quoted_fields_hold_delimiters_quotes_and_line_breaks(read):
    lines = read('n,x\n"a, b",1\n"c ""d""",2\n"e\nf\ng",3\n', column="n")
    assert lines.to_list() == ["a, b", 'c "d"', "e f g"]
    assert str(lines.summary()).startswith("3 lines read, 2 line breaks within fields, 0 blank")


def test_a_quote_within_an_unquoted_field_is_text(read):
    assert read('5" pipe\na"b"\n').to_list() == ['5" pipe', 'a"b"']


@pytest.mark.parametrize(
    "field, line",
    [
        ('"a"', "a"),
        ('"a', '"a'),
        ('c "d"', 'c "d"'),
        ('"a ""b"""', 'a "b"'),
        ('a"', 'a"'),
        ('"', '"'),
        ('"a, b"', "a, b"),
    ],
)
def test_in_a_table_with_tabs_only_quotes_at_both_ends_are_removed(read, field, line):
    text = f"n\tx\n{field}\t1\nb\t2\n"
    for name in ("list.tsv", "list.csv", "list.txt"):
        assert read(text, name, "n", weight="x").to_list() == [line, "b"]


def test_a_stray_quote_in_a_table_with_tabs_swallows_no_row(read):
    rows = [f"name{i}\t{i}" for i in range(1000)]
    rows[9] = '"Bo\t9'
    assert len(read("n\tx\n" + "\n".join(rows), "list.tsv", "n")) == 1000


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
def test_the_common_delimiters_are_detected(read, delimiter):
    text = f'n{delimiter}"a,;|b"\nanna{delimiter}1\n'
    assert read(text, column="n").to_list() == ["anna"]


@pytest.mark.parametrize("declaration", ["sep=;", "SEP=;", '"sep=;"'])
def test_a_declared_delimiter_is_honoured(read, declaration):
    text = f"{declaration}\nn,m;x\nanna, b;1\n\nben;x\n"
    assert read(text, column="n,m").to_list() == ["anna, b", "ben"]
    with pytest.raises(DataError, match=r"row 5: weight 'x'"):
        read(text, column="n,m", weight="x")


@pytest.mark.parametrize("delimiter", [":", "!", " ", "^", "\t", "ä"])
def test_a_given_delimiter_is_used(read, delimiter):
    text = f"n,m{delimiter}x\nanna, b{delimiter}2\n".replace(", ", ",")
    assert read(text, column="n,m", weight="x", delimiter=delimiter).to_list() == ["anna,b"]


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n", "\r", "\0"])
def test_a_delimiter_that_separates_nothing_is_refused(delimiter):
    with pytest.raises(OptionError, match="give one character"):
        Columns("n", delimiter=delimiter)


@pytest.mark.parametrize("given", ["Pre\u0301nom", "Pr\u00e9nom", " Pr\u00e9nom "])
@pytest.mark.parametrize("stored", ["Pre\u0301nom", "Pr\u00e9nom", "  Pr\u00e9nom"])
def test_a_column_or_key_is_found_in_any_normal_form_and_with_spaces(read, given, stored):
    assert read(f"{stored},x\nanna,1\n", column=given).to_list() == ["anna"]
    text = f'{{"{stored}": "anna", "x": 1}}\n'
    assert read(text, "list.jsonl", given, weight=" x").to_list() == ["anna"]


def test_a_weight_with_an_underscore_is_refused(read):
    with pytest.raises(DataError, match=r"row 2: weight '1_000' is not a number"):
        read("n,x\nanna,1_000\n", column="n", weight="x")
