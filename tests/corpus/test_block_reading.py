import gzip
import io
import os
import sys
import threading
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from makemore.corpus.lines import Lines
from makemore.corpus.reading.decoding import MAX_LINE_LENGTH, decode_chunks, whole_lines
from makemore.corpus.reading.lists import read_blocks, read_lines
from makemore.corpus.reading.rows import Columns
from makemore.errors import DataError

ENDS = st.sampled_from(["\n", "\r", "\r\n"])
TEXTS = st.lists(
    st.one_of(ENDS, st.text("ab \u00e9\u0301\u3000\U0001f600", max_size=5)), max_size=30
).map("".join)


def same(one: Lines, other: Lines) -> bool:
    """Whether two lists are equal in every field."""
    arrays = ("codes", "offsets", "labels", "weights")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays) and (
        one.label_names,
        one.read,
        one.blank,
    ) == (other.label_names, other.read, other.blank)


def cut(data: bytes, at: list[int]) -> list[bytes]:
    """Split data into non-empty pieces."""
    edges = [0, *sorted({min(position, len(data)) for position in at}), len(data)]
    return [data[a:b] for a, b in pairwise(edges) if b > a]


@given(TEXTS, st.lists(st.integers(1, 60)), st.sampled_from(["utf-8", "utf-16", "shift_jis_2004"]))
@example("a\r\nb\n", [2], "utf-8")  # between CR and LF
@example("\ufeffa\u00e9", [1, 2, 3, 4, 5], "utf-8")
@example("a\ufeffb", [1], "utf-8")  # not a byte order mark in the middle
def test_decoding_does_not_depend_on_where_the_bytes_are_split(text, at, encoding):
    data = text.encode(encoding, errors="ignore")
    blocks = list(whole_lines(decode_chunks(cut(data, at), "list", encoding), "list"))
    whole = data.decode(encoding).removeprefix("\ufeff")
    whole = whole.replace("\r\n", "\n").replace("\r", "\n")
    assert "".join(block for _, block in blocks) == whole
    assert all(block.endswith("\n") for _, block in blocks[:-1])
    ends = np.cumsum([0, *(block.count("\n") for _, block in blocks)])
    assert [number for number, _ in blocks] == (ends[: len(blocks)] + 1).tolist()


@given(TEXTS, st.lists(st.integers(1, 60)))
def test_cleaning_block_by_block_equals_cleaning_at_once(text, at):
    blocks = whole_lines(decode_chunks(cut(text.encode(), at), "list", "utf-8"), "list")
    found = Lines.concatenate(Lines.from_text(block, number) for number, block in blocks)
    assert same(found, Lines.from_text(text.removeprefix("\ufeff")))


