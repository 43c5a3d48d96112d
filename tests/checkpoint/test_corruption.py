"""`MakeMore.load` detects every changed byte of a real model file."""

import random
from pathlib import Path

import pytest

from makemore import CheckpointError, KneserNeyOptions, MakeMore, MLPOptions

LINES = ["anna", "ben", "anton", "bea", "nat\u00e9"]
LABELS = ["F", "M", "M", "F", "F"]
MODELS = {
    "kneser_ney": MakeMore(KneserNeyOptions(window=2)),
    "mlp": MakeMore(MLPOptions(window=1, embedding=1, hidden=2), steps=3),
}
_APART = 61  # bytes between those that the quick tests change


@pytest.fixture(scope="module", params=MODELS)
def path(request, tmp_path_factory) -> Path:
    """The file of a small fitted model."""
    path = tmp_path_factory.mktemp("real") / f"{request.param}.safetensors"
    MODELS[request.param].fit(LINES, labels=LABELS).save(path)
    return path


@pytest.fixture
def copy(path, tmp_path) -> Path:
    """Path for modified content, beside the original."""
    return tmp_path / path.name


def is_rejected(copy: Path, content: bytes) -> bool:
    """Whether loading this content raises `CheckpointError`; other errors propagate."""
    copy.write_bytes(content)
    try:
        MakeMore.load(copy).learned_.digests()
    except CheckpointError as error:
        return str(error).startswith(str(copy))
    return False


def undetected(copy: Path, whole: bytes, changes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the changes, (offset, byte) each, after which the model still loads."""
    return [
        (offset, byte)
        for offset, byte in changes
        if not is_rejected(copy, whole[:offset] + bytes([byte]) + whole[offset + 1 :])
    ]


def flips(whole: bytes) -> list[tuple[int, int]]:
    """Return, for every offset, the byte with its lowest and with its highest bit flipped."""
    return [(offset, byte ^ bit) for offset, byte in enumerate(whole) for bit in (0x01, 0x80)]


def test_replacing_a_space_with_a_line_feed_is_detected(path, copy):
    whole = path.read_bytes()
    changes = [(offset, 0x0A) for offset, byte in enumerate(whole) if byte == 0x20]
    assert undetected(copy, whole, changes) == []


def test_an_unmodified_file_loads(path, copy):
    assert not is_rejected(copy, path.read_bytes())
    assert MakeMore.load(path).sample(3, new=True)


def test_a_sample_of_flipped_bits_is_detected(path, copy):
    whole = path.read_bytes()
    assert undetected(copy, whole, flips(whole)[::_APART]) == []


def test_a_flipped_bit_in_any_tensor_is_detected_when_the_tensor_is_read(path, copy):
    whole, model = path.read_bytes(), MakeMore.load(path)
    sizes = [value.nbytes for value in model.learned_.model.tensors().values()]
    body = sum(sizes) + model.learned_.digests().nbytes
    changes = [(offset, whole[offset] ^ 0x10) for offset in range(len(whole) - body, len(whole), 4)]
    assert len(changes) >= 50
    assert undetected(copy, whole, changes) == []


def test_a_sample_of_truncated_files_is_rejected(path, copy):
    whole = path.read_bytes()
    lengths = [*range(0, len(whole), _APART), len(whole) - 1]
    assert all(is_rejected(copy, whole[:length]) for length in lengths)


def test_sampling_new_lines_fails_if_the_digests_are_corrupt(path, copy):
    whole = path.read_bytes()
    offset = whole.index(MakeMore.load(path).learned_.digests().tobytes())
    copy.write_bytes(whole[:offset] + bytes([whole[offset] ^ 1]) + whole[offset + 1 :])
    model = MakeMore.load(copy)  # digests are read, and verified, only when they are needed
    assert model.sample(3)
    with pytest.raises(CheckpointError, match=r"is damaged: it was truncated or changed"):
        model.sample(3, new=True)


@pytest.mark.slow
def test_a_flipped_bit_in_any_byte_is_detected(path, copy):
    whole = path.read_bytes()
    assert undetected(copy, whole, flips(whole)) == []


@pytest.mark.slow
def test_every_other_value_of_a_byte_is_detected(path, copy):
    whole = path.read_bytes()
    offsets = random.Random(7).sample(range(len(whole)), 30)
    changes = [(offset, byte) for offset in offsets for byte in range(256) if byte != whole[offset]]
    assert undetected(copy, whole, changes) == []


@pytest.mark.slow
def test_a_file_truncated_at_any_length_is_rejected_by_load(path, copy):
    whole = path.read_bytes()
    assert all(is_rejected(copy, whole[:length]) for length in range(len(whole)))
