"""Sampling for requests: those to one model share batches, and no long one holds up a short one."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from itertools import islice
from typing import TypeVar

from makemore.estimator.base import fresh_seed
from makemore.estimator.makemore import MakeMore
from makemore.options.verbs import SampleOptions
from makemore.sampling.line_filter import line_filter
from makemore.sampling.request import Source
from makemore.sampling.shared import Draws, SharedPlan, can_share, plan_key
from makemore.sampling.stream import Stream, nothing_found
from makemore.serve.batching import BatchQueue
from makemore.serve.waiting import Ahead, Answer, LongAnswer, Waiting

_PLANS = 6  # plans of a model that are kept, with a table of up to 32 MiB each
_SLICE = 0.05  # seconds that a request that shares no batches takes a worker at a time
_STEP = 16  # lines between two looks at the clock
_KINDS = 16  # kinds of requests without a seed for which lines are drawn ahead
_MAX_AHEAD = 100  # lines of a request that is drawn ahead
_CHUNK = 1000  # lines of a long answer that are drawn at a time

Result = TypeVar("Result")


class ModelSampler:
    """Draws the lines of all requests to one model.

    Requests without constraints share batches. All others take turns in the workers of the server.
    Requests that leave the seed to the server are answered with lines drawn ahead in batches, if
    such a request has come before.

    Attributes:
        queue: what waits for shared batches.
    """

    def __init__(self, maker: MakeMore, workers: Executor) -> None:
        """Prepare for requests; plans are made when they are first needed."""
        self._maker, self._source, self._workers = maker, Source.of(maker.learned_), workers
        self.queue = BatchQueue()
        self._plans: OrderedDict[object, asyncio.Task[SharedPlan]] = OrderedDict()
        self._ahead: OrderedDict[tuple[SampleOptions, int], Ahead] = OrderedDict()

    async def sample(
        self, options: SampleOptions, n: int, exclude: frozenset[str], together: bool = True
    ) -> Answer:
        """Return n lines, fewer if no more are found.

        Args:
            options: sampling options with the seed.
            n: number of lines.
            exclude: lines to skip.
            together: whether to share batches with other requests.

        Raises:
            ConstraintError: no line satisfies the constraints, or none was found.
            OptionError: an option is invalid.
        """
        if together and self._can_share(options):
            answer = await self._share(await self._plan(options), options, n, exclude)
            if answer is not None:
                return answer
        alone, found = await self.open_alone(options, n, exclude), list[str]()
        async for lines in alone.chunks:
            found += lines
        _check_found(found, options)
        return Answer(found, options.seed, alone.strategy, alone.is_exact)

    async def sample_any(self, options: SampleOptions, n: int) -> Answer:
        """Return n lines of any seed, if there are any drawn ahead; else see `sample`.

        Args:
            options: sampling options; the seed is ignored.
            n: number of lines.

        Raises:
            ConstraintError: no line satisfies the constraints, or none was found.
            OptionError: an option is invalid.
        """
        key = (options, n)
        ahead = self._ahead.setdefault(key, Ahead())
        self._ahead.move_to_end(key)
        if len(self._ahead) > _KINDS:
            self._ahead.popitem(last=False)
        ahead.asked += 1
        is_worthwhile = ahead.asked > 1 and n <= _MAX_AHEAD and self._can_share(options)
        if is_worthwhile and ahead.is_due:
            plan = await self._plan(options)
            if ahead.is_due:  # still, after other requests may have come
                self._draw_ahead(ahead, plan, options, n)
        if ahead.ready:
            return ahead.ready.popleft()
        return await self.sample(options.replace(seed=fresh_seed()), n, frozenset())

    def _draw_ahead(self, ahead: Ahead, plan: SharedPlan, options: SampleOptions, n: int) -> None:
        """Draw the answers of further requests in one batch, of more requests if none was left."""
        ahead.start()
        for _ in range(ahead.size):
            select = line_filter(self._source, options, frozenset())
            draws = Draws.of(plan, select, options, fresh_seed(), n)
            self.queue.add(Waiting(draws, ahead.add))

    async def _share(
        self, plan: SharedPlan, options: SampleOptions, n: int, exclude: frozenset[str]
    ) -> Answer | None:
        """Return n lines that are drawn with those of other requests; None to draw them alone."""
        select = line_filter(self._source, options, exclude)
        draws = Draws.of(plan, select, options, options.seed, n)
        await self._draw(draws)
        if not draws.is_complete:
            return None
        _check_found(draws.lines, options)
        return Answer.of(draws)

    async def open(self, options: SampleOptions, n: int, exclude: frozenset[str]) -> LongAnswer:
        """Return many lines, chunk by chunk; each is drawn when it is asked for.

        Raises:
            ConstraintError: no line satisfies the constraints.
            OptionError: an option is invalid.
        """
        if not self._can_share(options) or options.distinct:
            return await self.open_alone(options, n, exclude)
        plan = await self._plan(options)
        select = line_filter(self._source, options, exclude)
        draws = Draws.of(plan, select, options, options.seed, min(n, _CHUNK))
        return LongAnswer(plan.plan.method, plan.plan.is_exact, self._chunks(draws, n))

    async def open_alone(
        self, options: SampleOptions, n: int, exclude: frozenset[str]
    ) -> LongAnswer:
        """Return lines that share no batches, drawn by a stream of the library; see `open`."""
        start = partial(self._maker.stream, exclude=exclude, ahead=n, options=options)
        stream = await self._work(start)
        return LongAnswer(stream.method, stream.is_exact, self._slices(stream, n))

    async def _chunks(self, draws: Draws, n: int) -> AsyncIterator[list[str]]:
        """Yield n lines, a chunk at a time, drawn with those of other requests."""
        while n:
            if not draws.is_over:
                await self._draw(draws, is_long=True)
            if draws.lines:
                yield draws.lines
            n = 0 if draws.selection.is_over else n - len(draws.lines)
            draws.go_on(min(n, _CHUNK))

    async def _slices(self, stream: Stream, n: int) -> AsyncIterator[list[str]]:
        """Yield up to n lines of a stream, a slice of time at a time."""
        while n:
            lines, has_ended = await self._work(partial(_take, stream, n))
            n = 0 if has_ended else n - len(lines)
            if lines:
                yield lines

    async def _draw(self, draws: Draws, is_long: bool = False) -> None:
        """Draw with other requests until the draws are over."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def finish(draws: Draws, error: BaseException | None) -> None:
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(None)

        self.queue.add(Waiting(draws, finish, lambda: not done.cancelled(), is_long))
        await done

    def _can_share(self, options: SampleOptions) -> bool:
        """Return whether requests with these options can share batches."""
        has_digests = not options.new or self._source.digests is not None
        return has_digests and can_share(options)

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
        raise nothing_found(options)
