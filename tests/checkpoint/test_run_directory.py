import json
import os
import pickle
import stat
from contextlib import suppress

import numpy as np
import pytest

from makemore import MakeMore, MixtureOptions, MLPOptions, OptionError
from makemore.checkpoint import model_file, run_directory
from makemore.checkpoint.run_directory import RunDirectory
from makemore.errors import CheckpointError
from makemore.probe.recording import Recording
from makemore.training.callbacks import Progress
from makemore.training.loop import TrainState

LINES = [f"{a}{b}{c}" for a in "klmn" for b in ("a", "ei", "o") for c in ("na", "ro", "s", "th")]
SMALL = MLPOptions(window=2, hidden=8)
TWO = MixtureOptions(members="kneser_ney(window=2), mlp(window=2, hidden=8), gru(hidden=8)")
BATCHNORM = MixtureOptions(
    members="deep_mlp(window=2, hidden=8), transformer(embedding=8, heads=2, layers=1)"
)


def maker(model=SMALL, steps=30, **more):
    return MakeMore(model, steps=steps, batch=100, **more)


def stopper(step):
    """Return a callback that stops training at a step."""

    def on_step(seen):
        if seen.number == step:
            raise StopIteration

    return on_step


class KilledError(Exception):
    """Simulates the sudden end of a process, without an orderly stop."""


def killer(step):
    def on_step(seen):
        if seen.number == step:
            raise KilledError

    return on_step


def tensors(fitted):
    return {name: value.copy() for name, value in fitted.learned_.model.tensors().items()}


def are_equal(one, other):
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype and one[name].tobytes() == other[name].tobytes()
        for name in one
    )


def start_and_kill(path, model, at, every=None, **more):
    """Start a run that is killed at a step."""
    with pytest.raises(KilledError):
        maker(model, **more).fit(LINES, on_step=killer(at), run=RunDirectory(path, every))


@pytest.mark.parametrize("model", [SMALL, TWO, BATCHNORM], ids=["one", "two", "batchnorm"])
@pytest.mark.parametrize("at", [1, 2, 11, 30, 31, 45, 60])
def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_run(tmp_path, model, at):
    whole = maker(model).fit(LINES)
    if at <= (30 if model is SMALL else 60):
        start_and_kill(tmp_path, model, at)
    resumed = maker(model).fit(LINES, run=tmp_path)
    assert are_equal(tensors(whole), tensors(resumed))
    for part in ("train_loss", "dev_loss", "steps"):
        assert getattr(whole.learned_.report, part) == getattr(resumed.learned_.report, part)


def test_a_run_can_be_interrupted_repeatedly(tmp_path):
    whole = maker(TWO).fit(LINES)
    for at in (3, 3, 17, 29, 31, 44, 60):
        start_and_kill(tmp_path, TWO, at, every=2)
    assert are_equal(tensors(whole), tensors(maker(TWO).fit(LINES, run=tmp_path)))


def test_resuming_does_not_repeat_finished_steps(tmp_path):
    start_and_kill(tmp_path, TWO, 45, every=4)
    seen = []
    maker(TWO).fit(LINES, on_step=lambda step: seen.append(step.number), run=tmp_path)
    assert seen == list(
        range(43, 61)
    )  # the last checkpoint was after 12 steps of the second network
    seen.clear()
    maker(TWO).fit(LINES, on_step=lambda step: seen.append(step.number), run=tmp_path)
    assert seen == []


@pytest.mark.parametrize(
    "took, passed, done, is_due",
    [
        (0.1, 1.9, 10, False),  # checkpoints would take more than a twentieth of the time
        (0.1, 2.1, 10, True),
        (0.1, 2.1, 11, False),  # no evaluation on dev
        (0.1, 61.0, 11, True),  # too long without a checkpoint
        (4.0, 61.0, 11, False),
    ],
)
def test_checkpoints_take_at_most_a_twentieth_of_the_time_by_default(
    tmp_path, monkeypatch, took, passed, done, is_due
):
    now = [100.0]
    monkeypatch.setattr(run_directory.time, "perf_counter", lambda: now[0])
    write = run_directory.write_model_file

    def slowly(*args, **_):
        write(*args)
        now[0] += took

    monkeypatch.setattr(run_directory, "write_model_file", slowly)
    with RunDirectory(tmp_path) as run:
        run.begin({})
        run.save(Progress([], [], TrainState(0, {}), 0.0))
        now[0] += passed
        assert run.is_due(done, interval=5) == is_due


