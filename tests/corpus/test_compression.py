import bz2
import gzip
import lzma
import sys
import tracemalloc
import zlib
from itertools import product

import pytest

from makemore.corpus.reading.lists import read_blocks, read_lines
from makemore.corpus.reading.opening import read_chunks
from makemore.corpus.reading.rows import Columns
from makemore.errors import DataError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACK = {
    "gzip": (gzip.compress, ".gz"),
    "bzip2": (bz2.compress, ".bz2"),
    "xz": (lzma.compress, ".xz"),
    "zstd": (zstd.compress, ".zst"),
}


@pytest.fixture(params=PACK)
def kind(request):
    return request.param


def test_a_compressed_file_is_recognised_under_any_name(tmp_path, kind):
    pack, suffix = PACK[kind]
    for name in ("list.txt", f"list.txt{suffix}", f"LIST{suffix.upper()}", "list"):
        (tmp_path / name).write_bytes(pack(b"anna\nben\n"))
        assert read_lines(tmp_path / name).to_list() == ["anna", "ben"]


def test_concatenated_members_of_a_compressed_file_are_all_read(tmp_path, kind):
    pack, _ = PACK[kind]
    path = tmp_path / "list.txt"
    path.write_bytes(pack(b"anna\nbe") + pack(b"") + pack(b"n\n") * 3 + bytes(8))
    assert read_lines(path).to_list() == ["anna", "ben", "n", "n"]


@pytest.mark.parametrize("zeros", [7, 2**20 - 40, 3 * 2**20])
def test_zero_padding_between_members_is_skipped(tmp_path, kind, zeros):
    pack, _ = PACK[kind]
    path = tmp_path / "list.txt"
    path.write_bytes(pack(b"anna\n") + bytes(zeros) + pack(b"otto\n") + bytes(zeros))
    assert read_lines(path).to_list() == ["anna", "otto"]


def test_small_members_are_combined_into_larger_chunks(tmp_path, kind):
    path = tmp_path / "list.txt"
    path.write_bytes(PACK[kind][0](b"anna\n") * 3000)
    sizes = [len(piece) for piece in read_chunks(str(path), 4096)]
    assert sum(sizes) == 15_000
    assert all(4096 <= size < 8192 for size in sizes[:-1])


def test_no_data_is_lost_in_the_buffer_of_the_decompressor(tmp_path, kind):
    path = tmp_path / "list.txt"
    for length in (*range(4090, 4360, 3), 8192, 12_288, 2**18):
        path.write_bytes(PACK[kind][0](b"a" * length))
        assert sum(map(len, read_chunks(str(path), 4096))) == length


def test_a_compressed_table_is_read_as_a_table(tmp_path, kind):
    pack, suffix = PACK[kind]
    path = tmp_path / f"list.csv{suffix}"
    path.write_bytes(pack(b"name,n\nanna,1\n"))
    assert read_lines(path, Columns("name")).to_list() == ["anna"]
    with pytest.raises(DataError, match=r"line 1: the table has 2 columns"):
        read_lines(path)
    path = tmp_path / f"list.jsonl{suffix}"
    path.write_bytes(pack(b'"anna"\n"ben"\n'))
    assert read_lines(path).to_list() == ["anna", "ben"]


@pytest.mark.parametrize("members", [1, 2])
def test_a_truncated_compressed_file_is_rejected(tmp_path, kind, members):
    packed = PACK[kind][0](b"anna\nben\n" * 900)
    path = tmp_path / "list.txt"
    for keep in (11, len(packed) // 2, len(packed) - 5, len(packed) - 1):
        path.write_bytes(packed * (members - 1) + packed[:keep])
        with pytest.raises(
            DataError, match=rf"starts like an? {kind} file but is damaged or trunc"
        ):
            read_lines(path)


def test_a_corrupt_compressed_file_is_rejected_or_read_correctly(tmp_path, kind):
    whole = bytes(range(97, 123)) * 20 + b"\n"
    packed = PACK[kind][0](whole)
    path = tmp_path / "list.txt"
    refused = 0
    for offset, bit in product(range(10, len(packed)), [0, 7]):
        changed = bytearray(packed)
        changed[offset] ^= 1 << bit
        path.write_bytes(changed)
        try:
            found = read_lines(path).to_list()
        except DataError:
            refused += 1
        else:
            assert kind == "zstd" or found == [
                whole.decode().strip()
            ]  # zstd has no checksum by default
    assert refused > len(packed) // 2


def test_trailing_data_after_a_compressed_file_is_rejected(tmp_path, kind):
    path = tmp_path / "list.txt"
    path.write_bytes(PACK[kind][0](b"anna\n") + b"and more")
    with pytest.raises(DataError, match=r"damaged or truncated"):
        read_lines(path)


def test_a_list_that_starts_like_a_bzip2_header_is_read_as_text(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"BZh91\nBZh92\n")
    assert read_lines(tmp_path / "list.txt").to_list() == ["BZh91", "BZh92"]


@pytest.mark.parametrize("property_, refused", [(28, False), (40, True)])
def test_an_xz_file_with_a_huge_dictionary_is_rejected(tmp_path, property_, refused):
    packed = bytearray(lzma.compress(b"anna\n"))
    end = 12 + (packed[12] + 1) * 4 - 4  # end of the block header, without its checksum
    offset = packed.index(b"\x21\x01", 12, end) + 2
    packed[offset] = property_  # dictionary size: 28 is 64 MiB, 40 is 4 GiB
    packed[end : end + 4] = zlib.crc32(packed[12:end]).to_bytes(4, "little")
    if not refused:
        assert read_bytes(tmp_path, packed) == ["anna"]
        return
    with pytest.raises(DataError, match=r"an xz file but needs too much memory to decompress"):
        read_bytes(tmp_path, packed)


def test_a_zstd_file_with_a_huge_window_is_rejected(tmp_path):
    parameters = {zstd.CompressionParameter.window_log: 10}
    packer = zstd.ZstdCompressor(options=parameters)
    packed = bytearray(packer.compress(b"anna\n") + packer.flush())
    assert read_bytes(tmp_path, packed) == ["anna"]
    packed[5] = (31 - 10) << 3  # a window of 2 GiB
    with pytest.raises(DataError, match=r"a zstd file but needs too much memory to decompress"):
        read_bytes(tmp_path, packed)


def read_bytes(folder, data):
    (folder / "list.txt").write_bytes(data)
    return read_lines(folder / "list.txt").to_list()


def test_a_missing_decompression_library_is_reported(tmp_path, monkeypatch):
    module = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DataError, match=r"is a zstd file, which this Python cannot decompress"):
        read_bytes(tmp_path, zstd.compress(b"anna\n"))


@pytest.mark.slow
def test_decompressing_a_hundred_megabytes_takes_the_memory_of_one_block(tmp_path, kind):
    line, path = b"a line that is repeated and repeated, all the same\n", tmp_path / "list"
    members = 300 if kind == "bzip2" else 1  # bzip2 compresses large repetitions slowly
    path.write_bytes(PACK[kind][0](line * (100_000_000 // len(line) // members)) * members)
    assert path.stat().st_size < 1e6
    tracemalloc.start()
    try:
        lines = sum(len(block) for block in read_blocks(path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert lines == 100_000_000 // len(line) // members * members
    assert peak < 100e6
