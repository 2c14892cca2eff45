"""What a 404 means: a cluster that is gone, was recreated, or is not visible to this token.

State is removed only if the answer is certain: the API shows the cluster as deleted; or two reads
and the list agree, and the list is that of the cluster's own organisation (cks-api U21, U22, U24).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from cks_components.api.client import Client
from cks_components.api.environment import token_origin
from cks_components.api.errors import GoneError, NotFoundError, RefusedError
from cks_components.api.models import Cluster, Principal, label
from cks_components.api.retry import READ_DEADLINE_SECONDS

DELETED = "DELETED"
_MOMENT_SECONDS = 1.0
_WAY_OUT = 'remove it from the stack file, or run "pulumi refresh" to remove it from the state'


@dataclass(frozen=True)
class LastKnownCluster:
    """A cluster as it was seen last; empty texts if it never was, or if an older release saw it.

    Attributes:
        alias: what the stack calls it, for messages; it may be the name of another cluster.
    """

    name: str = ""
    endpoint: str = ""
    alias: str = ""

    @classmethod
    def of(cls, cluster: Cluster) -> Self:
        """What to remember of a cluster that was just read."""
        return cls(cluster.name, cluster.api_server_endpoint)

    def label(self, cluster_id: str) -> str:
        """The cluster as messages name it."""
        return label(cluster_id, self.name or self.alias)


def read_existing_cluster(
    client: Client,
    cluster_id: str,
    seen: LastKnownCluster,
    *,
    deadline_seconds: float = READ_DEADLINE_SECONDS,
) -> Cluster:
    """Read a cluster; a 404 is believed only when a second read and the list agree.

    Raises:
        GoneError: the cluster is gone; the message says if one of its name has taken its place.
        NotFoundError: the list still shows the cluster.
        RefusedError: the token belongs to another organisation, so the cluster may still exist.
        CksError: the request to the API failed.
    """

    def read() -> Cluster:
        found = client.get_cluster(
            cluster_id, name=seen.name or seen.alias, deadline_seconds=deadline_seconds
        )
        return _existing(found)

    try:
        return read()
    except NotFoundError:
        client.clock.wait(_MOMENT_SECONDS)
    try:
        return read()
    except NotFoundError:
        listed = client.list_clusters(deadline_seconds=deadline_seconds)
        if any(cluster.id == cluster_id for cluster in listed):
            raise
    mine = organisation(seen.endpoint)
    who = None if listed else client.whoami()
    if not listed and who is None:
        message = (
            f"cannot tell whether cluster {seen.label(cluster_id)} is gone: it is not found, but "
            "the list of clusters is empty and the API does not say whose token this is; use a "
            "token that sees the organisation's clusters, or, if you know that the cluster is "
            'gone, remove it from the state with "pulumi state delete"'
        )
        raise RefusedError(message)
    theirs = _organisations(listed, who)
    if mine and theirs and mine not in theirs:
        message = (
            f"cannot tell whether cluster {seen.label(cluster_id)} is gone: it belongs to "
            f"organisation {mine}, but {token_origin()} belongs to "
            f"{', '.join(theirs)}; use a token of the cluster's organisation"
        )
        raise RefusedError(message)
    raise GoneError(_explanation(cluster_id, seen, listed, theirs))


def organisation(endpoint: str) -> str:
    """The organisation in a cluster's host, `<orgId>-<hash>.k8s.…`; empty where there is none."""
    return endpoint.partition(".")[0].rpartition("-")[0].lower()


def _existing(cluster: Cluster) -> Cluster:
    if cluster.status == DELETED:
        message = f"cluster {cluster.label} is gone: the API shows it as DELETED; {_WAY_OUT}"
        raise GoneError(message)
    return cluster


def _organisations(listed: Sequence[Cluster], who: Principal | None) -> list[str]:
    """The organisations that the token is known to belong to, sorted."""
    if who is not None and who.org_uid:
        return [who.org_uid.lower()]
    return sorted({organisation(c.api_server_endpoint) for c in listed} - {""})


def _explanation(
    cluster_id: str, seen: LastKnownCluster, listed: Sequence[Cluster], organisations: Sequence[str]
) -> str:
    if not seen.name:
        known = f" ({', '.join(organisations)})" if organisations else ""
        return (
            f"cluster {seen.label(cluster_id)} does not exist, or this token cannot see it: two reads "
            f"returned 404 and the list of clusters does not show it; check its id and the token's organisation{known}"
        )
    gone = (
        f"cluster {seen.label(cluster_id)} is gone: two reads returned 404 and the list of "
        "clusters does not show it"
    )
    heir = next((c for c in listed if c.name == seen.name), None)
    if heir is None:
        return f"{gone}; {_WAY_OUT}"
    return (
        f"{gone}; a cluster of that name exists under another id, {heir.id}. The cluster was recreated: it "
        "has no OIDC block, no RBAC and another service-account issuer. To give people access to "
        f"it, write id {heir.id} in the stack file (a cluster that is written by name needs no "
        "change)"
    )
