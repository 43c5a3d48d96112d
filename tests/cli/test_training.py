import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from makemore import MakeMore
from makemore.checkpoint.run_directory import RunDirectory
from makemore.cli import training
from makemore.cli.interruption import SIGNALS, InterruptHandler, handle_signals, raise_interrupted
from makemore.cli.training import ProgressLines

LINES = [f"{a}{b}{c}" for a in "klmn" for b in ("a", "ei", "o") for c in ("na", "ro", "s", "th")]
FIT = "fit names.txt -o m.safetensors --model mlp -O hidden=8 --steps 40"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "names.txt").write_text("\n".join(LINES) + "\n")
    return tmp_path


@pytest.fixture(autouse=True)
def default_sigint_handler():
    """Restore the default handler: a background process, and its children, ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def interrupt(monkeypatch):
    """Simulate Ctrl-C at the given training steps."""

    def at_steps(*steps):
        @contextmanager
        def show_progress(description):
            def on_step(step):
                if step.number in steps:
                    signal.raise_signal(signal.SIGINT)

            yield on_step

        monkeypatch.setattr(training, "show_progress", show_progress)

    return at_steps


def test_ctrl_c_saves_the_best_model_and_prints_the_resume_command(run, interrupt, folder):
    interrupt(13)
    out, err, code = run(f"{FIT} --run kept")
    assert (out, code) == ("", 130)
    assert "stopping after this step; press Ctrl-C again to abort without saving" in err
    assert "stopped at step 13 of 40; loss in nats per character: train" in err
    assert "saved m.safetensors" in err
    assert f"continue with: makemore {FIT} --run kept --resume\n" in err
    assert len(MakeMore.load(folder / "m.safetensors").sample(3)) == 3
    assert "stopped at step 13 of 40, seed 0" in run("info m.safetensors")[0]
    interrupt()
    command = err.split("continue with: makemore ")[1].strip()
    out, err, code = run(command)
    assert (out, code) == ("", 0)
    assert "resuming kept" in err
    assert "40 steps in 1 thread; loss" in err
    assert "stopped" not in err
    resumed = MakeMore.load(folder / "m.safetensors").learned_.model.tensors()
    run(f"{FIT} --run other")
    whole = MakeMore.load(folder / "m.safetensors").learned_.model.tensors()
    assert {k: v.tobytes() for k, v in resumed.items()} == {
        k: v.tobytes() for k, v in whole.items()
    }


def test_ctrl_c_between_the_first_state_and_the_first_step_can_be_continued(
    run, folder, monkeypatch
):
    plain = RunDirectory.save

    def interrupted_save(self, progress):
        plain(self, progress)
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(RunDirectory, "save", interrupted_save)
        out, err, code = run(f"{FIT} --run kept")
    assert (out, code) == ("", 130)
    assert f"continue with: makemore {FIT} --run kept --resume\nmakemore: interrupted" in err
    assert not (folder / "m.safetensors").exists()
    assert run(f"{FIT} --run kept --resume")[2] == 0
    assert len(MakeMore.load(folder / "m.safetensors").sample(3)) == 3


def test_the_resume_command_of_a_resumed_run_has_resume_only_once(run, interrupt):
    interrupt(13)
    run(f"{FIT} --run kept")
    interrupt(20)
    _, err, _ = run(f"{FIT} --run kept --resume")
    assert f"continue with: makemore {FIT} --run kept --resume\n" in err


def test_ctrl_c_after_the_last_step_does_not_stop_training(run, monkeypatch):
    interruption = InterruptHandler()
    interruption(SimpleNamespace(number=40, steps=40))
    said = []
    monkeypatch.setattr("makemore.cli.interruption.print_message", said.append)
    interruption.handle(2, None)
    assert said == ["training is complete; press Ctrl-C again to abort without saving"]


def test_the_resume_command_keeps_arguments_after_a_double_dash(run, interrupt):
    interrupt(13)
    line = FIT.replace("fit names.txt", "fit")
    _, err, _ = run(f"{line} --run kept -- names.txt")
    assert f"continue with: makemore {line} --run kept --resume -- names.txt\n" in err


def test_ctrl_c_without_a_run_directory_saves_the_model(run, interrupt):
    interrupt(13)
    _, err, code = run(FIT)
    assert code == 130
    assert "continue with: makemore sample m.safetensors\n" in err
    assert run("sample m.safetensors -n 3")[2] == 0


def test_make_samples_from_the_interrupted_model(run, interrupt):
    interrupt(5)
    out, err, code = run("names.txt --model mlp -O hidden=8 --steps 40 -n 3")
    assert len(out.splitlines()) == 3
    assert "stopped at step 5 of 40" in err
    assert code == 0


def test_a_second_ctrl_c_aborts_without_saving(run, interrupt, folder):
    interrupt(5, 5, 6)
    before = signal.getsignal(signal.SIGINT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            InterruptHandler, "__call__", lambda self, step: setattr(self, "_is_training", 1)
        )
        _, err, code = run(FIT)
    assert code == 130
    assert err.endswith(
        "makemore: interrupted; output that is written at the end was not written\n"
    )
    assert not (folder / "m.safetensors").exists()
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_before_the_first_step_aborts(run, monkeypatch, folder):
    def read(*_, **__):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("makemore.corpus.reading.lists.read_blocks", read)
    _, err, code = run(FIT)
    assert code == 130
    assert err == "makemore: interrupted; output that is written at the end was not written\n"


def test_an_existing_run_is_not_resumed_without_resume(run):
    assert run(f"{FIT} --run kept")[2] == 0
    _, err, code = run(f"{FIT} --run kept")
    assert code == 2
    assert "kept already holds a run: resume it with --resume, or give another directory" in err


@pytest.mark.parametrize("more", ["--resume", "--every 5"])
def test_run_options_require_a_run_directory(run, more):
    _, err, code = run(f"{FIT} {more}")
    assert code == 2
    assert "--resume and --every need --run: give the directory of the run" in err


def test_resume_starts_a_new_run_if_the_directory_has_none(run):
    _, err, code = run(f"{FIT} --run kept --resume")
    assert code == 0
    assert "no run to resume yet, starting one in kept" in err
    assert "40 steps" in err


def test_track_reports_that_a_count_model_has_nothing_to_track(run, folder):
    _, err, code = run("fit names.txt -o m.safetensors --model ngram --track tracked")
    assert code == 0
    assert "ngram is a count model without training steps: nothing was written to tracked" in err


def test_run_reports_that_a_count_model_has_nothing_to_save(run, folder):
    _, err, code = run("fit names.txt -o m.safetensors --model ngram --run kept")
    assert code == 0
    assert "ngram is a count model without training steps: nothing was written to kept" in err
    assert not (folder / "kept").exists()


def test_the_report_of_a_resumed_run_shows_the_whole_training(run, interrupt, folder):
    from makemore.probe.recording import Recording

    interrupt(13)
    run(f"{FIT} --run kept --every 5")
    interrupt()
    assert run(f"{FIT} --run kept --resume --report inside")[2] == 0
    curves = Recording.load(folder / "inside" / "history.jsonl").curves
    assert [number for number, _ in curves[0].loss] == list(range(1, 41))


def test_no_signal_handler_is_installed_outside_the_main_thread():
    before, inside = [signal.getsignal(number) for number in SIGNALS], []

    def other():
        with handle_signals(raise_interrupted):
            inside.extend(signal.getsignal(number) for number in SIGNALS)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert inside == before


@pytest.mark.parametrize("number", SIGNALS)
def test_an_ignored_signal_stays_ignored(number):
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with handle_signals(raise_interrupted):
            assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


def test_progress_lines_come_at_doubling_times_and_at_most_five_minutes_apart(monkeypatch):
    said, clock = [], [100.0]
    monkeypatch.setattr("makemore.cli.training.print_message", said.append)
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])
    lines = ProgressLines("fitting")
    for number in range(1, 1001):
        clock[0] += 1.0
        dev = 2.0 if number == 40 else None
        lines(SimpleNamespace(number=number, steps=1000, loss=2.5, dev_loss=dev))
    assert said == [
        "fitting: step 15/1,000, loss 2.5000, 15 s",
        "fitting: step 30/1,000, loss 2.5000, 30 s",
        "fitting: step 60/1,000, loss 2.5000, dev 2.0000, 60 s",
        "fitting: step 120/1,000, loss 2.5000, dev 2.0000, 120 s",
        "fitting: step 240/1,000, loss 2.5000, dev 2.0000, 240 s",
        "fitting: step 480/1,000, loss 2.5000, dev 2.0000, 480 s",
        "fitting: step 780/1,000, loss 2.5000, dev 2.0000, 780 s",
    ]


def wait_for_steps(process: subprocess.Popen, state: Path) -> None:
    """Wait until a training has saved its state twice: the first time is before the first step."""
    written: set[int] = set()
    while len(written) < 2:
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
        written |= {state.stat().st_mtime_ns} if state.exists() else set()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_separate_process_saves_the_best_model_so_far_at_a_signal(folder, number):
    main = [sys.executable, "-m", "makemore"]
    typed = FIT.replace("--steps 40", "--steps 1000000 --run kept --every 100")
    process = subprocess.Popen([*main, *shlex.split(typed)], cwd=folder, stderr=subprocess.PIPE)
    wait_for_steps(process, folder / "kept" / "state.safetensors")
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert b"stopping after this step\n" in err
    assert b"continue with: makemore fit" in err
    assert len(MakeMore.load(folder / "m.safetensors").sample(3)) == 3
    assert sorted(path.name for path in folder.iterdir()) == ["kept", "m.safetensors", "names.txt"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl-C reaches a whole console")
def test_a_separate_process_stops_in_order_on_ctrl_c(folder):
    main = [sys.executable, "-c", "from makemore.cli.main import main; main()"]
    typed = f"{FIT.replace('--steps 40', '--steps 1000000')} --run kept --every 100"
    process = subprocess.Popen(
        [*main, *shlex.split(typed)], cwd=folder, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    wait_for_steps(process, folder / "kept" / "state.safetensors")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert f"continue with: makemore {typed} --resume\n" in err
    assert len(MakeMore.load(folder / "m.safetensors").sample(3)) == 3


def test_a_diverged_training_is_reported_at_fit_and_at_sampling(run):
    _, err, code = run(FIT.replace("--steps 40", "--steps 15 --rate 50"))
    message = r"the training diverged: the loss of \S+ is above that of random characters, 2\.\d+; "
    assert code == 0
    assert re.search(message + "fit it again with a lower --rate\n", err)
    assert re.search(message + "its lines mean nothing\n", run("sample m.safetensors -n 1")[1])
    assert "diverged" not in run(FIT)[1] + run("sample m.safetensors -n 1")[1]
