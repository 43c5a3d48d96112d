"""What all endpoints share."""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from makemore.errors import OptionError
from makemore.options.serving import Limits
from makemore.serve.jobs import Jobs
from makemore.serve.metrics import Metrics
from makemore.serve.models import Models

_WORKERS = 2  # threads for requests that share no batches
Result = TypeVar("Result")


@dataclass(eq=False)
class State:
    """The models, the jobs and the bounds of a server.

    Attributes:
        limits: the bounds.
        models: the models.
        jobs: the jobs.
        metrics: what the server counts.
        workers: threads for work that would hold up other requests.
        folder: where models and jobs are stored.
    """

    limits: Limits
    models: Models
    jobs: Jobs
    metrics: Metrics
    workers: ThreadPoolExecutor
    folder: Path

    async def work(self, function: Callable[[], Result]) -> Result:
        """Run a function in a worker."""
        return await asyncio.get_running_loop().run_in_executor(self.workers, function)


class StateFolder:
    """The folder of a server: a permanent one, or a temporary one that is deleted at the end.

    Raises:
        OptionError: it cannot be used, or another server uses it.
    """

    def __init__(self, path: str | None) -> None:
        """Create the folder if need be, and lock it."""
        self._temporary = None
        if path is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="makemore-")
        self.path = Path(self._temporary.name if self._temporary else str(path))
        try:
            for name in ("models", "jobs"):
                (self.path / name).mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(self.path / "lock", timeout=0)
            self._lock.acquire()
        except Timeout:
            raise OptionError(f"{path} is in use by another server: give another folder") from None
        except (OSError, ValueError) as error:
            raise OptionError(f"{path} cannot be used as a folder: {error}") from None

    def close(self) -> None:
        """Unlock the folder; delete it if it is temporary."""
        self._lock.release()
        if self._temporary is not None:
            self._temporary.cleanup()


def build_state(folder: StateFolder, limits: Limits) -> tuple[State, Sequence[str]]:
    """Return the state of a server, with the models of an earlier run, and sentences on problems.

    Args:
        folder: where models and jobs are stored.
        limits: the bounds of the server.
    """
    workers = ThreadPoolExecutor(_WORKERS, "worker")
    models = Models(folder.path / "models", limits, workers)
    jobs = Jobs(folder.path / "jobs", models, limits)
    problems = models.restore()
    return State(limits, models, jobs, Metrics(), workers, folder.path), problems
