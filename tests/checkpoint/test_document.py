"""Documents with valid digests but invalid or inconsistent contents."""

import json

import numpy as np
import pytest

from makemore import CheckpointError, MakeMore
from makemore.checkpoint.model_file import read_model_file, write_model_file
from makemore.cli.main import main
from makemore.registry import FAMILIES

LINES = ["anna", "hannah", "otto", "anne", "ottokar", "ben"]
SMALL = {
    "ngram": {"window": 2},
    "kneser_ney": {"window": 2},
    "gru": {"embedding": 2, "hidden": 3},
    "deep_mlp": {"hidden": 3, "layers": 2},
    "transformer": {"layers": 1, "embedding": 4, "heads": 2},
    "mixture": {"members": "ngram(window=1), gru(embedding=2, hidden=3)"},
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Document and tensors of a small model of several families."""
    found = {}
    for name, options in SMALL.items():
        path = tmp_path_factory.mktemp("documents") / name
        family = FAMILIES[name]
        maker = MakeMore(family.options(**options), steps=1)
        maker.fit(LINES, labels=["F", "M"] * 3).save(path)
        file = read_model_file(path)
        tensors = {each: file.tensor(each) for each in file.document["tensors"]}
        found[name] = (json.dumps(file.document), tensors)
    return found


@pytest.fixture
def check_rejected(files, tmp_path):
    """Write a modified model with new digests and check that it is rejected."""

    def check(name, change, sentence=r"holds no model that this version can load"):
        document, tensors = files[name]
        document, tensors = json.loads(document), dict(tensors)
        change(document, tensors)
        write_model_file(tmp_path / "model", document, tensors)
        with pytest.raises(CheckpointError, match=sentence):
            MakeMore.load(tmp_path / "model")

    return check


@pytest.mark.parametrize(
    "change",
    [
        {"characters": "xy"},
        {"characters": "a"},
        {"characters": 3},
        {"length": 10**9},
        {"length": 0},
        {"length": "3"},
        {"lines": []},
        {"lines": "abc"},
        {"lines": [3, 4]},
        {"lines": ["an"] * 2},
        {"labels": ["F"]},
        {"labels": ["F", "X"]},
        {"labels": [["F"], "M"]},
        {"labels": None},
        {"weight": 0},
        {"weight": "1"},
    ],
    ids=str,
)
def test_inconsistent_canaries_are_rejected(tmp_path, change):
    labels = ["F", "M"] * 3
    MakeMore("ngram", canaries=2).fit(LINES, labels).save(tmp_path / "model")
    file = read_model_file(tmp_path / "model")
    tensors = {each: file.tensor(each) for each in file.document["tensors"]}
    document = {**file.document, "canaries": [{**file.document["canaries"][0], **change}]}
    write_model_file(tmp_path / "model", document, tensors)
    with pytest.raises(CheckpointError, match=r"holds no model that this version can load"):
        MakeMore.load(tmp_path / "model")


@pytest.mark.parametrize("name", SMALL)
def test_an_unmodified_document_loads(files, name, tmp_path):
    document, tensors = files[name]
    write_model_file(tmp_path / "model", json.loads(document), tensors)
    assert len(MakeMore.load(tmp_path / "model").sample(3)) == 3


@pytest.mark.parametrize(
    "keys, value",
    [
        (("characters",), "ba"),
        (("characters",), "aab"),
        (("characters",), "\0ab"),
        (("characters",), "ab\ud800"),
        (("characters",), 7),
        (("labels",), ["M", "F"]),
        (("labels",), ["F", "F"]),
        (("labels",), ["", "F"]),
        (("labels",), 3),
        (("labels",), "FM"),
        (("weight",), 0),
        (("weight",), True),
        (("weight",), float("nan")),
        (("weight",), 10**400),
        (("label_weights",), [1.0]),
        (("label_weights",), [0, 0]),
        (("label_weights",), [-1, 2]),
        (("longest",), 0),
        (("longest",), 2**63),
        (("longest",), 7.5),
        (("cleaning", "kept"), -1),
        (("cleaning", "more"), 1),
        (("training", "split"), 3),
        (("training", "test"), None),
        (("training", "seconds"), "x"),
        (("training", "steps"), -1),
        (("training", "stopped"), "x"),
        (("training", "of"), [1]),
        (("training", "plan"), "x"),
        (("training", "plan"), 5),
        (("training", "train_lines"), None),
        (("training", "train_loss"), "x"),
        (("family",), "none"),
        (("family",), []),
        (("options",), None),
        (("options", "window"), 10**9),
        (("options", "more"), 1),
        (("parameters",), []),
    ],
    ids=str,
)
def test_a_signed_document_with_an_invalid_field_is_rejected(check_rejected, keys, value):
    def change(document, tensors):
        *parents, last = keys
        for key in parents:
            document = document[key]
        document[last] = value

    check_rejected("ngram", change)


@pytest.mark.parametrize(
    "name, option, value",
    [
        ("gru", "hidden", 65536),
        ("gru", "embedding", 4096),
        ("deep_mlp", "layers", 64),
        ("deep_mlp", "hidden", 65536),
        ("transformer", "layers", 64),
        ("mixture", "members", "ngram(window=1), gru(embedding=4096, hidden=65536)"),
    ],
)
def test_a_document_that_claims_a_huge_size_allocates_no_memory(
    check_rejected, name, option, value
):
    import resource

    import torch  # noqa: F401  loaded before memory is measured

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sentence = "its tensors do not have the names, shapes and types of its options"
    check_rejected(name, lambda document, _: document["options"].update({option: value}), sentence)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes


@pytest.mark.parametrize("name", SMALL)
def test_tensors_with_wrong_shapes_or_values_are_rejected(check_rejected, files, name):
    for each, value in files[name][1].items():
        if each == "digests":
            continue
        changes = [
            lambda t, each=each: t.pop(each),
            lambda t, each=each, value=value: t.update({each: value.reshape(-1)[:-1]}),
            lambda t, each=each, value=value: t.update({each: value[..., None]}),
            lambda t, each=each, value=value: t.update({each: np.zeros_like(value) - 7}),
        ]
        if value.dtype.kind == "u":
            changes[-1] = lambda t, each=each, value=value: t.update({each: np.zeros_like(value)})
        if value.dtype.kind == "f":
            changes[-1] = lambda t, each=each, value=value: t.update(
                {each: np.full_like(value, np.nan)}
            )
        for change in changes:
            check_rejected(name, lambda _, tensors, change=change: change(tensors))


def test_counts_with_unsorted_ids_are_rejected(check_rejected):
    for name in ("ngram", "kneser_ney"):
        for each in ("next", "older", "children"):
            check_rejected(
                name,
                lambda _, tensors, each=each: tensors.update(
                    {f"model.{each}": tensors[f"model.{each}"][::-1].copy()}
                ),
            )


def test_info_reports_a_forged_document_without_a_traceback(files, tmp_path, capsys):
    document, tensors = files["ngram"]
    forged = {**json.loads(document), "longest": "x" * 10}
    write_model_file(tmp_path / "model", forged, tensors)
    with pytest.raises(SystemExit):
        main(["info", str(tmp_path / "model")])
    assert "version does not support: longest is no" in capsys.readouterr().err


def test_a_path_with_a_nul_character_is_rejected(tmp_path):
    with pytest.raises(CheckpointError, match="is not a valid file name"):
        MakeMore.load(f"{tmp_path}/a\0b")
    with pytest.raises(CheckpointError, match="is not a valid file name"):
        MakeMore("ngram").fit(LINES).save(f"{tmp_path}/a\0b")
