import json
import os
import pickle
import random
import struct
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save, save_file

from makemore.checkpoint import model_file
from makemore.checkpoint.model_file import read_model_file, tensor_digest, write_model_file
from makemore.errors import CheckpointError

DOCUMENT = {"family": "toy", "characters": "ab\u00e9\u4e2d\U0001f600", "options": {"window": 2}}
TENSORS = {
    "model.key": np.array([1, -2], np.int64),
    "model.value": np.array([[0.5, -0.25], [3.0, 0.0]], np.float32),
    "digests": np.array([7], np.int64),
    "none": np.zeros((0, 3), np.float32),
}


@pytest.fixture
def path(tmp_path) -> Path:
    """A very small model file."""
    path = tmp_path / "toy.safetensors"
    write_model_file(path, DOCUMENT, TENSORS)
    return path


def read_all(path: Path) -> dict[str, np.ndarray]:
    """Read a model file and every tensor in it."""
    file = read_model_file(path)
    return {name: file.tensor(name) for name in file.document["tensors"]}


def test_document_and_tensors_round_trip(path):
    file = read_model_file(path)
    assert {name: file.document[name] for name in DOCUMENT} == DOCUMENT
    assert file.document["format"] == model_file.FORMAT
    assert sorted(file.document["tensors"]) == sorted(TENSORS)
    for name, value in TENSORS.items():
        found = file.tensor(name)
        assert (found.dtype, found.shape) == (value.dtype, value.shape)
        assert found.tolist() == value.tolist()


@pytest.mark.parametrize("dtype", ["bool", "u1", "i1", "i2", "i4", "i8", "u8", "f2", "f4", "f8"])
def test_every_dtype_round_trips(tmp_path, dtype):
    value = np.array([[0, 1, 1], [1, 0, 0]]).astype(dtype)
    write_model_file(tmp_path / "m", {}, {"a": value})
    found = read_all(tmp_path / "m")["a"]
    assert found.dtype == value.dtype
    assert found.tolist() == value.tolist()


def test_non_contiguous_arrays_are_written_in_logical_order(tmp_path):
    table = np.arange(12, dtype=np.float32).reshape(3, 4)
    write_model_file(tmp_path / "m", {}, {"turned": table.T, "every second": table[:, ::2]})
    found = read_all(tmp_path / "m")
    assert found["turned"].tolist() == table.T.tolist()
    assert found["every second"].tolist() == table[:, ::2].tolist()


def test_a_file_without_tensors_is_valid(tmp_path):
    write_model_file(tmp_path / "m", DOCUMENT, {})
    assert read_all(tmp_path / "m") == {}


def test_the_same_model_is_written_as_the_same_bytes(tmp_path, path):
    backwards = dict(reversed(TENSORS.items()))
    write_model_file(tmp_path / "again", dict(reversed(DOCUMENT.items())), backwards)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_a_path_may_be_a_string(tmp_path):
    write_model_file(str(tmp_path / "m"), DOCUMENT, TENSORS)
    assert read_model_file(str(tmp_path / "m")).document["family"] == "toy"


def test_a_digest_depends_on_name_dtype_shape_and_bytes():
    value = np.array([[0, 1], [2, 3]], np.int32)
    others = [
        tensor_digest("b", value),
        tensor_digest("a", value.astype(np.uint32)),
        tensor_digest("a", value.reshape(4)),
        tensor_digest("a", value.T),
        tensor_digest("a", value + 1),
    ]
    assert len({tensor_digest("a", value), *others}) == 6
    assert tensor_digest("a", value.T) == tensor_digest("a", value.T.copy())


def is_rejected(path: Path, content: bytes) -> bool:
    """Whether reading this content raises `CheckpointError`; other errors propagate."""
    path.write_bytes(content)
    try:
        read_all(path)
    except CheckpointError:
        return True
    return False


def test_every_changed_byte_is_detected(path):
    whole, rng, undetected = path.read_bytes(), random.Random(5), []
    for at, byte in enumerate(whole):
        swapped = {0x20: 0x0A}.get(byte, 0x20)
        for other in {byte ^ 1, byte ^ 0x80, swapped, rng.randrange(256)} - {byte}:
            if not is_rejected(path, whole[:at] + bytes([other]) + whole[at + 1 :]):
                undetected.append((at, byte, other))
    assert undetected == []
    assert not is_rejected(path, whole)


