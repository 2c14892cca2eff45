"""Time as the package sees it: one pair of functions that a test can replace."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

_LONGEST_SLEEP = 1.0


@dataclass(frozen=True)
class Clock:
    """A monotonic clock in seconds and a way to let time pass."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep  # noqa: TID251 - the one place that hands it out

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass in steps of at most a second, so that an interrupt is felt."""
        end = self.now() + seconds
        while (left := end - self.now()) > 0:
            self.sleep(min(left, _LONGEST_SLEEP))
