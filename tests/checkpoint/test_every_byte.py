"""Whatever happens to a byte of a real model's file, the public door says that it is damaged."""

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
_APART = 61  # bytes from one that the quick tests change to the next


@pytest.fixture(scope="module", params=MODELS)
def path(request, tmp_path_factory) -> Path:
    """The file of a small fitted model."""
    path = tmp_path_factory.mktemp("real") / f"{request.param}.safetensors"
    MODELS[request.param].fit(LINES, labels=LABELS).save(path)
    return path


@pytest.fixture
def copy(path, tmp_path) -> Path:
    """Where changed content is written, beside the original."""
    return tmp_path / path.name


def is_refused(copy: Path, content: bytes) -> bool:
    """Whether a file of this content yields no whole model; any other error passes through."""
    copy.write_bytes(content)
    try:
        MakeMore.load(copy).learned_.digests()
    except CheckpointError as error:
        return str(error).startswith(str(copy))
    return False


def taken(copy: Path, whole: bytes, changes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The changes, each a place and a byte to put there, that leave a model that loads."""
    return [
        (at, byte)
        for at, byte in changes
        if not is_refused(copy, whole[:at] + bytes([byte]) + whole[at + 1 :])
    ]


def flips(whole: bytes) -> list[tuple[int, int]]:
    """For every place the byte with its first, and with its last, bit turned."""
    return [(at, byte ^ bit) for at, byte in enumerate(whole) for bit in (0x01, 0x80)]


def test_a_line_feed_for_a_space_is_refused(path, copy):
    whole = path.read_bytes()
    changes = [(at, 0x0A) for at, byte in enumerate(whole) if byte == 0x20]
    assert taken(copy, whole, changes) == []


def test_the_unchanged_file_is_a_model(path, copy):
    assert not is_refused(copy, path.read_bytes())
    assert MakeMore.load(path).sample(3, new=True)


def test_some_changed_bytes_are_refused(path, copy):
    whole = path.read_bytes()
    assert taken(copy, whole, flips(whole)[::_APART]) == []


def test_a_change_in_every_tensor_is_refused_where_it_is_read(path, copy):
    whole, model = path.read_bytes(), MakeMore.load(path)
    sizes = [value.nbytes for value in model.learned_.model.tensors().values()]
    body = sum(sizes) + model.learned_.digests().nbytes
    changes = [(at, whole[at] ^ 0x10) for at in range(len(whole) - body, len(whole), 4)]
    assert len(changes) >= 50
    assert taken(copy, whole, changes) == []


def test_some_cuts_are_refused(path, copy):
    whole = path.read_bytes()
    lengths = [*range(0, len(whole), _APART), len(whole) - 1]
    assert all(is_refused(copy, whole[:length]) for length in lengths)


def test_new_lines_from_a_file_with_damaged_digests_are_refused(path, copy):
    whole = path.read_bytes()
    at = whole.index(MakeMore.load(path).learned_.digests().tobytes())
    copy.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    model = MakeMore.load(copy)  # digests are read, and proved, only when they are asked for
    assert model.sample(3)
    with pytest.raises(CheckpointError, match=r"is damaged: it was truncated or changed"):
        model.sample(3, new=True)


@pytest.mark.slow
def test_every_changed_byte_is_refused(path, copy):
    whole = path.read_bytes()
    assert taken(copy, whole, flips(whole)) == []


@pytest.mark.slow
def test_every_other_byte_in_a_place_is_refused(path, copy):
    whole = path.read_bytes()
    places = random.Random(7).sample(range(len(whole)), 30)
    changes = [(at, byte) for at in places for byte in range(256) if byte != whole[at]]
    assert taken(copy, whole, changes) == []


@pytest.mark.slow
def test_every_cut_is_refused_at_the_door(path, copy):
    whole = path.read_bytes()
    assert all(is_refused(copy, whole[:length]) for length in range(len(whole)))
