"""Waiting for a cluster: until it takes a change, and until a change has arrived.

RUNNING alone never ends a wait after a change: reads may be stale, so the owned values must be
equal as well (cks-api section 5).
"""

from __future__ import annotations

import random
from collections.abc import Callable

from cks_components.api.client import Client
from cks_components.api.errors import (
    ClusterFailedError,
    NotFoundError,
    WaitError,
    WaitTimeoutError,
)
from cks_components.api.models import Cluster, OidcConfig
from cks_components.api.update_mask import differences

RUNNING = "RUNNING"
FAILED = ("DELETING", "DELETED", "ERROR", "FAILED", "UPGRADE_FAILED")
DEFAULT_TIMEOUT_SECONDS = 20 * 60.0
_SHORTEST_INTERVAL, _LONGEST_INTERVAL, _CONFIRMATION = 0.25, 15.0, 1.0

Progress = Callable[[str], None]


def interval_seconds(waited: float) -> float:
    """How long to pause after having waited so long: a tenth of it, so that the end shows soon."""
    interval = min(_LONGEST_INTERVAL, max(_SHORTEST_INTERVAL, waited / 10))
    return interval * random.uniform(0.9, 1.0)  # noqa: S311 - jitter, not a secret


class Wait:
    """One time limit over everything that an operation waits for, on one cluster."""

    def __init__(
        self, client: Client, cluster_id: str, *, timeout_seconds: float, progress: Progress
    ) -> None:
        self._client = client
        self._cluster_id = cluster_id
        self._clock = client.clock
        self._progress = progress
        self._started = self._clock.now()
        self._timeout = timeout_seconds

    @property
    def waited(self) -> float:
        """Seconds since the operation began."""
        return self._clock.now() - self._started

    def until_ready(self) -> Cluster:
        """Read the cluster until it can take a change.

        Raises:
            ClusterFailedError: the cluster is in a state that no waiting leads out of.
            WaitTimeoutError: the time limit passed.
        """
        while (cluster := self._read()).status != RUNNING:
            self._pause(cluster, "be ready for the change")
        return cluster

    def until_equal(self, desired: OidcConfig, sent: Cluster) -> Cluster:
        """Read the cluster until it is RUNNING with the desired block, as it was when `sent` was read.

        Raises:
            ClusterFailedError: the update failed.
            WaitTimeoutError: the time limit passed; names the leaves that still differ.
            WaitError: `version` or `public` changed meanwhile.
        """
        began = self._clock.now()
        moved = confirmed = False
        while True:
            cluster = self._read()
            moved = moved or cluster.status != RUNNING
            if cluster.status == RUNNING and cluster.oidc == desired:
                if moved or confirmed:
                    return self._unharmed(cluster, sent)
                # Values may show before the status changes, so one read is not enough.
                confirmed = True
                self._clock.wait(_CONFIRMATION)
                continue
            confirmed = False
            left = differences(cluster.oidc, desired)
            self._pause(cluster, "show the new values", began=began, left=left)

    def pause(self, seconds: float) -> None:
        """Let some time pass, but not beyond the limit."""
        self._clock.wait(max(0.0, min(seconds, self._timeout - self.waited)))

    def _read(self) -> Cluster:
        left = max(1.0, self._timeout - self.waited)
        try:
            cluster = self._client.get_cluster(self._cluster_id, deadline_seconds=left)
        except NotFoundError:
            if self._client.is_gone(self._cluster_id):
                raise
            cluster = self._client.get_cluster(self._cluster_id, deadline_seconds=left)
        if cluster.status in FAILED:
            message = (
                f"cannot change OIDC on cluster {cluster.label}: the cluster is {cluster.status}"
                f", which no waiting leads out of; {_way_out(cluster.status)}"
            )
            raise ClusterFailedError(
                message, cluster_id=self._cluster_id, last_status=cluster.status
            )
        return cluster

    def _pause(
        self,
        cluster: Cluster,
        what: str,
        *,
        began: float | None = None,
        left: list[str] | None = None,
    ) -> None:
        waited = self.waited
        if waited >= self._timeout:
            still = f" ({'; '.join(left)})" if left else ""
            message = (
                f"cannot confirm OIDC on cluster {cluster.label}: after {waited:.0f} s it is "
                f"{cluster.status} and does not {what} yet{still}; look at it in the console, "
                'then run "pulumi up" again: it continues from there'
            )
            raise WaitTimeoutError(
                message, cluster_id=self._cluster_id, last_status=cluster.status, waited=waited
            )
        self._progress(f"waiting for the cluster to {what}: {cluster.status}, {waited:.0f} s")
        since = self._started if began is None else began
        self.pause(interval_seconds(self._clock.now() - since))

    def _unharmed(self, cluster: Cluster, sent: Cluster) -> Cluster:
        for field in ("version", "public"):
            before, after = getattr(sent, field), getattr(cluster, field)
            if before != after:
                message = (
                    f"OIDC is set on cluster {cluster.label}, but its {field} changed from "
                    f"{before!r} to {after!r} meanwhile, which this program never asks for; find "
                    "out who changed it before you go on"
                )
                raise WaitError(message, cluster_id=cluster.id, last_status=cluster.status)
        return cluster


def _way_out(status: str) -> str:
    if status in ("DELETING", "DELETED"):
        return "somebody deletes it: take it out of the stack file"
    return "look at it in the console and ask CoreWeave's support, then run the command again"
