"""A cluster as it is now: its block, and what it says itself of a token."""

from __future__ import annotations

from dataclasses import dataclass

from cks_components.api.cluster_lookup import Selector, find_clusters
from cks_components.api.errors import SettingsError
from cks_components.api.models import Cluster
from cks_components.api.retry import PREVIEW_DEADLINE_SECONDS
from cks_components.engine.provider_call import connected, connected_to
from cks_components.kubernetes.address import Address
from cks_components.kubernetes.answers import Review
from cks_components.kubernetes.kubeconfig import Addresses
from cks_components.stack_file.settings import ClusterSettings

_SECONDS = 8.0


@dataclass(frozen=True)
class LiveCluster:
    """A cluster that was read over the CKS API, and the address of its managed server."""

    cluster: Cluster
    managed: Address

    @property
    def has_webhook(self) -> bool:
        """Whether an authentication webhook is asked about tokens as well."""
        return self.cluster.authn_webhook.server is not None

    def review(self, token: str) -> Review:
        """Ask the cluster whether it accepts a token, and as whom.

        Raises:
            CksError: it does not answer within seconds, or not to the owner of the token in the
                environment.
        """
        with connected_to(self.managed) as client:
            return client.review(token, deadline_seconds=_SECONDS)


def read(name: str, entry: ClusterSettings | None) -> LiveCluster:
    """Read a cluster.

    Args:
        name: its name or id at CoreWeave; without meaning where there is an entry.
        entry: that of the stack file, which may have addresses of its own.

    Raises:
        CksError: it is not found or has no endpoint yet, or the API does not answer.
    """
    selector = Selector(name=entry.name, id=entry.id) if entry else Selector.of(name)
    with connected() as client:
        (cluster,) = find_clusters(client, [selector], deadline_seconds=PREVIEW_DEADLINE_SECONDS)
    endpoint = cluster.api_server_endpoint
    if not endpoint:
        message = (
            f"cannot explain a token: cluster {cluster.label} has no apiServerEndpoint yet "
            f"({cluster.status}); wait until it is RUNNING"
        )
        raise SettingsError([message])
    addresses = entry.addresses(endpoint) if entry else Addresses.of(endpoint)
    return LiveCluster(cluster, addresses.managed)
