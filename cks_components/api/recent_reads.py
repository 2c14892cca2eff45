"""Reads that the resources of one cluster share, so that a refresh reads each cluster once."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

from cks_components.api.clock import Clock
from cks_components.api.models import Cluster

LONGEST_AGE_SECONDS = 60.0


class _Read(NamedTuple):
    began: float
    cluster: Cluster


class RecentReads:
    """The last read of each cluster by one process; safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._now = clock.now
        self._guard = Lock()
        self._reading: dict[str, Lock] = {}
        self._last: dict[str, _Read] = {}
        self._written: dict[str, float] = {}

    def get(self, cluster_id: str, read: Callable[[], Cluster]) -> Cluster:
        """A cluster as it was read in the last minute, or as `read` returns it now.

        While one thread reads a cluster, others that ask for it wait for its answer. What began
        before the last `written` is never returned without a new read. An error is not kept.
        """
        with self._guard:
            reading = self._reading.setdefault(cluster_id, Lock())
        with reading:
            now = self._now()
            last, written = self._last.get(cluster_id), self._written.get(cluster_id, -1.0)
            if last is None or now - last.began > LONGEST_AGE_SECONDS or last.began <= written:
                last = self._last[cluster_id] = _Read(now, read())
            return last.cluster

    def written(self, cluster_id: str) -> None:
        """Note that the cluster is being changed, so that earlier reads are out of date."""
        self._written[cluster_id] = self._now()
