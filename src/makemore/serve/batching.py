"""The queue of one model: requests that share batches, short ones first."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from makemore.sampling.shared import SharedPlan, draw_together
from makemore.serve.waiting import Waiting

_SECONDS = 0.05  # that a batch should take at most, so that requests need not wait long
_FEWEST = 64  # lines in a batch, however long it takes
_SHORT_BATCHES = 8  # after which one of long answers follows, if any wait

Queues = OrderedDict[SharedPlan, deque[Waiting]]


class BatchQueue:
    """Draws batches one after the other while requests wait.

    Those of a model compiled to a table are drawn in the event loop, since a change of threads
    would take longer than the draw, those of others in one thread.

    Attributes:
        batches: number of batches drawn.
        requests: number of requests in them.
    """

    def __init__(self) -> None:
        """Create an empty queue."""
        # By plan: what waits for a batch, short requests and parts of long ones.
        self._short: Queues = OrderedDict()
        self._long: Queues = OrderedDict()
        self._short_batches = 0  # since the last one of long requests
        self._line_seconds = 1e-5  # a moving average
        self._thread: ThreadPoolExecutor | None = None
        self._is_running = False
        self.batches = self.requests = 0

    def add(self, waiting: Waiting) -> None:
        """Put draws in the queue for the next batch."""
        queues = self._long if waiting.is_long else self._short
        waiting.draws.most = min(waiting.draws.most, self._room(waiting.draws.shared))
        queues.setdefault(waiting.draws.shared, deque()).append(waiting)
        if not self._is_running:
            self._is_running = True
            # After the other requests of this turn of the loop.
            asyncio.get_running_loop().call_soon(self._start_batch)

    def estimate(self, n: int) -> float:
        """Return about how many seconds n lines take, without waiting."""
        return n * self._line_seconds

    def close(self) -> None:
        """Let the thread end after its current batch."""
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _start_batch(self) -> None:
        """Draw the next batch of those requests that have waited longest, if there are any."""
        shared, requests = self._next_requests()
        if shared is None:
            self._is_running = False
            return
        self.batches += 1
        self.requests += len(requests)
        if shared.walk is not None:
            try:
                self._draw_batch(shared, requests)
            except Exception as error:
                self._finish(requests, error)
            else:
                self._finish(requests, None)
            return
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "sampling")
        drawing = asyncio.get_running_loop().run_in_executor(
            self._thread, self._draw_batch, shared, requests
        )
        drawing.add_done_callback(lambda task: self._finish(requests, task.exception()))

    def _next_requests(self) -> tuple[SharedPlan | None, list[Waiting]]:
        """Take the requests of the next batch; plans and their requests take turns."""
        while self._short or self._long:
            is_short = bool(self._short) and self._short_batches < _SHORT_BATCHES
            queues = self._short if is_short or not self._long else self._long
            self._short_batches = self._short_batches + 1 if queues is self._short else 0
            shared, queue = queues.popitem(last=False)
            room = self._room(shared)
            requests = list[Waiting]()
            while queue and (not requests or queue[0].draws.next_size <= room):
                waiting = queue.popleft()
                if waiting.is_wanted():
                    requests.append(waiting)
                    room -= waiting.draws.next_size
            if queue:
                queues[shared] = queue
            if requests:
                return shared, requests
        return None, []

    def _room(self, shared: SharedPlan) -> int:
        """Return the maximum number of lines in a batch, by the time that lines have taken."""
        return max(_FEWEST, min(shared.max_lines, int(_SECONDS / self._line_seconds)))

    def _draw_batch(self, shared: SharedPlan, requests: Sequence[Waiting]) -> None:
        """Draw a batch and note how long a line took."""
        draws = [each.draws for each in requests]
        lines, start = sum(each.next_size for each in draws), time.perf_counter()
        draw_together(shared, draws)
        seconds = (time.perf_counter() - start) / lines
        self._line_seconds += 0.2 * (seconds - self._line_seconds)

    def _finish(self, requests: Sequence[Waiting], error: BaseException | None) -> None:
        """Answer the requests of a batch that are over; the others wait for the next one."""
        for each in requests:
            if not each.is_wanted():
                continue
            if error is not None or each.draws.is_over:
                each.finish(each.draws, error)
            else:
                self.add(each)
        asyncio.get_running_loop().call_soon(self._start_batch)