def test_checkpoints_are_written_at_the_requested_interval(tmp_path, monkeypatch):
    kept = []
    keep = RunDirectory.save

    def seen(self, progress):
        kept.append(progress.state.done)
        keep(self, progress)

    monkeypatch.setattr(RunDirectory, "save", seen)
    maker().fit(LINES, run=RunDirectory(tmp_path / "a", 7))
    assert kept == [0, 7, 14, 21, 28, 30]
    kept.clear()
    monkeypatch.setattr(run_directory, "_MIN_INTERVAL", 0)
    maker().fit(LINES, run=tmp_path / "b")
    assert kept == [0, 10, 20, 30]  # at each evaluation on dev
    with pytest.raises(OptionError, match=r"every is 0: give a number of steps"):
        RunDirectory(tmp_path, 0)


def test_a_resumed_run_keeps_the_steps_that_its_budget_was_converted_to(tmp_path):
    with pytest.raises(KilledError):
        MakeMore(SMALL, budget=3.0).fit(LINES, on_step=killer(3), run=RunDirectory(tmp_path, 1))
    settled = model_file.read_model_file(tmp_path / "state.safetensors").document["settled"]
    resumed = MakeMore(SMALL, budget=3.0).fit(LINES, run=tmp_path)
    assert resumed.learned_.report.steps == settled[0]["steps"]


def test_a_resumed_run_continues_its_recording(tmp_path):
    whole = Recording()
    maker(TWO).fit(LINES, on_step=whole)
    start_and_kill(tmp_path, TWO, 17, every=5)
    run = RunDirectory(tmp_path, 5)
    with pytest.raises(KilledError):
        maker(TWO).fit(LINES, on_step=killer(41), run=run)
    run = RunDirectory(tmp_path)
    maker(TWO).fit(LINES, run=run)
    for mine, its in zip(run.recording.curves, whole.curves, strict=True):
        assert mine.loss == its.loss
        assert mine.dev == its.dev
        assert mine.shapes == its.shapes
        for (
            name,
            points,
        ) in mine.updates.items():  # a point may be missing where the run was resumed
            assert set(points) <= set(its.updates[name])
            assert len(points) >= len(its.updates[name]) - 2
    assert Recording.load(tmp_path / "history.jsonl").curves == run.recording.curves


def test_training_time_accumulates_when_a_run_is_resumed(tmp_path):
    start_and_kill(tmp_path, SMALL, 20, every=1)
    path = tmp_path / "state.safetensors"
    before = model_file.read_model_file(path).document["seconds"]
    assert before > 0
    later = maker().fit(LINES, run=tmp_path).learned_.report.seconds
    assert later > before


