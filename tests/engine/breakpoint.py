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
"""A read, or a list, has shown the cluster after its PATCH; its update does not end by itself."""
AT_THE_END = "at the end"
"""The answer to the read that ends the wait."""
_PATIENCE_SECONDS = 180.0


class Gate:
    """Stands before the emulator, and stops each chosen cluster at its moment."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._changed = Condition()
        self._moments: dict[str, str] = {}
        self._seen: dict[str, int] = {}  # how often each cluster was shown since its PATCH
        self._held: set[str] = set()

    def hold(self, moments: Mapping[str, str]) -> None:
        """From now on, hold each of these clusters (by id) at its moment."""
        with self._changed:
            self._moments = dict(moments)
            self._seen.clear()
            self._held.clear()

    def wait(self) -> None:
        """Return once every chosen cluster stands still at its moment."""
        with self._changed:
            self._changed.wait_for(lambda: self._held == set(self._moments), _PATIENCE_SECONDS)
            assert self._held == set(self._moments)

    def open(self) -> None:
        """Let everything through again."""
        with self._changed:
            for cluster_id, moment in self._moments.items():
                if moment == IN_THE_WAIT and cluster_id in self._emulator.pending:
                    self._emulator.finish(cluster_id)
            self._moments.clear()
            self._changed.notify_all()

    def answer(self, request: Request) -> Answer:
        """Answer as the emulator does, perhaps later."""
        answer = self._emulator.answer(request)
        target = request.path.rpartition("/")[2]
        with self._changed:
            if target == "clusters":
                for cluster_id in self._seen:
                    self._seen[cluster_id] += 1
                    self._reach(cluster_id, IN_THE_WAIT)
                return answer
            moment = self._moment(request.method, target, answer)
            if moment and self._reach(target, moment) and moment != IN_THE_WAIT:
                self._changed.wait_for(lambda: target not in self._moments, _PATIENCE_SECONDS)
        return answer

    def _reach(self, cluster_id: str, moment: str) -> bool:
        """Note that a cluster is at a moment; whether it is the one at which it is held."""
        if moment != self._moments.get(cluster_id) or cluster_id in self._held:
            return False
        self._held.add(cluster_id)
        self._changed.notify_all()
        return True

    def _moment(self, method: str, cluster_id: str, answer: Answer) -> str | None:
        if method == "PATCH":
            self._seen[cluster_id] = 0
            if self._moments.get(cluster_id) == IN_THE_WAIT:
                self._emulator.pending[cluster_id].due = float("inf")
            return BEFORE_ANSWER
        if cluster_id not in self._seen:
            return BEFORE_PATCH
        self._seen[cluster_id] += 1
        if self._seen[cluster_id] == 1:
            return IN_THE_WAIT
        # A wait ends with a RUNNING that follows an UPDATING or another RUNNING.
        return AT_THE_END if b"STATUS_RUNNING" in answer.body else None
