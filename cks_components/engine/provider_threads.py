"""More worker threads for the provider process, so that all clusters of a fleet change at once.

The SDK's provider server works on four calls at a time. A change holds its call until the cluster
has settled, so the fifth call waits, and with it the engine, which takes one step after another.
The SDK has no setting for that number (docs/upstream-reports.md), so it is raised from inside, in
the `ThreadPoolExecutor` that runs the calls; two of its names that are used here are private.
"""

from __future__ import annotations

import contextlib
import inspect
from concurrent.futures import ThreadPoolExecutor
from weakref import ref

MOST_THREADS = 512
"""Calls that one provider process works on at a time. A thread is started when it is needed."""


def widen(most: int = MOST_THREADS) -> None:
    """Let the server that runs this thread work on up to `most` calls at a time.

    Where that is not possible (another SDK or Python), the server keeps its own number, and
    clusters beyond it are changed one after the other.
    """
    executor = _own_executor()
    if executor is None:
        return
    with contextlib.suppress(AttributeError, TypeError):
        executor._max_workers = max(most, executor._max_workers)
        # A thread is started by the call that needs it: those that wait already get theirs now.
        for _ in range(executor._work_queue.qsize()):
            executor.submit(int)


def _own_executor() -> ThreadPoolExecutor | None:
    """The executor that runs the present thread: its worker function has a reference to it."""
    frame = inspect.currentframe()
    while frame is not None:
        for value in frame.f_locals.values():
            found = value() if isinstance(value, ref) else None
            if isinstance(found, ThreadPoolExecutor):
                return found
        frame = frame.f_back
    return None
