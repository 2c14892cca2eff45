"""How many requests a process sends: so many per second on average, however many threads ask.

CoreWeave publishes no rate limit for the CKS API (cks-api U12), so a fleet keeps to a modest rate
of its own, and all of it to what a 429 asks for.
"""

from __future__ import annotations

from threading import Lock

from cks_components.api.clock import Clock

SAVED_SECONDS = 30.0
"""How long unused requests are kept: a process may send that many seconds' worth without a pause."""


class RequestBudget:
    """The requests that one process may send; safe to use from several threads.

    Args:
        per_second: requests per second on average, above 0.
        clock: measures and waits.
    """

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._interval = 1 / per_second
        self._clock = clock
        self._guard = Lock()
        self._due = self._opens = clock.now()
        self._due -= SAVED_SECONDS  # when the next request is due at that rate
        self._closings = 0

    def take(self) -> None:
        """Wait for the turn of one request, and count it."""
        while True:
            turn, closings = self._reserved()
            self._clock.wait(turn - self._clock.now())
            if closings == self._closings:
                return

    def take_at_once(self) -> float:
        """Count one request that cannot wait for its turn, unless nothing may be sent now.

        Returns:
            0, or the seconds until requests may be sent again; then nothing was counted.
        """
        with self._guard:
            left = self._opens - self._clock.now()
            if left > 0:
                return left
            self._due += self._interval
            return 0.0

    def close(self, seconds: float) -> None:
        """Let nothing be sent for some time, and then keep to the rate: what was saved is lost.

        Turns that were reserved are given anew.
        """
        with self._guard:
            self._opens = max(self._opens, self._clock.now() + seconds)
            self._due = self._opens
            self._closings += 1

    def _reserved(self) -> tuple[float, int]:
        with self._guard:
            now = self._clock.now()
            self._due = max(self._due, now - SAVED_SECONDS)
            turn = max(now, self._due, self._opens)
            self._due += self._interval
            return turn, self._closings
