"""The clock of the package: two functions that a test can replace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from threading import Event, Thread

_LONGEST_SLEEP = 1.0


@dataclass(frozen=True)
class Clock:
    """A monotonic clock in seconds, and a function that sleeps."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep  # noqa: TID251 - the one place that hands it out

    def wait(self, seconds: float) -> None:
        """Sleep for `seconds` in steps of at most a second, so that an interrupt takes effect."""
        end = self.now() + seconds
        while (left := end - self.now()) > 0:
            self.sleep(min(left, _LONGEST_SLEEP))

    @contextmanager
    def every(self, seconds: float, call: Callable[[], None]) -> Iterator[None]:
        """Call `call` from another thread every `seconds` while the block runs."""
        ended = Event()

        def tick() -> None:
            while not ended.wait(seconds):
                call()

        thread = Thread(target=copy_context().run, args=[tick], daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