def test_continued_training_can_be_resumed(tmp_path):
    more = ["zana", "zero", "zoth", "zeina", "lozo", "nazo"] * 4

    def learned():
        return maker(steps=12).fit(LINES)

    whole = learned().partial_fit(more)
    stopped = learned()
    with pytest.raises(KilledError):
        stopped.partial_fit(more, on_step=killer(7), run=RunDirectory(tmp_path, 1))
    resumed = learned().partial_fit(more, run=tmp_path)
    assert are_equal(tensors(whole), tensors(resumed))
    with pytest.raises(CheckpointError, match="started with a different starting model"):
        maker(steps=12, random_state=1).fit(LINES).set_params(random_state=0).partial_fit(
            more, run=tmp_path
        )
    with pytest.raises(CheckpointError, match="adapt false, not true"):
        learned().partial_fit(more, run=tmp_path, adapt=True)


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"steps": 31}, "started with steps 30, not 31"),
        ({"random_state": 1}, "started with seed 0, not 1"),
        ({"model": MLPOptions(window=2, hidden=9)}, "started with hidden 8, not 9"),
        ({"model": "gru"}, 'started with family "mlp", not "gru"'),
        ({"rate": 0.5}, "started with rate null, not 0.5"),
    ],
)
def test_resuming_with_different_options_is_rejected(tmp_path, change, sentence):
    start_and_kill(tmp_path, SMALL, 5)
    before = (tmp_path / "state.safetensors").read_bytes()
    with pytest.raises(CheckpointError, match=sentence):
        maker().set_params(**change).fit(LINES, run=tmp_path)
    assert (tmp_path / "state.safetensors").read_bytes() == before


@pytest.mark.parametrize("lines", [LINES[1:], LINES[::-1], [*LINES[:-1], LINES[-1] + "x"]])
def test_resuming_with_a_different_list_is_rejected(tmp_path, lines):
    start_and_kill(tmp_path, SMALL, 5)
    with pytest.raises(CheckpointError, match=r"started with a different list"):
        maker().fit(lines, run=tmp_path)


