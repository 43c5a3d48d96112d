"""Training whose process is killed repeatedly ends with the weights of an uninterrupted run."""

import multiprocessing
import random
import signal
import time

import pytest
from killable_training import LINES, file_names, maker, train

from makemore import MakeMore
from makemore.probe.recording import Recording

KILLS = 50
WRITING = ["half", "before", "after"]  # the moment within the writing of a file

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL exists only on POSIX"),
]


@pytest.fixture(scope="module")
def start():
    """Start training in a process forked from one that has imported the modules already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["killable_training", "makemore.models.mixture", "makemore.models.gru"]
    )

    def start_process(folder, output, dies_at=None):
        process = context.Process(target=train, args=(folder, output, dies_at))
        process.start()
        return process

    return start_process


def test_fifty_kills_at_random_moments_do_not_change_the_weights(tmp_path, start):
    whole = Recording()
    fitted = maker().fit(LINES, on_step=whole)
    expected = fitted.learned_.model.tensors()
    clock = time.perf_counter()
    start(tmp_path / "timed", tmp_path / "timed.model").join()
    usual = time.perf_counter() - clock
    moments, kills, runs = random.Random(7), 0, 0
    while kills < KILLS or runs < 2:
        runs += 1
        folder, output = tmp_path / f"run{runs}", tmp_path / f"model{runs}"
        while not output.exists():
            dies_at = None
            if kills < KILLS and moments.random() < 0.4:
                dies_at = moments.randrange(1, 30), moments.choice(WRITING)
            process = start(folder, output, dies_at)
            if kills < KILLS and dies_at is None:
                process.join(moments.uniform(0, 0.5) * usual)
                process.kill()
            process.join()
            assert process.exitcode in (0, -signal.SIGKILL)
            kills += process.exitcode != 0
        found = MakeMore.load(output).learned_.model.tensors()
        assert {name: value.tobytes() for name, value in found.items()} == {
            name: value.tobytes() for name, value in expected.items()
        }
        assert file_names(folder) == ["history.jsonl", "lock", "state.safetensors"]
        kept = Recording.load(folder / "history.jsonl").curves
        assert [(c.loss, c.dev) for c in kept] == [(c.loss, c.dev) for c in whole.curves]
