"""Sampling for requests: those to one model share batches, and no long one holds up a short one."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import TypeVar

from makemore.errors import ConstraintError
from makemore.estimator.makemore import MakeMore
from makemore.options.verbs import SampleOptions
from makemore.sampling.request import Source
from makemore.sampling.shared import Draws, SharedPlan, can_share, draw_together, plan_key
from makemore.sampling.stream import Stream

_PLANS = 6  # plans of a model that are kept, with a table of up to 32 MiB each
_SLICE = 0.05  # seconds that a request that shares no batches takes a worker at a time
_STEP = 16  # lines between two looks at the clock

Result = TypeVar("Result")
Waiting = tuple[Draws, "asyncio.Future[None]"]


class ModelSampler:
    """Draws the lines of all requests to one model.

    Requests without constraints share batches: of a model compiled to a table in the event loop,
    since a change of threads would take longer than the draw, of others in one thread. All other
    requests take turns in the workers of the server.

    Attributes:
        batches: number of shared batches drawn.
        shared: number of draws for requests in them.
    """

    def __init__(self, maker: MakeMore, workers: Executor) -> None:
        """Start without plans."""
        self._maker, self._source, self._workers = maker, Source.of(maker.learned_), workers
        self._thread: ThreadPoolExecutor | None = None
        self._plans: OrderedDict[object, asyncio.Task[SharedPlan]] = OrderedDict()
        self._waiting: OrderedDict[SharedPlan, deque[Waiting]] = OrderedDict()
        self._is_running = False
        self.batches = self.shared = 0

    async def sample(
        self, options: SampleOptions, n: int, exclude: frozenset[str], together: bool = True
    ) -> tuple[list[str], str, bool]:
        """Return n lines, fewer if no more are found, the strategy, and whether it is exact.

        Args:
            options: sampling options.
            n: number of lines.
            exclude: lines to skip.
            together: whether to share batches with other requests.

        Raises:
            ConstraintError: no line satisfies the constraints, or none was found.
            OptionError: an option is invalid.
        """
        if together and can_share(options) and self._has_digests(options):
            shared = await self._plan(options)
            draws = Draws.of(shared, self._source, options, n, exclude)
            await self._draw(draws)
            if draws.is_complete:
                _check_found(draws.lines, options)
                return draws.lines, shared.plan.method, shared.plan.is_exact
        stream, found = await self.open_stream(options, n, exclude), list[str]()
        async for lines in self.slices(stream, n):
            found += lines
        _check_found(found, options)
        return found, stream.method, stream.is_exact

    async def open_stream(self, options: SampleOptions, n: int, exclude: frozenset[str]) -> Stream:
        """Return the stream of the library; planning it may take a while."""
        return await self._work(
            partial(self._maker.stream, exclude=exclude, ahead=n, options=options)
        )

    async def slices(self, stream: Stream, n: int) -> AsyncIterator[list[str]]:
        """Yield up to n lines of a stream, a slice of time at a time."""
        while n:
            lines, has_ended = await self._work(partial(_take, stream, n))
            n = 0 if has_ended else n - len(lines)
            if lines:
                yield lines

    def close(self) -> None:
        """End the thread of the model after its current batch."""
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _has_digests(self, options: SampleOptions) -> bool:
        """Return whether the model has the digests that `new` needs."""
        return not options.new or self._source.digests is not None

    async def _work(self, function: Callable[[], Result]) -> Result:
        """Run a function in a worker."""
        return await asyncio.get_running_loop().run_in_executor(self._workers, function)

    async def _plan(self, options: SampleOptions) -> SharedPlan:
        """Return the plan of options; requests that wait for the same plan make it once."""
        key = plan_key(options)
        task = self._plans.get(key)
        if task is None:
            make = partial(SharedPlan.of, self._source, options)
            task = self._plans[key] = asyncio.ensure_future(self._work(make))
            if len(self._plans) > _PLANS:
                self._plans.popitem(last=False)
        self._plans.move_to_end(key)
        if task.done() and not task.cancelled() and task.exception() is None:
            return task.result()
        try:
            return await asyncio.shield(task)  # others may wait for it, too
        except Exception:
            self._plans.pop(key, None)
            raise

    async def _draw(self, draws: Draws) -> None:
        """Draw the lines of a request with those of others."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.setdefault(draws.shared, deque()).append((draws, done))
        if not self._is_running:
            self._is_running = True
            loop.call_soon(self._start_batch)  # after the other requests of this turn of the loop
        await done

    def _start_batch(self) -> None:
        """Draw the next batch of those requests that have waited longest, if there are any."""
        shared, requests = self._next_requests()
        if shared is None:
            self._is_running = False
            return
        self.batches += 1
        self.shared += len(requests)
        draws = [each for each, _ in requests]
        if not shared.plan.is_stepwise:
            try:
                draw_together(shared, draws)
            except Exception as error:
                self._finish(requests, error)
            else:
                self._finish(requests, None)
            return
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "sampling")
        drawing = asyncio.get_running_loop().run_in_executor(
            self._thread, draw_together, shared, draws
        )
        drawing.add_done_callback(lambda task: self._finish(requests, task.exception()))

    def _next_requests(self) -> tuple[SharedPlan | None, list[Waiting]]:
        """Take the requests of the next batch; plans and their requests take turns."""
        while self._waiting:
            shared, queue = self._waiting.popitem(last=False)
            requests, room = list[Waiting](), shared.max_lines
            while queue and (not requests or queue[0][0].next_size <= room):
                draws, done = queue.popleft()
                if not done.cancelled():  # a cancelled one has no reader any more
                    requests.append((draws, done))
                    room -= draws.next_size
            if queue:
                self._waiting[shared] = queue
            if requests:
                return shared, requests
        return None, []

    def _finish(self, requests: Sequence[Waiting], error: BaseException | None) -> None:
        """Answer the requests of a batch that are over; the others wait for the next one."""
        for draws, done in requests:
            if done.cancelled():
                continue
            if error is not None:
                done.set_exception(error)
            elif draws.is_over:
                done.set_result(None)
            else:
                self._waiting.setdefault(draws.shared, deque()).append((draws, done))
        asyncio.get_running_loop().call_soon(self._start_batch)


def _take(stream: Stream, n: int) -> tuple[list[str], bool]:
    """Return up to n lines of a stream, and whether it has ended, for a slice of time."""
    lines, end = list[str](), time.perf_counter() + _SLICE
    while len(lines) < n and time.perf_counter() < end:
        wanted = min(_STEP, n - len(lines))
        more = list(islice(stream, wanted))
        lines += more
        if len(more) < wanted:
            return lines, True
    return lines, False


def _check_found(lines: Sequence[str], options: SampleOptions) -> None:
    """Raise an error if no line was found."""
    if not lines:
        raise ConstraintError(
            f"none of {options.patience:,} lines drawn passed the constraints and filters: relax "
            "them, or raise patience"
        )
