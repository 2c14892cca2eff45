"""A cluster of a stack file, as far as it could be read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cks_components.api.cluster_lookup import look_up
from cks_components.api.environment import ApiAccess, token_origin
from cks_components.api.errors import CksError
from cks_components.api.models import Cluster, OidcConfig, Webhook
from cks_components.api.retry import PREVIEW_DEADLINE_SECONDS, Tell
from cks_components.diagnosis import cluster as cluster_checks
from cks_components.diagnosis.result import Result, wrong
from cks_components.engine.provider_call import connected
from cks_components.kubernetes.kubeconfig import Addresses
from cks_components.stack_file.selectors import selectors
from cks_components.stack_file.settings import ClusterSettings, StackSettings


@dataclass(frozen=True)
class CheckedCluster:
    """A cluster of a stack file.

    Attributes:
        settings: of the stack.
        index: of the cluster in the stack file.
        cluster: as the CKS API has it; None if it could not be read.
    """

    settings: StackSettings
    index: int
    cluster: Cluster | None

    @property
    def entry(self) -> ClusterSettings:
        """What the stack file says of it."""
        return self.settings.clusters[self.index]

    @property
    def key(self) -> str:
        """Its name in the stack's outputs and in messages."""
        return self.entry.key

    @property
    def webhooks(self) -> list[Webhook]:
        """The webhooks that the stack file gives it."""
        return [
            kind(server=given.server, ca=given.ca)
            for kind, (_, given) in self.settings.webhooks_on(self.index).items()
        ]

    @property
    def addresses(self) -> Addresses | None:
        """Where it is reached; None if its endpoint is not known."""
        read = self.cluster.api_server_endpoint if self.cluster else ""
        endpoint = self.entry.endpoint or read
        return self.entry.addresses(endpoint) if endpoint else None

    @property
    def block(self) -> OidcConfig:
        """The block that logins meet: the live one, or else that of the stack file."""
        live = self.cluster.oidc if self.cluster else OidcConfig()
        return self.settings.oidc if live.is_unset else live

    def unmanaged_access(self, token: str = "") -> ApiAccess | None:
        """The way to its unmanaged server; None if its endpoint is not known.

        Args:
            token: what is sent there; by default none is.
        """
        if self.addresses is None:
            return None
        address = self.addresses.unmanaged
        return ApiAccess(
            endpoint=address.server,
            token=token,
            origin="the cluster's unmanaged server",
            proxy_url=address.proxy_url,
            tls_server_name=address.tls_server_name,
            certificate_authority=address.certificate_authority,
        )


def find(settings: StackSettings, tell: Tell) -> tuple[list[Result], list[CheckedCluster]]:
    """Whose token it is, and the clusters, as far as they can be read."""
    unread = [CheckedCluster(settings, index, None) for index in range(len(settings.clusters))]
    try:
        with connected(tell) as client:
            looked_up = look_up(
                client, selectors(settings), deadline_seconds=PREVIEW_DEADLINE_SECONDS
            )
            read = [c for c in looked_up if isinstance(c, Cluster)]
            found = [cluster_checks.token(client.whoami(), read, token_origin())]
    except CksError as error:
        return [wrong("CKS API", str(error))], unread
    problems = zip(unread, looked_up, strict=True)
    found += [
        wrong(f"cluster {place.key}", text) for place, text in problems if isinstance(text, str)
    ]
    places = [
        replace(place, cluster=cluster if isinstance(cluster, Cluster) else None)
        for place, cluster in zip(unread, looked_up, strict=True)
    ]
    return found, places