@given(
    TEXTS, st.lists(st.integers(1, 60)), st.sampled_from([b"\xff", b"\0", b"\xe9x", b"\xf0\x9f"])
)
def test_the_line_number_of_an_error_does_not_depend_on_where_the_bytes_are_split(text, at, wrong):
    before = text + "a\n"
    number = len(before.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    data = before.encode() + b"ab" + wrong + b"\nc\n"
    with pytest.raises(DataError, match=rf"^list, line {number}\b"):
        list(whole_lines(decode_chunks(cut(data, at), "list", "utf-8"), "list"))


@pytest.mark.parametrize("name", ["list.txt", "list.csv", "list.jsonl"])
def test_the_blocks_of_a_list_concatenate_to_the_list(tmp_path, name):
    rows = {
        "list.txt": [f"anna {i}" for i in range(3000)],
        "list.csv": ["name,n,sex", *(f"anna {i},{i % 3},{'FM'[i > 2990]}" for i in range(3000))],
        "list.jsonl": [
            f'{{"name": "anna {i}", "n": {i % 3}, "sex": "x{i % 7}"}}' for i in range(3000)
        ],
    }[name]
    path = tmp_path / name
    path.write_text("\n".join(rows), encoding="utf-8")
    columns = None if name == "list.txt" else Columns("name", "n", "sex")
    blocks = list(read_blocks(path, columns, characters=4096))
    assert len(blocks) >= 5
    assert all(len(block.codes) <= 8192 for block in blocks)
    whole = read_lines(path, columns)
    assert same(Lines.concatenate(blocks), whole)
    assert whole.read == 3000
    assert len(whole) == (3000 if columns is None else 2000)


def test_a_small_list_is_one_block(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"\xef\xbb\xbfanna\r\nben")
    assert [block.to_list() for block in read_blocks(tmp_path / "list.txt")] == [["anna", "ben"]]


def test_labels_of_concatenated_blocks_are_merged():
    parts = [
        Lines.from_strings(["anna", "ben"], ["F", "M"], [1, 2]),
        Lines.from_strings([], [], []),
        Lines.from_strings(["kim"], ["D"], [3]),
    ]
    joined = Lines.concatenate(parts)
    whole = Lines.from_strings(["anna", "ben", "kim"], ["F", "M", "D"], [1, 2, 3])
    assert same(joined, whole)
    assert len(Lines.concatenate([])) == 0


def test_blank_lines_in_separate_blocks_are_counted(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("\n" * 5000 + "anna\n" + " \n" * 5000)
    assert str(read_lines(path).summary()).startswith("10,001 lines read, 10,000 blank")
    assert sum(block.read for block in read_blocks(path, characters=4096)) == 10_001
    path.write_text("\n" * 10_000)
    with pytest.raises(DataError, match=r"all 10,000 of its lines are blank"):
        list(read_blocks(path, characters=4096))


@pytest.mark.parametrize("wrong, sentence", [
    (b"b\xe9n", r"list\.txt, line 5001: byte 0xE9 is not valid UTF-8"),
    (b"b\0n", r"list\.txt, line 5001: a NUL character"),
])  # fmt: skip
def test_line_numbers_of_errors_count_over_all_blocks(tmp_path, wrong, sentence):
    path = tmp_path / "list.txt"
    path.write_bytes(b"anna\r\n" * 5000 + wrong + b"\n")
    blocks = read_blocks(path, characters=4096)
    assert next(blocks).to_list()[0] == "anna"
    with pytest.raises(DataError, match=sentence):
        list(blocks)


def test_the_line_number_of_a_lone_surrogate_counts_over_all_blocks(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"anna\n" * 5000 + b"+2AA-\n")
    with pytest.raises(DataError, match=r"list\.txt, line 5001: half of a surrogate pair"):
        list(read_blocks(tmp_path / "list.txt", encoding="utf-7", characters=4096))


def test_row_numbers_of_errors_count_over_all_blocks(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("name,n\n" + "anna,1\n\n" * 5000 + "ben,x\n")
    with pytest.raises(DataError, match=r"list\.csv, row 10002: weight 'x' is not a number"):
        list(read_blocks(path, Columns("name", "n"), characters=4096))


@pytest.mark.parametrize("characters", [MAX_LINE_LENGTH, MAX_LINE_LENGTH + 1])
@pytest.mark.parametrize("before", ["", "ben\n" * 2000])
def test_the_length_of_a_line_is_limited(tmp_path, characters, before):
    path = tmp_path / "list.txt"
    path.write_text(before + "a" * characters + "\nanna\n")
    if characters <= MAX_LINE_LENGTH:
        assert read_lines(path).to_list()[-2:] == ["a" * characters, "anna"]
        return
    number = before.count("\n") + 1
    with pytest.raises(
        DataError, match=rf"line {number}: the line has more than 1,048,576 characters"
    ):
        read_lines(path)


def test_the_length_of_a_table_row_is_limited(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text('name\nanna\n"a\nb' + '","\n' * 300_000)
    with pytest.raises(DataError, match=r"list\.csv, row 3: the row has more than 1,048,576 char"):
        read_lines(path, Columns("name"))


def test_the_number_of_table_rows_is_not_limited(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("name\n" + "anna\n" * 220_000)
    assert len(read_lines(path, Columns("name"))) == 220_000


def test_an_endless_line_is_rejected_without_reading_it_into_memory():
    def endless():
        while True:
            yield b"a" * 2**16

    with pytest.raises(
        DataError, match=r"list, line 1: the line has more than 1,048,576 characters"
    ):
        list(whole_lines(decode_chunks(endless(), "list", "utf-8"), "list"))


@pytest.mark.skipif(sys.platform == "win32", reason="pipes in /dev/fd")
def test_the_first_block_of_a_pipe_is_available_before_its_end():
    reads, writes = os.pipe()
    wait = threading.Event()

    def write() -> None:
        with open(writes, "wb") as pipe:
            pipe.write(b"anna\n" * 4000)
            pipe.flush()
            wait.wait(60)

    writer = threading.Thread(target=write)
    writer.start()
    blocks = read_blocks(f"/dev/fd/{reads}", characters=4096)
    try:
        assert next(blocks).to_list()[0] == "anna"
    finally:
        wait.set()
        writer.join()
        blocks.close()
        os.close(reads)


def test_closed_standard_input_is_reported(monkeypatch):
    closed = io.TextIOWrapper(io.BytesIO())
    closed.close()
    for stdin in (None, closed):
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(DataError, match=r"standard input: it is closed: pipe a list into it"):
            read_lines("-")


def test_memory_is_bounded_by_the_block_size(tmp_path):
    path = tmp_path / "list.txt.gz"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        for _ in range(30):
            packed.write(b"anna of the many sisters\n" * 40_000)  # 1 MB
    tracemalloc.start()
    try:
        assert sum(len(block) for block in read_blocks(path, characters=2**17)) == 1_200_000
        assert tracemalloc.get_traced_memory()[1] < 15e6
    finally:
        tracemalloc.stop()
