"""Stored model files of every format version load, and give the scores recorded with them."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from makemore import MakeMore
from makemore.checkpoint.model_file import FORMAT, read_model_file

STORED = Path(__file__).parent / "stored"
FILES = sorted(STORED.glob("format-*/*.safetensors"))


def named(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


def expected(path: Path) -> tuple[list[str], dict[str, list[float]]]:
    """Return the recorded lines, and their recorded scores under each label."""
    recorded = json.loads((path.parent / "expected.json").read_text(encoding="utf-8"))
    scores = {
        label: [-math.inf if score is None else score for score in each]
        for label, each in recorded["scores"][path.stem].items()
    }
    return recorded["lines"], scores


def test_every_format_has_stored_files():
    assert {path.parent.name for path in FILES} == {f"format-{n + 1}" for n in range(FORMAT)}
    for folder in {path.parent for path in FILES}:
        about = (folder / "README.md").read_text(encoding="utf-8")
        scores = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["scores"]
        assert {path.stem for path in folder.glob("*.safetensors")} == set(scores)
        assert all(f"`{name}.safetensors`" in about for name in scores)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_stored_file_gives_the_recorded_scores(path):
    assert read_model_file(path).document["format"] == int(path.parent.name.split("-")[1])
    maker, (lines, scores) = MakeMore.load(path), expected(path)
    assert tuple(scores) == (maker.learned_.vocabulary.labels or ("",))
    for label, recorded in scores.items():
        found = maker.score_samples(lines, [label] * len(lines) if label else None)
        # Another processor or version of torch may round a logarithm differently.
        np.testing.assert_allclose(found, recorded, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_stored_file_can_sample_and_continue_training(path):
    maker = MakeMore.load(path)
    label = next(iter(maker.learned_.vocabulary.labels), None)
    assert len(maker.sample(5, label=label, new=maker.learned_.digests is not None)) == 5
    if path.stem not in ("blend", "pruned"):  # which cannot be continued
        maker.set_params(steps=1, budget=None).partial_fit(["emma"], label and [label])
        assert "m" in maker.learned_.vocabulary.characters


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_stored_file_round_trips(path, tmp_path):
    lines, _ = expected(path)
    MakeMore.load(path).save(tmp_path / "again")
    one, two = MakeMore.load(path), MakeMore.load(tmp_path / "again")
    for label in one.learned_.vocabulary.labels or (None,):
        labels = label and [label] * len(lines)
        assert (
            one.score_samples(lines, labels).tolist() == two.score_samples(lines, labels).tolist()
        )
    assert "seconds" not in json.dumps(read_model_file(tmp_path / "again").document)


def test_info_prints_the_training_time_stored_in_older_files(capsys):
    from makemore.cli.verbs.info import info

    info(str(STORED / "format-1" / "gru.safetensors"))
    row = next(row for row in capsys.readouterr().out.splitlines() if row.startswith("training"))
    assert row.split(None, 1)[1].startswith("20 steps, seed 0, ")
    assert row.endswith(" s")
