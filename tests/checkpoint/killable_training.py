"""Training in a separate process that can kill itself while it writes a file."""

import os
import signal
from pathlib import Path

import torch

from makemore import MakeMore, MixtureOptions
from makemore.checkpoint.run_directory import RunDirectory

LINES = [f"{a}{b}{c}" for a in "klmn" for b in ("a", "ei", "o") for c in ("na", "ro", "s", "th")]
MEMBERS = "kneser_ney(window=2), deep_mlp(window=2, hidden=8), gru(hidden=8)"


def maker():
    return MakeMore(MixtureOptions(members=MEMBERS), steps=20, batch=100)


def train(folder, output, dies_at):
    """Train with a checkpoint after each step; optionally die at a given write."""
    torch.set_num_threads(1)
    if dies_at is not None:
        _die_at(*dies_at)
    maker().fit(LINES, run=RunDirectory(folder, every=1)).save(output)


def _die_at(call, how):
    """Kill this process at the given call of `os.fsync` or `os.replace`."""
    calls, fsync, replace = [], os.fsync, os.replace

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    def in_the_middle(handle):
        calls.append(handle)
        if len(calls) == call:
            os.ftruncate(handle, os.fstat(handle).st_size // 2)
            die()
        fsync(handle)

    def at_the_end(source, target):
        calls.append(target)
        if len(calls) == call and how == "before":
            die()
        replace(source, target)
        if len(calls) == call:
            die()

    if how == "half":
        os.fsync = in_the_middle
    else:
        os.replace = at_the_end


def file_names(folder):
    return sorted(path.name for path in Path(folder).iterdir())
