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

from makemore.checkpoint.model_file import (
    ModelFile,
    read_model_file,
    write_checkpoint_file,
    write_model_file,
)
from makemore.errors import CheckpointError, DataError, OptionError
from makemore.inference.model import Tensors
from makemore.training.callbacks import Progress, Run, RunValue

if TYPE_CHECKING:
    from makemore.probe.recording import Recording
    from makemore.training.loop import Step

_STATE, _HISTORY, _LOCK = "state.safetensors", "history.jsonl", "lock"
# Prefixes of the names of tensors: those of the current network, those of finished networks.
_CURRENT, _FINISHED = "now.", "done."
_MIN_INTERVAL = 20  # minimum time between checkpoints, in multiples of the time to write one
_MAX_WAIT = 60.0  # seconds after which a checkpoint no longer waits for a dev evaluation


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
            raise OptionError("the path of the run directory is empty: give a folder to --run")
        self.path, self.every = Path(path).absolute(), every
        self._run: Run = {}
        # When the last checkpoint was written, and how long it took.
        self._saved_at = self._save_seconds = 0.0
        self._lock = FileLock(self.path / _LOCK, timeout=0)

    @property
    def has_checkpoint(self) -> bool:
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

        self._lock_directory()
        self._run, self._saved_at = dict(run), time.perf_counter()
        self.recording = Recording()
        if not self.has_checkpoint:
            return None
        progress = self._read_checkpoint()
        with suppress(DataError):  # training can resume without the recording: start a new one
            self.recording = Recording.load(self.path / _HISTORY)
        options = progress.train_options[len(progress.finished)]
        is_finished = progress.state.done == options.plan.end
        done = len(progress.finished) + is_finished
        self.recording.rewind(done, 0 if is_finished else progress.state.done)
        return progress

    def record(self, step: "Step") -> None:
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
        elapsed = time.perf_counter() - self._saved_at
        return elapsed >= _MIN_INTERVAL * self._save_seconds and (
            done % interval == 0 or elapsed >= _MAX_WAIT
        )

    def save(self, progress: Progress) -> None:
        """Write a checkpoint.

        Raises:
            CheckpointError: the checkpoint cannot be written; the previous one is unchanged.
        """
        assert self.recording is not None, "begin comes first"
        started = time.perf_counter()
        self._check_lock()
        # A link in the directory could point to any file of the user, so it is not followed.
        history = self.recording.to_json_lines().encode()
        write_checkpoint_file(self.path / _HISTORY, history, follow_link=False)
        tensors = {f"{_CURRENT}{name}": value for name, value in progress.state.tensors.items()}
        for number, finished in enumerate(progress.finished):
            tensors |= {f"{_FINISHED}{number}.{name}": value for name, value in finished.items()}
        document = {
            "run": self._run,
            "settled": [asdict(each) for each in progress.train_options],
            "finished": len(progress.finished),
            "done": progress.state.done,
            "seconds": progress.seconds,
        }
        write_model_file(self.path / _STATE, document, tensors, follow_link=False)
        self._saved_at = time.perf_counter()
        self._save_seconds = self._saved_at - started

    def __enter__(self) -> Self:
        """Return self."""
        return self

    def __exit__(self, *error: object) -> None:
        """Release the lock and stop the recording."""
        self._lock.release()
        if self.recording is not None:
            self.recording.stop()

    def _check_lock(self) -> None:
        """Raise CheckpointError if the lock file was removed: another process may train here."""
        try:
            is_held = os.path.samestat(os.stat(self.path / _LOCK), self._locked)
        except FileNotFoundError:
            is_held = False
        except OSError:  # such as a directory that may no longer be read: writing will fail
            return
        if not is_held:
            raise CheckpointError(
                f"{self.path / _LOCK} was removed or replaced during the training, so that another "
                "process could train in this folder: resume the run"
            )

    def _lock_directory(self) -> None:
        """Create and lock the directory; delete temporary files of processes that were killed."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if (self.path / _LOCK).is_symlink():
                raise OSError(0, "its lock is a symbolic link")
            self._lock.acquire()
            self._locked = os.stat(self.path / _LOCK)
            for name in (_STATE, _HISTORY):
                for leftover in self.path.glob(f".{name}.????????"):  # left by a killed process
                    leftover.unlink()
        except Timeout:
            raise CheckpointError(
                f"{self.path}: another process is training in this folder: wait until it is done, "
                "or give another folder to --run"
            ) from None
        except (OSError, NotImplementedError) as error:
            reason = (getattr(error, "strerror", None) or str(error)).lower()
            raise CheckpointError(
                f"{self.path} cannot hold a run: {reason}; give another folder to --run"
            ) from None

    def _read_checkpoint(self) -> Progress:
        """Read the checkpoint; raise CheckpointError if it is damaged or of a different run."""
        try:
            file = read_model_file(self.path / _STATE)
        except CheckpointError as error:
            raise _cannot_resume(error) from None
        try:
            stored = dict(file.document["run"])
            for name, value in self._run.items():
                if stored.get(name) != value:
                    raise CheckpointError(self._mismatch_message(name, stored.get(name), value))
            return _progress(file)
        except (KeyError, TypeError, ValueError) as error:
            reason = f"{self.path / _STATE} holds no valid checkpoint: {error}"
            raise _cannot_resume(reason) from None

    def _mismatch_message(self, name: str, before: RunValue, now: RunValue) -> str:
        """Return the error message for a run that started with a different value of `name`."""
        # Family options and the model to continue from have other names in the fingerprint.
        name = name.removeprefix("its ").replace("model to go on from", "starting model")
        if isinstance(now, dict) or isinstance(before, dict):
            difference = f"a different {name}"
        else:
            difference = f"{name} {json.dumps(before)}, not {json.dumps(now)}"
        return (
            f"the run in {self.path} was started with {difference}: resume it with what it was "
            "started with, or give another folder to --run"
        )


def _cannot_resume(reason: CheckpointError | str) -> CheckpointError:
    """Return the error for a run directory whose checkpoint cannot be used."""
    return CheckpointError(f"the run cannot be resumed: {reason}. Give another folder to --run")


def _progress(file: ModelFile) -> Progress:
    """Return the progress that a checkpoint file holds."""
    from makemore.training.loop import TrainOptions, TrainState

    document = file.document
    tensors = {name: file.tensor(name) for name in document["tensors"]}

    def with_prefix(prefix: str) -> Tensors:
        return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

    return Progress(
        train_options=[
            TrainOptions(**{**each, "cuts": tuple(map(tuple, each["cuts"]))})
            for each in document["settled"]
        ],
        finished=[with_prefix(f"{_FINISHED}{number}.") for number in range(document["finished"])],
        state=TrainState(document["done"], with_prefix(_CURRENT)),
        seconds=document["seconds"],
    )
