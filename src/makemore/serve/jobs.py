"""Jobs: lists that are learned, each in a process of its own."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from makemore.checkpoint.model_file import Document
from makemore.errors import MakemoreError
from makemore.files import write_atomically
from makemore.options.serving import Limits
from makemore.parallel import available_processors
from makemore.serve.job import Job
from makemore.serve.models import Models, new_name
from makemore.serve.problems import NotFoundError, TooManyError
from makemore.serve.training import CANCELLED

_MAX_EVENT = 2**20  # bytes
_GRACE = 30.0  # seconds that a training may take longer than its maximum, for reading and saving


class Jobs:
    """The jobs by name: a few train at the same time, others wait.

    A job has a folder with `job.json`, its list, and the checkpoints of its training. With a
    permanent folder, a server that is killed and started again goes on from there.
    """

    def __init__(self, folder: Path, models: Models, limits: Limits) -> None:
        """Create an empty collection; the folder must exist."""
        self._folder, self._models, self._limits = folder, models, limits
        self._jobs: dict[str, Job] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(limits.training_jobs)
        self._is_closing = False

    def __getitem__(self, name: str) -> Job:
        """Return the job of a name.

        Raises:
            NotFoundError: there is none.
        """
        if name not in self._jobs:
            raise NotFoundError(f"there is no job {name!r}")
        return self._jobs[name]

    def __iter__(self) -> Iterator[Job]:
        """Iterate over the jobs in the order in which they were sent."""
        return iter(list(self._jobs.values()))

    def check_room(self) -> None:
        """Check that there may be a further job.

        Raises:
            TooManyError: as many as there may be wait or train, or would make too many models.
        """
        unfinished = sum(not job.is_finished for job in self._jobs.values())
        if unfinished >= self._limits.max_jobs:
            raise TooManyError(
                f"{unfinished:,} jobs train or wait, of at most {self._limits.max_jobs:,}: wait "
                "for one to end, or stop one"
            )
        self._models.check_room(unfinished + 1)

    def add(self, spec: Document, suffix: str, content: bytes) -> Job:
        """Add a job, which starts when there is a slot.

        Args:
            spec: what `makemore.serve.training` reads, and the title.
            suffix: of the file of the list, which tells its format; one that the server chose.
            content: the list.

        Raises:
            TooManyError: there are too many jobs or models.
        """
        self.check_room()
        job = Job(new_name(), str(spec["title"]))
        folder = self._folder / job.name
        folder.mkdir()
        (folder / f"list{suffix}").write_bytes(content)
        self._store(job, spec)
        self._jobs[job.name] = job
        self._start(job)
        return job

    def restore(self) -> None:
        """Add the jobs of an earlier run of the server; unfinished ones go on."""
        found = []
        for path in self._folder.glob("*/job.json"):
            with suppress(ValueError, KeyError, TypeError, OSError):
                spec = json.loads(path.read_bytes())
                parts = (str(spec["title"]), str(spec["status"]), str(spec["message"]))
                found.append(Job(path.parent.name, *parts, float(spec["created"])))
        for job in sorted(found, key=lambda job: (job.created, job.name)):
            self._jobs[job.name] = job
            if not job.is_finished:
                job.status = "waiting"
                self._start(job)

    def stop(self, name: str) -> bool:
        """Stop a job that is not finished, or forget one that is; return whether it was stopped.

        A training stops after its current step and keeps its best weights so far.

        Raises:
            NotFoundError: there is no such job.
        """
        job = self[name]
        if job.is_finished:
            del self._jobs[name]
            shutil.rmtree(self._folder / name, ignore_errors=True)
            return False
        job.is_stopping = True
        if job.process is not None:
            _signal(job.process)
        elif job.status == "waiting":
            self._tasks[name].cancel()
        return True

    async def close(self) -> None:
        """Kill all training processes; a later server with the same folder resumes their jobs."""
        self._is_closing = True
        for job in self._jobs.values():
            if job.process is not None and job.process.returncode is None:
                with suppress(ProcessLookupError):
                    job.process.kill()
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _start(self, job: Job) -> None:
        """Let a job wait for a slot."""
        task = self._tasks[job.name] = asyncio.create_task(self._run(job))
        task.add_done_callback(lambda _: self._tasks.pop(job.name, None))

    async def _run(self, job: Job) -> None:
        """Wait for a slot and run the process of a job."""
        try:
            async with self._slots:
                if not job.is_stopping:
                    await self._train(job)
        except asyncio.CancelledError:
            if self._is_closing:
                raise
        except Exception as error:
            self._finish(job, "failed", f"the job could not be run: {type(error).__name__}")
            raise
        if not job.is_finished:
            self._finish(job, "cancelled")

    async def _train(self, job: Job) -> None:
        """Run the process of a job until it ends."""
        folder = self._folder / job.name
        job.set_status("running")
        threads = str(max(1, available_processors() - 1))  # one is left for sampling
        job.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "makemore.serve.training", str(folder)),
            stdin=asyncio.subprocess.PIPE,  # closed when this process ends, however it ends
            stdout=asyncio.subprocess.PIPE,
            limit=_MAX_EVENT,
            env={**os.environ, "OMP_NUM_THREADS": threads},
        )
        if job.is_stopping:
            _signal(job.process)
        failure = ""
        assert job.process.stdout is not None
        try:
            seconds = self._limits.max_training * 2 + _GRACE
            async with asyncio.timeout(seconds):
                async for line in job.process.stdout:
                    event = json.loads(line)
                    if event["event"] == "failed":
                        failure = event["message"]
                    else:
                        job.note(event)
                await job.process.wait()
        except TimeoutError:
            failure = f"it took longer than {seconds:,.0f} s: send a shorter list"
            job.process.kill()
            await job.process.wait()
        if self._is_closing:
            return
        if job.process.returncode == 0:
            await self._add_model(job)
        elif job.process.returncode == CANCELLED:
            self._finish(job, "cancelled")
        else:
            self._finish(job, "failed", failure or "the training process was ended by the system")

    async def _add_model(self, job: Job) -> None:
        """Add the model that a job has learned."""
        folder = self._folder / job.name
        path = self._models.path_for(job.name)
        os.replace(folder / "model", path)
        try:
            maker = await asyncio.to_thread(self._models.read, path)
            self._models.add_stored(job.name, job.title, "learned", maker)
        except MakemoreError as error:
            self._finish(job, "failed", str(error))
            return
        self._finish(job, "stopped" if job.is_stopping else "done")

    def _finish(self, job: Job, status: str, message: str = "") -> None:
        """End a job; its list and checkpoints are deleted."""
        folder = self._folder / job.name
        spec = json.loads((folder / "job.json").read_bytes())
        job.set_status(status, message)
        self._store(job, spec)
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != "job.json":
                path.unlink(missing_ok=True)

    def _store(self, job: Job, spec: Document) -> None:
        """Write the file of a job."""
        facts = {"status": job.status, "message": job.message, "created": job.created}
        path = self._folder / job.name / "job.json"
        write_atomically(path, json.dumps({**spec, **facts}).encode())


def _signal(process: asyncio.subprocess.Process) -> None:
    """Ask a process to end."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.terminate()