def test_a_file_truncated_at_any_length_is_rejected(path):
    whole = path.read_bytes()
    assert all(is_rejected(path, whole[:length]) for length in range(len(whole)))


@pytest.mark.parametrize("more", [b"\0", b" ", b"\n", b"}", b"\0" * 8, b" " * 8])
def test_appended_bytes_are_rejected(path, more):
    path.write_bytes(path.read_bytes() + more)
    with pytest.raises(CheckpointError, match=r"is damaged: it was truncated or changed"):
        read_all(path)


def test_two_concatenated_model_files_are_rejected(path):
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(CheckpointError, match="damaged"):
        read_all(path)


def test_swapping_any_two_adjacent_bytes_is_detected(path):
    whole, undetected = path.read_bytes(), []
    for at in range(len(whole) - 1):
        pair = whole[at : at + 2]
        swapped = whole[:at] + pair[::-1] + whole[at + 2 :]
        if pair[0] != pair[1] and not is_rejected(path, swapped):
            undetected.append(at)
    assert undetected == []


def header_and_body(content: bytes) -> tuple[dict, bytes]:
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def with_header(header: dict, body: bytes, **how) -> bytes:
    raw = json.dumps(header, **{"separators": (",", ":"), "ensure_ascii": False, **how}).encode()
    raw += b" " * (-len(raw) % 8)
    return struct.pack("<Q", len(raw)) + raw + body


def test_a_header_serialised_with_other_whitespace_is_rejected(path):
    header, body = header_and_body(path.read_bytes())
    assert with_header(header, body) == path.read_bytes()
    path.write_bytes(with_header(header, body, separators=(", ", ": ")))
    with pytest.raises(CheckpointError, match="damaged"):
        read_model_file(path)


def test_an_added_missing_or_renamed_tensor_is_rejected(path):
    header, body = header_and_body(path.read_bytes())
    nothing = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    renamed = {("nine" if name == "none" else name): value for name, value in header.items()}
    fewer = {name: value for name, value in header.items() if name != "none"}
    for other in ({**header, "more": nothing}, fewer, renamed):
        path.write_bytes(with_header(other, body))
        with pytest.raises(CheckpointError, match="damaged"):
            read_model_file(path)


def test_a_changed_shape_or_dtype_of_a_tensor_is_rejected(path):
    header, body = header_and_body(path.read_bytes())
    for change in ({"shape": [4]}, {"shape": [4, 1]}, {"dtype": "I32"}, {"dtype": "U32"}):
        value = {**header["model.value"], **change}
        path.write_bytes(with_header({**header, "model.value": value}, body))
        with pytest.raises(CheckpointError, match="damaged"):
            read_all(path)


def test_a_tensor_is_verified_when_it_is_read(path):
    header, body = header_and_body(path.read_bytes())
    low, _ = header["model.value"]["data_offsets"]
    at = path.stat().st_size - len(body) + low
    whole = bytearray(path.read_bytes())
    whole[at] ^= 1
    path.write_bytes(bytes(whole))
    file = read_model_file(path)
    assert file.tensor("model.key").tolist() == [1, -2]
    with pytest.raises(CheckpointError, match=r"toy\.safetensors is damaged"):
        file.tensor("model.value")


def test_reading_a_tensor_fails_if_the_file_was_deleted(path):
    file = read_model_file(path)
    path.unlink()
    with pytest.raises(CheckpointError, match=r"can no longer be read: do not move it"):
        file.tensor("model.key")


def test_an_empty_file_is_reported_as_empty(path):
    path.write_bytes(b"")
    with pytest.raises(
        CheckpointError, match=r"is an empty file; give a model that makemore wrote"
    ):
        read_model_file(path)


def test_a_missing_file_is_reported_as_missing(tmp_path):
    with pytest.raises(
        CheckpointError, match=r"there is no such file; give a model that fit wrote"
    ):
        read_model_file(tmp_path / "none.safetensors")