def test_resuming_with_different_labels_or_weights_is_rejected(tmp_path):
    labels = ["a", "b"] * (len(LINES) // 2)
    with pytest.raises(KilledError):
        maker().fit(LINES, labels, on_step=killer(5), run=tmp_path)
    for changed in (labels[::-1], ["a", "c"] * (len(LINES) // 2), None):
        with pytest.raises(CheckpointError, match=r"started with a different list"):
            maker().fit(LINES, changed, run=tmp_path)
    with pytest.raises(CheckpointError, match=r"started with a different list"):
        maker().fit(LINES, labels, weights=[2] * len(LINES), run=tmp_path)
    maker().fit(LINES, labels, run=tmp_path)


def test_a_corrupt_checkpoint_is_rejected(tmp_path):
    start_and_kill(tmp_path, SMALL, 11, every=1)
    path = tmp_path / "state.safetensors"
    whole = path.read_bytes()
    for at in np.random.default_rng(3).integers(0, len(whole), 200):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        with pytest.raises(CheckpointError):
            maker().fit(LINES, run=tmp_path)
        path.write_bytes(whole[:at])
        with pytest.raises(CheckpointError, match=r"Give another folder to --run"):
            maker().fit(LINES, run=tmp_path)
    path.write_bytes(whole)
    maker().fit(LINES, run=tmp_path)


def test_model_files_and_checkpoints_are_not_interchangeable(tmp_path):
    fitted = maker().fit(LINES, run=tmp_path / "run")
    fitted.save(tmp_path / "m")
    with pytest.raises(CheckpointError, match=r"is the state of a training, not a model"):
        MakeMore.load(tmp_path / "run" / "state.safetensors")
    os.replace(tmp_path / "m", tmp_path / "run" / "state.safetensors")
    with pytest.raises(CheckpointError, match=r"holds no valid checkpoint: 'run'"):
        maker().fit(LINES, run=tmp_path / "run")


@pytest.mark.parametrize("content", [None, "", "{}\n", "{", "short"])
def test_a_damaged_history_is_restarted_and_training_continues(tmp_path, content):
    start_and_kill(tmp_path, SMALL, 21, every=10)
    history = tmp_path / "history.jsonl"
    if content is None:
        history.unlink()
    elif content == "short":
        short = Recording.load(history)
        short.rewind(0, 7)
        short.save(history)
    else:
        history.write_text(content)
    run = RunDirectory(tmp_path)
    assert are_equal(tensors(maker().fit(LINES)), tensors(maker().fit(LINES, run=run)))
    assert [number for number, _ in run.recording.curves[0].loss] == list(range(21, 31))
    Recording.load(history)


def test_resuming_with_another_version_is_rejected(tmp_path, monkeypatch):
    start_and_kill(tmp_path, SMALL, 5)
    monkeypatch.setattr("makemore.checkpoint.fingerprint.__version__", "9.9")
    with pytest.raises(CheckpointError, match=r'started with makemore "0.1.0", not "9.9"'):
        maker().fit(LINES, run=tmp_path)


def test_a_relative_run_directory_is_unaffected_by_chdir(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)

    def leave(step):
        if step.number == 5:
            monkeypatch.chdir(tmp_path / "elsewhere")

    maker().fit(LINES, on_step=leave, run="kept")
    assert list((tmp_path / "elsewhere").iterdir()) == []
    kept = model_file.read_model_file(tmp_path / "kept" / "state.safetensors")
    assert kept.document["done"] == 30


def test_a_model_stopped_early_can_be_pickled(tmp_path):
    for run in (None, tmp_path):
        stopped = maker().fit(LINES, on_step=stopper(9), run=run)
        assert pickle.loads(pickle.dumps(stopped)).sample(3) == stopped.sample(3)


def test_an_orderly_stop_loses_no_steps(tmp_path):
    maker().fit(LINES, on_step=stopper(17), run=tmp_path)
    seen = []
    maker().fit(LINES, on_step=lambda step: seen.append(step.number), run=tmp_path)
    assert seen == list(range(18, 31))


def test_weights_newer_than_the_last_evaluation_may_be_the_best(tmp_path):
    stopped = maker().fit(LINES, on_step=stopper(19))  # the last evaluation was after step 10
    earlier = maker().fit(LINES, on_step=stopper(10))
    assert stopped.learned_.report.dev_loss < earlier.learned_.report.dev_loss - 0.01


def test_a_finished_run_keeps_its_recording(tmp_path):
    run = RunDirectory(tmp_path)
    maker(TWO).fit(LINES, run=run)
    again = RunDirectory(tmp_path)
    maker(TWO).fit(LINES, run=again)
    assert again.recording.curves == run.recording.curves
    assert len(again.recording.curves) == 2


def test_a_second_process_in_the_same_run_directory_is_rejected(tmp_path):
    with RunDirectory(tmp_path) as first:
        first.begin({})
        with pytest.raises(CheckpointError, match=r"another process is training in this folder"):
            maker().fit(LINES, run=tmp_path)
    maker().fit(LINES, run=tmp_path)


def test_a_path_that_cannot_be_a_run_directory_is_rejected(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match=r"cannot hold a run: .*give another folder"):
        maker().fit(LINES, run=tmp_path / "file" / "inside")
    with pytest.raises(CheckpointError, match=r"cannot hold a run: .*give another folder"):
        maker().fit(LINES, run=tmp_path / "file")


@pytest.mark.parametrize("step", ["replace", "fsync"])
@pytest.mark.parametrize("call", [1, 2, 3, 6])
def test_the_last_checkpoint_loads_after_the_disk_was_full(tmp_path, monkeypatch, step, call):
    start_and_kill(tmp_path, SMALL, 6, every=1)
    calls, true = [], getattr(os, step)

    def fail(*arguments):
        calls.append(arguments)
        if len(calls) >= call:
            raise OSError(28, "No space left on device")
        return true(*arguments)

    with monkeypatch.context() as full:
        full.setattr(os, step, fail)
        with pytest.raises(CheckpointError, match=r"cannot be written: no space left on device"):
            maker().fit(LINES, run=RunDirectory(tmp_path, 1))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "history.jsonl",
        "lock",
        "state.safetensors",
    ]
    assert are_equal(tensors(maker().fit(LINES)), tensors(maker().fit(LINES, run=tmp_path)))


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="user ids exist only on POSIX")
def test_the_last_checkpoint_loads_after_the_run_directory_became_read_only(tmp_path):
    folder, user = tmp_path / "run", os.geteuid()

    def lock_out(step):
        if step.number == 12:
            folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
            if user == 0:  # root may write anywhere
                os.seteuid(65534)

    try:
        with pytest.raises(CheckpointError, match=r"cannot be written: permission denied"):
            maker().fit(LINES, on_step=lock_out, run=RunDirectory(folder, 5))
    finally:
        os.seteuid(user)
        folder.chmod(stat.S_IRWXU)
    assert are_equal(tensors(maker().fit(LINES)), tensors(maker().fit(LINES, run=folder)))


def test_temporary_files_of_a_killed_process_are_removed(tmp_path):
    start_and_kill(tmp_path, SMALL, 6)
    (tmp_path / ".state.safetensors.abcdefgh").write_bytes(b"half")
    (tmp_path / ".history.jsonl.abcd_fgh").write_bytes(b"half")
    (tmp_path / ".state.safetensors.bak").write_bytes(b"somebody's own")
    maker().fit(LINES, run=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".state.safetensors.bak",
        "history.jsonl",
        "lock",
        "state.safetensors",
    ]


def test_a_count_model_writes_no_run_directory(tmp_path):
    run = RunDirectory(tmp_path / "run")
    MakeMore("kneser_ney").fit(LINES, run=run)
    assert run.recording is None
    assert not (tmp_path / "run").exists()


def test_stopping_early_returns_the_best_weights_so_far(tmp_path):
    stopped = maker().fit(LINES, on_step=stopper(17), run=tmp_path)
    report = stopped.learned_.report
    assert (report.stopped, report.of, report.steps) == (17, 30, 30)
    fresh = maker(steps=1, rate=0.0).fit(LINES)
    assert report.dev_loss < fresh.learned_.report.dev_loss - 0.1
    best = min(loss for _, loss in Recording.load(tmp_path / "history.jsonl").curves[0].dev)
    assert report.dev_loss <= best + 1e-6
    resumed = maker().fit(LINES, run=tmp_path)
    assert are_equal(tensors(maker().fit(LINES)), tensors(resumed))
    assert resumed.learned_.report.stopped is None


def test_a_mixture_stopped_early_gives_untrained_members_little_weight():
    whole = maker(TWO, steps=60).fit(LINES)
    stopped = maker(TWO, steps=60).fit(LINES, on_step=stopper(60))
    weights = stopped.learned_.report.weights
    assert (stopped.learned_.report.stopped, stopped.learned_.report.of) == (60, 120)
    assert weights[2] < 0.05  # the third was never trained
    assert stopped.learned_.report.dev_loss == pytest.approx(
        whole.learned_.report.dev_loss, abs=0.5
    )


def test_a_checkpoint_describes_its_run(tmp_path):
    start_and_kill(tmp_path, SMALL, 11, every=10)
    document = model_file.read_model_file(tmp_path / "state.safetensors").document
    assert (document["done"], document["finished"]) == (10, 0)
    assert document["run"]["family"] == "mlp"
    assert document["settled"][0]["steps"] == 30
    json.dumps(document["run"])


@pytest.mark.parametrize("name", ["history.jsonl", "state.safetensors", "lock"])
def test_a_link_in_a_run_directory_lets_a_run_overwrite_nothing(tmp_path, name):
    (tmp_path / "run").mkdir()
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "run" / name).symlink_to(tmp_path / "precious")
    with suppress(CheckpointError):
        maker().fit(LINES, run=tmp_path / "run")
    assert (tmp_path / "precious").read_text() == "precious"


@pytest.mark.parametrize("replace", [False, True])
def test_a_run_whose_lock_was_removed_stops_before_it_overwrites_another(tmp_path, replace):
    def remove_lock(step):
        if step.number == 12:
            (tmp_path / "run" / "lock").unlink()
            if replace:
                (tmp_path / "run" / "lock").touch()

    with pytest.raises(CheckpointError, match="lock was removed or replaced during the training"):
        maker().fit(LINES, on_step=remove_lock, run=RunDirectory(tmp_path / "run", 5))
    assert are_equal(tensors(maker().fit(LINES)), tensors(maker().fit(LINES, run=tmp_path / "run")))
