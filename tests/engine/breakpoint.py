"""A way to stop the world at a chosen moment of a change, without a clock."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Condition

from lab.api.emulator import Answer, Emulator, Request

BEFORE_PATCH = "before the PATCH"
"""The answer to the read that the PATCH is built from."""
BEFORE_ANSWER = "before its answer"
"""The PATCH is accepted, its answer on the way."""
IN_THE_WAIT = "in the wait"
"""The answer to the first read after the PATCH."""
AT_THE_END = "at the end"
"""The answer to the read that ends the wait."""
_PATIENCE_SECONDS = 180.0


class Gate:
    """Stands before the emulator, and holds one answer of each chosen cluster at its moment."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._changed = Condition()
        self._moments: dict[str, str] = {}
        self._reads: dict[str, int] = {}  # of each cluster since its PATCH
        self._held: set[str] = set()

    def hold(self, moments: Mapping[str, str]) -> None:
        """From now on, hold each of these clusters (by id) at its moment."""
        with self._changed:
            self._moments = dict(moments)
            self._reads.clear()
            self._held.clear()

    def wait(self) -> None:
        """Return once every chosen cluster stands still at its moment."""
        with self._changed:
            self._changed.wait_for(lambda: self._held == set(self._moments), _PATIENCE_SECONDS)
            assert self._held == set(self._moments)

    def open(self) -> None:
        """Let everything through again."""
        with self._changed:
            self._moments.clear()
            self._changed.notify_all()

    def answer(self, request: Request) -> Answer:
        """Answer as the emulator does, perhaps later."""
        answer = self._emulator.answer(request)
        cluster_id = request.path.rpartition("/")[2]
        with self._changed:
            moment = self._moment(request.method, cluster_id, answer)
            if moment == self._moments.get(cluster_id) and cluster_id not in self._held:
                self._held.add(cluster_id)
                self._changed.notify_all()
                self._changed.wait_for(lambda: cluster_id not in self._moments, _PATIENCE_SECONDS)
        return answer

    def _moment(self, method: str, cluster_id: str, answer: Answer) -> str | None:
        if method == "PATCH":
            self._reads[cluster_id] = 0
            return BEFORE_ANSWER
        if cluster_id not in self._reads:
            return BEFORE_PATCH
        self._reads[cluster_id] += 1
        if self._reads[cluster_id] == 1:
            return IN_THE_WAIT
        # A wait ends with a RUNNING that follows an UPDATING or another RUNNING.
        return AT_THE_END if b"STATUS_RUNNING" in answer.body else None