def test_a_directory_is_reported_as_a_directory(tmp_path):
    with pytest.raises(CheckpointError, match=r"is a directory; give a model file in it"):
        read_model_file(tmp_path)


def test_a_path_through_a_file_is_rejected(path):
    with pytest.raises(CheckpointError, match=r"cannot be read: not a directory"):
        read_model_file(path / "names.safetensors")


@pytest.mark.parametrize("text", ["a\n", "anna\nben\n", "anna\nben\notto\n" * 1000])
def test_a_text_file_is_reported_as_a_list(path, text):
    path.write_text(text)
    with pytest.raises(
        CheckpointError, match=r"perhaps a list: fit a model to it with makemore fit"
    ):
        read_model_file(path)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_is_never_read(path, protocol):
    path.write_bytes(pickle.dumps({"weights": [0.5] * 20}, protocol))
    with pytest.raises(
        CheckpointError, match=r"is a pickle or a zip archive, which makemore never reads"
    ):
        read_model_file(path)


def test_a_zip_archive_with_a_pickle_is_never_read(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps([1]))
    with pytest.raises(
        CheckpointError, match=r"is a pickle or a zip archive, which makemore never reads"
    ):
        read_model_file(path)


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_a_safetensors_file_of_another_program_is_reported_as_such(path, metadata):
    save_file({"weight": np.zeros((2, 2), np.float32)}, path, metadata)
    with pytest.raises(CheckpointError, match=r"is a safetensors file of another program"):
        read_model_file(path)


def test_other_binary_files_are_rejected(path):
    rng = random.Random(7)
    for size in (1, 7, 8, 9, 16, 100, 1000):
        for content in (bytes(size), b"\xff" * size, rng.randbytes(size), b"{" * size):
            path.write_bytes(content)
            with pytest.raises(CheckpointError):
                read_model_file(path)


@pytest.mark.parametrize("length", [0, 1, 2, 2**31, 2**60, 2**63, 2**64 - 1])
def test_a_wrong_header_length_is_rejected(path, length):
    path.write_bytes(struct.pack("<Q", length) + path.read_bytes()[8:])
    with pytest.raises(CheckpointError, match=r"give a model that makemore wrote|damaged"):
        read_model_file(path)


def test_a_newer_format_is_reported_as_newer(path, monkeypatch):
    with monkeypatch.context() as future:
        future.setattr(model_file, "FORMAT", model_file.FORMAT + 1)
        write_model_file(path, DOCUMENT, TENSORS)
    with pytest.raises(
        CheckpointError, match=r"has format 3, newer than format 2.*pip install --up"
    ):
        read_model_file(path)


DEEP = "[" * 100_000
LONG = '{"format":' + "9" * 5000 + "}"


@pytest.mark.parametrize(
    "entry", ["", "[]", "{}", "null", "3", '"a"', '{"document":3}', DEEP, LONG]
)
def test_a_malformed_metadata_entry_is_rejected(path, entry):
    path.write_bytes(save({"a": np.zeros(2)}, {"makemore": entry}))
    with pytest.raises(CheckpointError, match="damaged"):
        read_model_file(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '"a"',
        '{"format":1}',
        '{"tensors":{}}',
        '{"format":1,"tensors":3}',
        '{"format":1,"tensors":{"b":""}}',
        DEEP,
        LONG,
    ],
)
def test_a_malformed_document_with_a_valid_digest_is_rejected(path, text):
    entry = {"sha256": sha256(text.encode()).hexdigest(), "document": text}
    path.write_bytes(save({"a": np.zeros(2)}, {"makemore": json.dumps(entry)}))
    with pytest.raises(CheckpointError, match="damaged"):
        read_model_file(path)


def test_a_document_with_a_lone_surrogate_is_rejected(path):
    entry = {"sha256": "", "document": '{"format":1,"tensors":{},"family":"\ud800"}'}
    path.write_bytes(save({}, {"makemore": json.dumps(entry)}))
    with pytest.raises(CheckpointError, match="damaged"):
        read_model_file(path)


