"""Files with right checksums but wrong contents, as another program could write them."""

import json
import struct
from hashlib import sha256

import numpy as np
import pytest
from safetensors.numpy import save

from makemore import MakeMore
from makemore.checkpoint.model_file import read_model_file, tensor_digest
from makemore.errors import CheckpointError

LINES = ["anna", "hannah", "otto", "susanna", "ida"]


@pytest.fixture
def path(tmp_path):
    MakeMore("ngram").fit(LINES).save(tmp_path / "model")
    return tmp_path / "model"


def sign(path, change):
    """Change the document and the tensors of a model file, and write it with right checksums."""
    file = read_model_file(path)
    document, tensors = file.document, {n: file.tensor(n) for n in file.document["tensors"]}
    change(document, tensors)
    document["tensors"] = {name: tensor_digest(name, value) for name, value in tensors.items()}
    text = json.dumps(document, sort_keys=True)
    entry = {"sha256": sha256(text.encode()).hexdigest(), "document": text}
    path.write_bytes(save(tensors, {"makemore": json.dumps(entry, separators=(",", ":"))}))


def test_a_signed_file_without_a_change_loads(path):
    before = path.read_bytes()
    sign(path, lambda document, tensors: None)
    assert path.read_bytes() == before
    assert len(MakeMore.load(path).sample(3, new=True)) == 3


@pytest.mark.parametrize(
    "form", ["2", "1", 2.0, 1.0, 0, -1, None, True, [1], {}, 1e300, "newest"], ids=repr
)
def test_a_format_that_no_version_writes_is_refused(path, form):
    sign(path, lambda document, tensors: document.update(format=form))
    with pytest.raises(CheckpointError, match="which no version of makemore writes"):
        MakeMore.load(path)


@pytest.mark.parametrize("form", [3, 4, 10**30])
def test_a_newer_format_is_refused_with_a_way_out(path, form):
    sign(path, lambda document, tensors: document.update(format=form))
    with pytest.raises(CheckpointError, match="pip install --upgrade makemore"):
        MakeMore.load(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda digests: digests.astype(np.int32),
        lambda digests: digests.astype(np.float64),
        lambda digests: digests.view(np.uint64),
        lambda digests: digests.view(np.uint8),
        lambda digests: digests[:, None],
        lambda digests: np.array(3, np.int64),
        lambda digests: digests[::-1].copy(),
        lambda digests: np.repeat(digests, 2),
    ],
)
def test_digests_of_another_kind_are_refused(path, change):
    sign(path, lambda document, tensors: tensors.update(digests=change(tensors["digests"])))
    with pytest.raises(CheckpointError, match="digests"):
        MakeMore.load(path).sample(3, new=True)


@pytest.mark.parametrize("split", ["", "other", None, 3])
def test_a_split_that_no_version_has_is_refused(path, split):
    sign(path, lambda document, tensors: document["training"].update(split=split))
    with pytest.raises(CheckpointError, match="split of training is not one of"):
        MakeMore.load(path)


@pytest.mark.parametrize("length", [2**39, 2**63, 100_000_001])
def test_a_claimed_header_takes_no_memory_beyond_the_limit(tmp_path, length):
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", length) + b'{"__metadata__":{}}')
        file.truncate(min(length + 8, 2**40))  # a sparse file of a terabyte
    with pytest.raises(CheckpointError, match="not a makemore model"):
        MakeMore.load(path)
