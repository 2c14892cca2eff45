"""Follows clusters that somebody else may be changing, until each has settled; changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cks_components.api.client import Client
from cks_components.api.models import Cluster
from cks_components.lifecycle.missing_cluster import (
    DELETED,
    LastKnownCluster,
    read_existing_cluster,
)
from cks_components.lifecycle.waiting import FAILED, RUNNING, interval_seconds

_SHORTEST_INTERVAL = 1.0
_SHORTEST_TRY = 1.0

Seen = Callable[[Sequence[Cluster], float], None]
"""Is given the clusters as they were just read, and the seconds since the first read."""


def settled_clusters(
    client: Client, clusters: Sequence[Cluster], *, timeout_seconds: float, seen: Seen
) -> Sequence[Cluster]:
    """Read the clusters again and again until each is RUNNING or has failed, or the time is up.

    A request ends with the time, or a second after it began if that is later.

    The first read after a change may still show the state before it (cks-api section 5), so a
    cluster that is RUNNING at once is read again. One list request serves several clusters.

    Args:
        client: of the API; its clock is used.
        clusters: as they were just read.
        timeout_seconds: from now on; 0 reads nothing more.
        seen: is called for each read, the given one included.

    Returns:
        The clusters as they were read last, in their order.

    Raises:
        CksError: a cluster is gone, or the API refused or did not answer for the rest of the time.
    """
    clock = client.clock
    began = clock.now()
    seen(clusters, 0.0)
    may_be_stale = not all(map(has_failed, clusters))
    while may_be_stale or any(map(_is_changing, clusters)):
        waited = clock.now() - began
        if waited >= timeout_seconds:
            break
        pause = max(_SHORTEST_INTERVAL, interval_seconds(waited))
        clock.wait(min(pause, timeout_seconds - waited))
        clusters = _read(client, clusters, began + timeout_seconds)
        may_be_stale = False
        seen(clusters, clock.now() - began)
    return clusters


def has_failed(cluster: Cluster) -> bool:
    """Whether waiting does not change the cluster's state."""
    return cluster.status in (*FAILED, DELETED)


def _is_changing(cluster: Cluster) -> bool:
    return cluster.status != RUNNING and not has_failed(cluster)


def _read(client: Client, clusters: Sequence[Cluster], end: float) -> list[Cluster]:
    def left() -> float:
        return max(_SHORTEST_TRY, end - client.clock.now())

    listed = client.list_clusters(deadline_seconds=left()) if len(clusters) > 1 else []
    found = {cluster.id: cluster for cluster in listed}
    return [
        found.get(cluster.id)
        or read_existing_cluster(
            client, cluster.id, LastKnownCluster.of(cluster), deadline_seconds=left()
        )
        for cluster in clusters
    ]