@pytest.mark.parametrize("digest", [None, "", "0" * 64, 3])
def test_a_document_with_a_wrong_digest_is_rejected(path, digest):
    entry = {"sha256": digest, "document": json.dumps({"format": 1, "tensors": {}})}
    path.write_bytes(save({}, {"makemore": json.dumps(entry)}))
    with pytest.raises(CheckpointError, match="damaged"):
        read_model_file(path)


@pytest.mark.parametrize("missing", ["none/toy.safetensors", "toy.safetensors/inside", "n" * 300])
def test_an_unwritable_path_is_rejected_without_leaving_files(tmp_path, path, missing):
    before, content = sorted(tmp_path.iterdir()), path.read_bytes()
    with pytest.raises(CheckpointError, match=r"cannot be written: .*; nothing was changed\. Give"):
        write_model_file(tmp_path / missing, DOCUMENT, TENSORS)
    assert sorted(tmp_path.iterdir()) == before
    assert path.read_bytes() == content


def test_a_directory_at_the_target_path_is_rejected_without_leaving_files(tmp_path):
    target = tmp_path / "model"
    target.mkdir()
    with pytest.raises(CheckpointError, match=r"cannot be written: it is a directory"):
        write_model_file(target, DOCUMENT, TENSORS)
    assert list(tmp_path.iterdir()) == [target]
    assert list(target.iterdir()) == []


@pytest.mark.parametrize("step", ["replace", "fsync"])
def test_a_failed_write_leaves_the_old_file_unchanged(path, monkeypatch, step):
    def fail(*arguments):
        raise OSError(28, "No space left on device")

    before = path.read_bytes()
    with monkeypatch.context() as full:
        full.setattr(os, step, fail)
        with pytest.raises(CheckpointError, match=r"cannot be written: no space left on device"):
            write_model_file(path, {"family": "other"}, {})
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_writing_replaces_an_existing_file(path):
    write_model_file(path, {"family": "other"}, {})
    assert read_model_file(path).document["family"] == "other"
    assert list(path.parent.iterdir()) == [path]


def test_a_model_file_has_default_permissions(tmp_path, path):
    other = tmp_path / "other"
    other.write_bytes(b"")
    assert path.stat().st_mode == other.stat().st_mode


@pytest.fixture
def mapped(monkeypatch):
    """Map tensors of any size, where tensors are mapped at all."""
    monkeypatch.setattr(model_file, "_MIN_MAPPED", 1)
    maps = []
    plain = np.memmap

    def counted(*arguments):
        maps.append(arguments)
        return plain(*arguments)

    monkeypatch.setattr(model_file.np, "memmap", counted)
    return maps


@pytest.mark.skipif(os.name != "posix", reason="files are mapped on Linux and macOS only")
@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "i4", "i8", "f4", "f8"])
def test_mapped_tensors_are_those_of_the_file(tmp_path, mapped, dtype):
    values = {name: np.arange(1, n + 1).astype(dtype) for name, n in (("a", 3), ("b", 5))}
    write_model_file(tmp_path / "m", {}, {**values, "c": np.ones(3, np.uint8)})
    found = read_all(tmp_path / "m")
    assert len(mapped) == 3
    for name, value in values.items():
        assert (found[name].dtype, found[name].tolist()) == (value.dtype, value.tolist())
        assert type(found[name]) is np.ndarray


@pytest.mark.skipif(os.name != "posix", reason="files are mapped on Linux and macOS only")
def test_a_mapped_tensor_may_change_in_memory_and_outlives_its_file(path, mapped):
    content = path.read_bytes()
    found = read_model_file(path).tensor("model.value")
    found += 1
    assert path.read_bytes() == content
    write_model_file(path, DOCUMENT, {"other": np.zeros(2)})  # takes the place of the file
    path.unlink()
    assert found.tolist() == (TENSORS["model.value"] + 1).tolist()


@pytest.mark.skipif(os.name != "posix", reason="files are mapped on Linux and macOS only")
def test_damage_to_a_mapped_tensor_is_found(path, mapped):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged"):
        read_all(path)
    assert mapped
