"""Threads that compute independent parts of a result.

The parts and their order do not depend on the number of threads, so neither does the result. Each
part is computed by one thread, without waiting for the others: beside other processes, a part that
is delayed delays nothing else. A library that splits every operation between threads would wait for
the slowest thread thousands of times in each step of a training.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

Part = TypeVar("Part")
Result = TypeVar("Result")


class Workers:
    """A pool of threads; with one thread, parts are computed by the caller.

    Example:
        >>> with open_workers(2) as workers:
        ...     list(workers.map(abs, [-1, 2, -3]))
        [1, 2, 3]
    """

    def __init__(self, pool: ThreadPoolExecutor | None, threads: int) -> None:
        """Hold the pool; None for one thread."""
        self._pool, self._threads = pool, threads

    def map(self, function: Callable[[Part], Result], parts: Iterable[Part]) -> Iterator[Result]:
        """Yield the result of each part, in their order; one part more than threads may wait."""
        if self._pool is None:
            yield from map(function, parts)
            return
        pending: deque[Future[Result]] = deque()
        try:
            for part in parts:
                pending.append(self._pool.submit(function, part))
                if len(pending) > self._threads:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:  # the caller stopped, or a part failed
                future.cancel()


@contextmanager
def open_workers(threads: int) -> Iterator[Workers]:
    """Return a context with so many threads, but not more than there are processors to run them."""
    threads = min(threads, available_processors())
    if threads <= 1:
        yield Workers(None, 1)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="makemore") as pool:
        yield Workers(pool, threads)


@contextmanager
def single_matrix_thread() -> Iterator[None]:
    """Let NumPy compute matrix products in one thread, within a context.

    The threads of its BLAS wait for each other, beside other processes for a long time.

    Example:
        >>> with single_matrix_thread():
        ...     {threads["num_threads"] for threads in _matrix_threads().info()}
        {1}
    """
    with _matrix_threads().limit(limits=1):
        yield


@lru_cache(maxsize=1)
def _matrix_threads() -> ThreadpoolController:
    """Return a controller of the threads of NumPy's BLAS."""
    return ThreadpoolController().select(user_api="blas")


def available_processors() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
