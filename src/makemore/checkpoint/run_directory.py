"""Run directory: the checkpoints of a training run, from which it can be resumed.

    state.safetensors   the checkpoint, in the format of a model file: current weights, best
                        weights so far, optimizer state, finished networks, run fingerprint
    history.jsonl       the recording, one line per network, see `makemore.probe.recording`
    lock                lock file of the training process

Both files are replaced atomically, the history before the checkpoint. If the process is killed,
both remain readable and the history covers at least the steps of the checkpoint.
"""

import json
import os
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Self

from filelock import FileLock, Timeout

from makemore.checkpoint.model_file import ModelFile, read_model_file, write_model_file, write_whole
from makemore.errors import CheckpointError, DataError, OptionError
from makemore.inference.model import Tensors
from makemore.training.callbacks import Progress, Run, RunValue

if TYPE_CHECKING:
    from makemore.probe.recording import Recording
    from makemore.training.loop import Step

_STATE, _HISTORY, _LOCK = "state.safetensors", "history.jsonl", "lock"
_NOW, _DONE = "now.", "done."  # prefixes: tensors of the current network, of finished networks
_REST = 20  # minimum time between checkpoints, as a multiple of the time that writing one takes
_LONG = 60.0  # seconds after which a checkpoint no longer waits for a dev evaluation
_LOST = "the run cannot be gone on with, give another folder to --run"


class RunDirectory:
    """Checkpointer that saves a training run to a directory.

    It implements `makemore.training.callbacks.Checkpointer`.

    Attributes:
        path: the directory.
        every: checkpoint interval, in steps. None: save at each dev evaluation, or after a minute
            if that is sooner, and spend at most a twentieth of the time on saving.
        recording: the `Recording` of the run from its first step on; None before `begin`.

    Example:
        >>> import tempfile
        >>> from makemore import MakeMore
        >>> maker = MakeMore("mlp", steps=20)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = maker.fit(["anna", "hannah", "otto"], run=folder)
        ...     sorted(path.name for path in Path(folder).iterdir())
        ['history.jsonl', 'lock', 'state.safetensors']
    """

    recording: "Recording | None" = None

    def __init__(self, path: str | Path, every: int | None = None) -> None:
        """Store the path; nothing is read or created before `begin`."""
        if every is not None and every < 1:
            raise OptionError(f"every is {every}: give a number of steps, 1 or more")
        if not str(path):
            raise OptionError("the folder of a run has no name: give one to --run")
        self.path, self.every = Path(path).absolute(), every
        self._run: Run = {}
        self._kept = self._took = 0.0  # when the last checkpoint was written, how long it took
        self._lock = FileLock(self.path / _LOCK, timeout=0)

    @property
    def is_begun(self) -> bool:
        """Whether the directory holds a checkpoint."""
        return os.path.exists(self.path / _STATE)

    def begin(self, run: Run) -> Progress | None:
        """Lock the directory and return the progress saved for this run, or None for a new run.

        Args:
            run: fingerprint of the run.

        Raises:
            CheckpointError: the directory is not writable, is in use by another process, or holds a
                different or damaged run.
        """
        from makemore.probe.recording import Recording

        self._take()
        self._run, self._kept = dict(run), time.perf_counter()
        self.recording = Recording()
        if not self.is_begun:
            return None
        progress = self._read()
        with suppress(DataError):  # training can resume without the recording: start a new one
            self.recording = Recording.load(self.path / _HISTORY)
        is_over = progress.state.done == progress.settled[len(progress.finished)].steps
        done = len(progress.finished) + is_over
        self.recording.rewind(done, 0 if is_over else progress.state.done)
        return progress

    def note(self, step: "Step") -> None:
        """Add a step to the recording."""
        assert self.recording is not None, "begin comes first"
        self.recording(step)

    def is_due(self, done: int, interval: int) -> bool:
        """Return whether a checkpoint is due after `done` steps; see `every`.

        Args:
            done: number of steps done.
            interval: dev evaluation interval, in steps.
        """
        if self.every is not None:
            return done % self.every == 0
        since = time.perf_counter() - self._kept
        return since >= _REST * self._took and (done % interval == 0 or since >= _LONG)

    def keep(self, progress: Progress) -> None:
        """Write a checkpoint.

        Raises:
            CheckpointError: the checkpoint cannot be written; the previous one is unchanged.
        """
        assert self.recording is not None, "begin comes first"
        began = time.perf_counter()
        write_whole(self.path / _HISTORY, self.recording.to_json_lines().encode())
        tensors = {f"{_NOW}{name}": value for name, value in progress.state.tensors.items()}
        for number, finished in enumerate(progress.finished):
            tensors |= {f"{_DONE}{number}.{name}": value for name, value in finished.items()}
        document = {
            "run": self._run,
            "settled": [asdict(each) for each in progress.settled],
            "finished": len(progress.finished),
            "done": progress.state.done,
            "seconds": progress.seconds,
        }
        write_model_file(self.path / _STATE, document, tensors)
        self._kept = time.perf_counter()
        self._took = self._kept - began

    def __enter__(self) -> Self:
        """Return self."""
        return self

    def __exit__(self, *error: object) -> None:
        """Release the lock and stop the recording."""
        self._lock.release()
        if self.recording is not None:
            self.recording.stop()

    def _take(self) -> None:
        """Create and lock the directory; delete temporary files of processes that were killed."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            for name in (_STATE, _HISTORY):
                for left in self.path.glob(f".{name}.????????"):  # left by a killed process
                    left.unlink()
        except Timeout:
            raise CheckpointError(
                f"{self.path}: another process trains in this folder: wait until it is done, or "
                "give another folder to --run"
            ) from None
        except (OSError, NotImplementedError) as error:
            reason = (getattr(error, "strerror", None) or str(error)).lower()
            raise CheckpointError(
                f"{self.path} cannot keep a run: {reason}; give another folder to --run"
            ) from None

    def _read(self) -> Progress:
        """Read the checkpoint; raise CheckpointError if it is damaged or of a different run."""
        try:
            file = read_model_file(self.path / _STATE)
        except CheckpointError as error:
            raise CheckpointError(f"{_LOST}: {error}") from None
        try:
            began = dict(file.document["run"])
            for name, now in self._run.items():
                if began.get(name) != now:
                    raise CheckpointError(self._other(name, began.get(name), now))
            return _progress(file)
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{_LOST}: {self.path / _STATE} keeps no run: {error}") from None

    def _other(self, name: str, before: RunValue, now: RunValue) -> str:
        """Return the error message for a run that started with a different value of `name`."""
        how = f"began with {name} {json.dumps(before)}, not {json.dumps(now)}"
        if isinstance(now, dict) or isinstance(before, dict):
            how = f"began with another {name}"
        return (
            f"the run in {self.path} {how}: go on with what it began with, or give another folder "
            "to --run"
        )


def _progress(file: ModelFile) -> Progress:
    """Return the progress that a checkpoint file holds."""
    from makemore.training.loop import TrainOptions, TrainState

    document = file.document
    tensors = {name: file.tensor(name) for name in document["tensors"]}

    def under(prefix: str) -> Tensors:
        return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

    return Progress(
        settled=[TrainOptions(**each) for each in document["settled"]],
        finished=[under(f"{_DONE}{number}.") for number in range(document["finished"])],
        state=TrainState(document["done"], under(_NOW)),
        seconds=document["seconds"],
    )
