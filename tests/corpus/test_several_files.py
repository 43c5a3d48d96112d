"""Several files and folders are one list."""

import gzip

import pytest

from makemore.corpus.reading.lists import read_lines
from makemore.corpus.reading.rows import Columns
from makemore.errors import DataError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "a.txt").write_text("anna\n")
    (tmp_path / "b" / "c" / "d.jsonl").write_text('"dora"\n')
    (tmp_path / "b" / "b.txt.gz").write_bytes(gzip.compress(b"ben\n"))
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / ".hidden").write_text("hidden\n")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.txt").write_text("hidden\n")
    return tmp_path


def test_files_are_read_in_the_order_given(folder):
    paths = [folder / "b" / "b.txt.gz", str(folder / "a.txt"), folder / "a.txt"]
    lines = read_lines(paths)
    assert lines.to_list() == ["ben", "anna", "anna"]
    assert str(lines.summary()).startswith("3 lines read, 0 blank, 1 repeated")


def test_a_folder_stands_for_its_files_sorted_by_path_without_hidden_ones(folder):
    assert read_lines(folder).to_list() == ["anna", "ben", "dora"]
    assert read_lines([folder / "b", folder / "a.txt"]).to_list() == ["ben", "dora", "anna"]


def test_an_error_names_the_file(folder):
    (folder / "b" / "z.csv").write_text('n,x\n"a')
    with pytest.raises(DataError, match=r"z\.csv, row 2: a quote is never closed"):
        read_lines([folder / "b" / "z.csv"], Columns("n"))
    with pytest.raises(DataError, match=r"z\.csv, line 1: the table has 2 columns"):
        read_lines(folder)


@pytest.mark.parametrize("paths", [[], ()])
def test_no_file_is_refused(paths):
    with pytest.raises(DataError, match="there is no file"):
        read_lines(paths)


def test_empty_files_alone_are_refused(folder):
    with pytest.raises(DataError, match=r"empty\.txt: the list has no usable line: it is empty"):
        read_lines([folder / "empty.txt"])
