"""Polls that all waits of a process share: while several wait, one list request serves them all.

A list may be stale or partial (cks-api U14), so it only says that there is nothing new. Whoever
waits reads its cluster by id before it believes anything else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Protocol

from cks_components.api.clock import Clock
from cks_components.api.errors import CksError
from cks_components.api.models import Cluster

_FIRST_SECONDS, _FIRST_INTERVAL = 3.0, 0.25
_SHORTEST_INTERVAL, _LONGEST_INTERVAL = 1.0, 8.0
_PART_OF_THE_WAIT = 16
_LIST_SECONDS = 10.0
"""For one list, retries included: the waits read by id if it takes longer."""
_ROUNDING = 0.01


class _Lists(Protocol):
    def __call__(self, *, deadline_seconds: float) -> list[Cluster]: ...


class ClusterPolls:
    """The waits of one process, and the last list that was read for them; safe for threads.

    All waits look at the same moments, multiples of an interval on the process's clock: so the
    first one sends the request, and the others find its answer.

    Args:
        list_clusters: sends the request.
        clock: measures.
    """

    def __init__(self, list_clusters: _Lists, clock: Clock) -> None:
        self._list_clusters = list_clusters
        self._clock = clock
        self._guard, self._listing = Lock(), Lock()
        self._began = self._listed_at = -math.inf
        self._listed: Mapping[str, Cluster] | CksError = {}
        self.waits = 0
        """How many operations are under way that wait, or may have to."""

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Count an operation on one cluster while the block runs."""
        with self._guard:
            if not self.waits:
                self._began = self._clock.now()
            self.waits += 1
        try:
            yield
        finally:
            with self._guard:
                self.waits -= 1

    @property
    def are_shared(self) -> bool:
        """Whether several clusters wait, so that a list costs less than a read of each."""
        return self.waits > 1

    def pause_seconds(self, waited: float) -> float:
        """The pause until the next look, after having waited so long."""
        interval = self._interval(waited)
        pause = interval - self._clock.now() % interval
        return pause if pause > _ROUNDING else pause + interval

    def listed(self, waited: float, since: float) -> Mapping[str, Cluster] | CksError:
        """The clusters by id, from a list request that began at the present moment of looking.

        Args:
            waited: as `pause_seconds` takes it.
            since: a time of the clock before which the request must not have begun.

        Returns:
            The clusters that the list shows, or the error of the request.
        """
        with self._listing:
            now = self._clock.now()
            if self._listed_at < max(since, now - now % self._interval(waited)):
                self._listed_at = now
                try:
                    listed = self._list_clusters(deadline_seconds=_LIST_SECONDS)
                    self._listed = {cluster.id: cluster for cluster in listed}
                except CksError as error:
                    self._listed = error
            return self._listed

    def _interval(self, waited: float) -> float:
        """Short at first; later a power of two, so that waits of any age meet at the same moments."""
        if self._clock.now() - self._began < _FIRST_SECONDS:
            return _FIRST_INTERVAL
        part = max(_SHORTEST_INTERVAL, waited / _PART_OF_THE_WAIT)
        return min(_LONGEST_INTERVAL, 2.0 ** math.floor(math.log2(part)))
