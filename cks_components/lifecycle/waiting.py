"""Waiting for a cluster: until it accepts a change, and until it shows the change.

RUNNING alone never ends a wait after a change: reads may be stale, so the owned values must be
equal as well (cks-api section 5). While several clusters of a process wait, one list of all
clusters replaces the reads of each, but only a read of the cluster itself ends a wait.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Protocol

from cks_components.api.client import Client
from cks_components.api.errors import (
    CksError,
    ClusterFailedError,
    RateLimitedError,
    WaitError,
    WaitTimeoutError,
)
from cks_components.api.models import Block, Cluster
from cks_components.api.update_mask import differences
from cks_components.lifecycle.missing_cluster import LastKnownCluster, read_existing_cluster

RUNNING = "RUNNING"
_DELETING = "DELETING"
FAILED = (_DELETING, "ERROR", "FAILED", "UPGRADE_FAILED")
_ENDED = (*FAILED, "DELETED")
_FIRST_SECONDS, _FIRST_INTERVAL = 5.0, 0.25
_SHORTEST_INTERVAL, _LONGEST_INTERVAL = 1.0, 15.0
_BELIEVED_SECONDS = 60.0
"""How long lists alone may say that a cluster is not ready; longer where many clusters wait."""
_CONFIRMATION = 1.0
_NO_TIME = 0.001  # less is not worth a sleep, and too little to move a clock on
_DOUBT_SECONDS, _DOUBT_INTERVAL = 10.0, 1.0


class Report(Protocol):
    """Where an operation reports what it does."""

    def progress(self, text: str) -> None:
        """Show what is being waited for now; the next text may replace it, or it may be dropped."""
        ...

    def note(self, text: str) -> None:
        """Write a text that a user may need later to the log."""
        ...

    def warn(self, text: str) -> None:
        """Write a warning to the log."""
        ...


def interval_seconds(waited: float) -> float:
    """The pause after having waited so long: a tenth of it, so that the end is noticed soon."""
    shortest = _FIRST_INTERVAL if waited < _FIRST_SECONDS else _SHORTEST_INTERVAL
    interval = min(_LONGEST_INTERVAL, max(shortest, waited / 10))
    return interval * random.uniform(0.9, 1.0)  # noqa: S311 - jitter, not a secret


class Wait:
    """Waits for one cluster; one time limit applies to the whole operation.

    Every method raises a ClusterFailedError when the cluster is in a state that waiting does
    not change, a WaitTimeoutError when the limit passes, and a GoneError when the cluster is gone.

    Args:
        client: of the API; its clock is used.
        cluster_id: the cluster's UUID.
        title: what is being changed, as messages name it.
        seen: the cluster as it was seen last, before this operation.
        timeout_seconds: the limit, from now on.
        report: gets the progress.
        next_step: what the user should do after a timeout, as the end of a sentence.
    """

    def __init__(
        self,
        client: Client,
        cluster_id: str,
        *,
        title: str,
        seen: LastKnownCluster,
        timeout_seconds: float,
        report: Report,
        next_step: str = "run the command again: it continues from there",
    ) -> None:
        self._next_step = next_step
        self._client = client
        self._cluster_id = cluster_id
        self._title = title
        self._seen = seen
        self._clock = client.clock
        self._report = report
        self._polls = client.polls
        self._started = self._read_at = self._now
        self._timeout = timeout_seconds

    @property
    def waited(self) -> float:
        """Seconds since the operation began."""
        return self._now - self._started

    @property
    def is_over(self) -> bool:
        """Whether the limit has passed."""
        return self._timeout - self.waited < _NO_TIME

    def until_ready(self) -> Cluster:
        """Read the cluster until it can take a change."""
        cluster, began = self.read(), self._now
        while cluster.status != RUNNING:
            self._pause(cluster, "take a change", self._interval(began))
            cluster = self._look(cluster, lambda c: c.status == RUNNING, began)
        return cluster

    def until_equal(self, desired: Block, sent: Cluster) -> Cluster:
        """Read the cluster until it is RUNNING with the desired block, as it was when `sent` was read.

        Raises:
            WaitError: `version` or `public` changed meanwhile.
        """
        began, kind = self._now, type(desired)
        moved = confirmed = False

        def is_done(cluster: Cluster) -> bool:
            return cluster.status == RUNNING and cluster.block(kind) == desired

        if self._polls.are_shared:
            self.pause(self._interval(began))
        cluster = self._look(sent, is_done, began)
        while True:
            moved = moved or cluster.status != RUNNING
            if is_done(cluster):
                if moved or confirmed:
                    return self._otherwise_unchanged(cluster, sent)
                # Values may show before the status changes, so one read is not enough.
                confirmed = True
                self._clock.wait(_CONFIRMATION)
                cluster = self.read()
                continue
            confirmed = False
            left = differences(cluster.block(kind), desired)
            self._pause(cluster, "show the new values", self._interval(began), left)
            cluster = self._look(cluster, is_done, began)

    def until_decided(self, desired: Block) -> Cluster:
        """Read the cluster until it shows whether a write without an answer was accepted.

        Returns:
            The cluster, ready for a change: with the desired block if the write arrived, and with
            another after seconds of RUNNING without any sign of it. Reads may be stale, so one
            look is not enough.
        """
        end = self._now + _DOUBT_SECONDS
        self.pause(_DOUBT_INTERVAL)
        while True:
            cluster = self.read()
            if cluster.status != RUNNING:
                return self.until_ready()
            if cluster.block(type(desired)) == desired or self._now >= end:
                return cluster
            self._pause(cluster, "show whether the change arrived", _DOUBT_INTERVAL)

    def pause(self, seconds: float) -> None:
        """Sleep, but not beyond the limit."""
        self._clock.wait(max(0.0, min(seconds, self._timeout - self.waited)))

    def read(self) -> Cluster:
        """Read the cluster once, within the rest of the limit."""
        left = max(1.0, self._timeout - self.waited)
        cluster = read_existing_cluster(
            self._client, self._cluster_id, self._seen, deadline_seconds=left
        )
        self._seen, self._read_at = LastKnownCluster.of(cluster), self._now
        if cluster.status in FAILED:
            message = (
                f"cannot change {self._title} on cluster {cluster.label}: its status is "
                f"{cluster.status}, and {advice(cluster.status)}"
            )
            raise ClusterFailedError(
                message, cluster_id=self._cluster_id, last_status=cluster.status
            )
        return cluster

    def _pause(self, cluster: Cluster, what: str, seconds: float, left: Sequence[str] = ()) -> None:
        waited = self.waited
        if self.is_over:
            still = f" ({'; '.join(left)})" if left else ""
            message = (
                f"cannot confirm {self._title} on cluster {cluster.label}: after {waited:.0f} s it "
                f"is {cluster.status} and does not {what} yet{still}; look at it in the console, "
                f"then {self._next_step}"
            )
            raise WaitTimeoutError(
                message, cluster_id=self._cluster_id, last_status=cluster.status, waited=waited
            )
        # What changes comes first: a terminal's row is cut at its right edge.
        self._report.progress(
            f"{waited:.0f} s, {cluster.status}: waiting for the cluster to {what}"
        )
        self.pause(seconds)

    def _look(self, last: Cluster, is_end: Callable[[Cluster], bool], began: float) -> Cluster:
        """See how the cluster is now, in the shared list or by a read.

        Whatever ends the wait is read: the result is from a list only if it is not an end.

        Args:
            last: how it was seen last; the result where the API asks for a pause.
            is_end: whether a cluster ends the wait.
            began: since when; an older list says nothing.
        """
        if not self._polls.are_shared or self.is_over or self._read_at + self._believed < self._now:
            return self.read()
        listed = self._polls.listed(self._now - began, began)
        if isinstance(listed, RateLimitedError):
            return last
        cluster = None if isinstance(listed, CksError) else listed.get(self._cluster_id)
        if cluster is None or cluster.status in _ENDED or is_end(cluster):
            return self.read()
        return cluster

    @property
    def _now(self) -> float:
        return self._clock.now()

    @property
    def _believed(self) -> float:
        """Seconds after which the cluster is read although lists show nothing new.

        In proportion to the number of waits, so that these reads stay below one in two seconds.
        """
        return max(_BELIEVED_SECONDS, 2.0 * self._polls.waits)

    def _interval(self, began: float) -> float:
        waited = self._now - began
        if self._polls.are_shared:
            return self._polls.pause_seconds(waited)
        return interval_seconds(waited)

    def _otherwise_unchanged(self, cluster: Cluster, sent: Cluster) -> Cluster:
        for field in ("version", "public"):
            before, after = getattr(sent, field), getattr(cluster, field)
            if before != after:
                message = (
                    f"{self._title} is set on cluster {cluster.label}, but its {field} changed "
                    f"from {before!r} to {after!r} meanwhile, which this program never asks for; "
                    "find out who changed it before you go on"
                )
                raise WaitError(message, cluster_id=cluster.id, last_status=cluster.status)
        return cluster


def advice(status: str) -> str:
    """What to do about a status that waiting does not change, as the end of a sentence."""
    if status == _DELETING:
        return "a cluster that is being deleted takes no changes; remove it from the stack file"
    return (
        "waiting does not change that; look at the cluster in the console and ask CoreWeave's "
        "support, then run the command again"
    )
