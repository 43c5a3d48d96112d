"""Benchmark records are complete, and their means and deviations are correct."""

import json
import math
import re
import statistics
from pathlib import Path

import pytest

RECORDS = Path(__file__).parents[2] / "benchmarks" / "records"
FOLDERS = sorted(path for path in RECORDS.iterdir() if path.is_dir())


def test_there_are_records():
    assert FOLDERS


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_a_record_is_complete(folder):
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_[a-z0-9-]+", folder.name)
    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    keys = {"claim", "measurements", "command", "commit", "data_sha256", "machine", "versions"}
    assert keys < set(record)
    assert re.fullmatch(r"[0-9a-f]{64}", record["data_sha256"])
    assert re.fullmatch(r"[0-9a-f]{12}", record["commit"]), "measured on a tree with changes"
    assert (folder / "log.txt").stat().st_size > 0
    assert 3 <= len((folder / "README.md").read_text(encoding="utf-8").splitlines()) <= 20


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_means_and_deviations_of_a_record_are_correct(folder):
    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    assert record["measurements"]
    for each in record["measurements"]:
        values = each["values"]
        assert all(math.isfinite(value) for value in values), each["metric"]
        assert each["mean"] == pytest.approx(statistics.mean(values))
        if len(values) > 1:
            assert each["sd"] == pytest.approx(statistics.stdev(values))
