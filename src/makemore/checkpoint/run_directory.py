"""A run directory: what a training leaves behind as it goes on, so that it can be resumed.

    state.safetensors   how far it has come, in the form of a model file: weights, the best so far,
                        the optimizer's memory, networks that are done, what tells the run apart
    history.jsonl       its recording, a line for each network, see `makemore.probe.recording`
    lock                held by the process that trains

The state is replaced whole, and after the history: whenever the process ends, the two can be read,
and the history has come at least as far.
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
_NOW, _DONE = "now.", "done."  # tensors of the network in training, and of those before it
_REST = 20  # times what a checkpoint took, until the next is due
_LONG = 60.0  # seconds without a checkpoint, from which on none waits for a look at the dev part
_LOST = "the run cannot be gone on with, give another folder to --run"


class RunDirectory:
    """Keeps a training in a folder; see `makemore.training.callbacks.Checkpointer`.

    Attributes:
        path: the folder.
        every: steps from one checkpoint to the next; None for each look at the dev part, or each
            minute where that is sooner, but only as often as takes a twentieth of the time.
        recording: what was seen of the training, from its first step on; None before `begin`.

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
        """Names a folder; nothing is read or made before a training begins."""
        if every is not None and every < 1:
            raise OptionError(f"every is {every}: give a number of steps, 1 or more")
        if not str(path):
            raise OptionError("the folder of a run has no name: give one to --run")
        self.path, self.every = Path(path).absolute(), every
        self._run: Run = {}
        self._kept = self._took = 0.0  # when a checkpoint was last written, how long that took
        self._lock = FileLock(self.path / _LOCK, timeout=0)

    @property
    def is_begun(self) -> bool:
        """Whether the folder holds a run."""
        return os.path.exists(self.path / _STATE)

    def begin(self, run: Run) -> Progress | None:
        """Locks the folder, and gives what was kept of this run; None if there is nothing yet.

        Args:
            run: what tells this run apart from others.

        Raises:
            CheckpointError: the folder cannot be written to, another process trains in it, or it
                holds another run or a damaged one.
        """
        from makemore.probe.recording import Recording

        self._take()
        self._run, self._kept = dict(run), time.perf_counter()
        self.recording = Recording()
        if not self.is_begun:
            return None
        progress = self._read()
        with suppress(DataError):  # weights need no recording: what is lost of it starts anew
            self.recording = Recording.load(self.path / _HISTORY)
        is_over = progress.state.done == progress.settled[len(progress.finished)].steps
        done = len(progress.finished) + is_over
        self.recording.go_back(done, 0 if is_over else progress.state.done)
        return progress

    def note(self, step: "Step") -> None:
        """Takes note of a step."""
        assert self.recording is not None, "begin comes first"
        self.recording(step)

    def is_due(self, done: int, interval: int) -> bool:
        """Whether to keep the training now, after so many steps; see `every`."""
        if self.every is not None:
            return done % self.every == 0
        since = time.perf_counter() - self._kept
        return since >= _REST * self._took and (done % interval == 0 or since >= _LONG)

    def keep(self, progress: Progress) -> None:
        """Writes down how far the training has come.

        Raises:
            CheckpointError: it cannot be written; what was kept before is as it was.
        """
        assert self.recording is not None, "begin comes first"
        began = time.perf_counter()
        write_whole(self.path / _HISTORY, self.recording.text().encode())
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
        """Lets another process go on."""
        self._lock.release()
        if self.recording is not None:
            self.recording.stop()

    def _take(self) -> None:
        """Makes the folder, and locks it."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            for name in (_STATE, _HISTORY):
                for left in self.path.glob(f".{name}.????????"):  # by a process that was killed
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
        """What was kept of this run."""
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
        """The sentence for a run that began otherwise."""
        how = f"began with {name} {json.dumps(before)}, not {json.dumps(now)}"
        if isinstance(now, dict) or isinstance(before, dict):
            how = f"began with another {name}"
        return (
            f"the run in {self.path} {how}: go on with what it began with, or give another folder "
            "to --run"
        )


def _progress(file: ModelFile) -> Progress:
    """What a state says."""
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
