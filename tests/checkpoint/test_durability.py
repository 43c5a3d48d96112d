"""A loss of power at any moment leaves each file as it was before a write, or as it is after.

The writes are recorded and replayed as a disk may carry them out: what was not synced may be lost,
in any combination. Contents survive once the file is synced, names once the directory is synced.
"""

import os
from itertools import product
from pathlib import Path

import pytest

from makemore import MakeMore
from makemore.checkpoint.run_directory import RunDirectory
from makemore.files import write_atomically


@pytest.fixture
def events(monkeypatch):
    """Record syncs and renames: ("file", path, content), ("rename", from, to), ("folder", path)."""
    recorded, fsync, replace = [], os.fsync, os.replace

    def record_sync(descriptor):
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        is_folder = path.is_dir()
        recorded.append(("folder", path) if is_folder else ("file", path, path.read_bytes()))
        fsync(descriptor)

    def record_rename(source, target):
        recorded.append(("rename", Path(source), Path(target)))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", record_sync)
    monkeypatch.setattr(os, "replace", record_rename)
    return recorded


def disks(events, before):
    """Yield every state of the disk, as contents by path, that a loss of power may leave."""
    renames = [i for i, event in enumerate(events) if event[0] == "rename"]
    for survives in product([False, True], repeat=len(renames)):
        is_kept, synced, disk = dict(zip(renames, survives, strict=True)), {}, dict(before)
        is_possible = True
        for i, event in enumerate(events):
            if event[0] == "file":
                synced[event[1]] = event[2]
            elif event[0] == "rename":
                later = {("folder", event[2].parent)} & {each[:2] for each in events[i + 1 :]}
                is_possible &= is_kept[i] or not later  # a synced name is never lost
                if is_kept[i]:
                    disk[event[2]] = synced.get(event[1], b"")  # contents that were not synced
        if is_possible:
            yield disk


def crashes(events, before):
    """Yield every possible disk after each number of events."""
    for count in range(len(events) + 1):
        yield from ((count, disk) for disk in disks(events[:count], before))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="paths of descriptors are there")
def test_a_file_is_old_or_new_after_any_loss_of_power_and_new_after_the_write(tmp_path, events):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    write_atomically(path, b"new")
    states = [(count, disk[path]) for count, disk in crashes(events, {path: b"old"})]
    assert {content for _, content in states} == {b"old", b"new"}
    assert {content for count, content in states if count == len(events)} == {b"new"}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="paths of descriptors are there")
def test_a_checkpoint_never_outlives_the_history_of_its_steps(tmp_path, events):
    run = RunDirectory(tmp_path / "run", 5)
    MakeMore("mlp", steps=15).fit(["anna", "hannah", "otto"], run=run)
    history, state = run.path / "history.jsonl", run.path / "state.safetensors"
    written = [event for event in events if event[0] == "file"]
    order = {content: i for i, (_, _, content) in enumerate(written)}
    assert len(written) >= 4
    for _, disk in crashes(events[:12], {history: b"", state: b""}):
        assert disk[state] == b"" or order[disk[history]] > order[disk[state]] - 2
        assert disk[history] == b"" or disk[history].endswith(b"}\n")
