"""ClusterConnection: checks the connection to a cluster before anything there is removed.

It depends on everything that is written to one cluster, so a destroy begins with it. If the cluster
refuses the token or cannot be reached, the deletes after it are not tried, and users see this
message instead of the Kubernetes plugin's advice to drop unreachable resources from the state. It
owns nothing. The state of every stack holds the module path, the class names, the type token and
the property names, so they never change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import pulumi
from pulumi import dynamic

from cks_components.api.environment import DELETE_UNREACHABLE, forgets_unreachable
from cks_components.api.errors import CksError, GoneError, RefusedError
from cks_components.engine import properties
from cks_components.engine.dynamic_provider import Provider
from cks_components.engine.progress import ResourceLog
from cks_components.engine.provider_call import connected, connected_to
from cks_components.engine.resource_names import urn_of
from cks_components.kubernetes.address import Address
from cks_components.lifecycle.missing_cluster import LastKnownCluster, read_existing_cluster

TYPE_TOKEN = "pulumi-python:dynamic/cks:ClusterConnection"  # noqa: S105 - a type, not a secret
_PATIENCE_SECONDS = 30.0
"""The limit for each of the two servers, retries included."""
_STAYS = (
    f"do not set {DELETE_UNREACHABLE}, even if the Kubernetes plugin advises it: Pulumi would "
    "remove the bindings from the state, but they would stay on the cluster"
)


@dataclass(frozen=True, kw_only=True)
class ClusterConnectionArgs:
    """The cluster, and its address.

    Attributes:
        cluster_id: the cluster's UUID.
        endpoint: its `apiServerEndpoint`, which recognises a cluster of another organisation.
        server: its managed server, an https URL.
        proxy_url: this and the next two say how to reach the server, as in `Address`.
        label: the cluster's name in messages.
    """

    cluster_id: pulumi.Input[str]
    endpoint: pulumi.Input[str]
    server: pulumi.Input[str]
    proxy_url: pulumi.Input[str] | None = None
    tls_server_name: pulumi.Input[str] | None = None
    certificate_authority: pulumi.Input[str] | None = None
    label: str = ""


class ClusterConnectionProvider(Provider):
    """Connects in a refresh and in a delete; before an update, the program has checked already."""

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Compare the inputs; another cluster is no replacement, because nothing is owned."""
        changes = properties.is_unknown(_news) or properties.visible(_olds) != properties.visible(
            _news
        )
        return dynamic.DiffResult(changes=changes)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Record the address."""
        return dynamic.CreateResult(str(props["cluster_id"]), dict(props))

    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> dynamic.UpdateResult:
        """Record the new address."""
        return dynamic.UpdateResult(dict(_news))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Check that the cluster accepts the token; if the cluster is gone, so is this resource."""
        try:
            exists = _accepts_token(props)
        except RefusedError:
            raise
        except CksError as error:
            message = f"{error}; {_STAYS}"
            raise RefusedError(message) from None
        if exists:
            return dynamic.ReadResult(id_, dict(props), dict(props))
        return dynamic.ReadResult(id_="", outs={})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Succeed only if the deletes that follow can succeed."""
        _accepts_token(_props)


class ClusterConnection(dynamic.Resource, module="cks", name="ClusterConnection"):
    """The connection to one cluster; `depends_on` in its options names what is removed after it."""

    cluster_id: pulumi.Output[str]
    """The cluster's UUID."""
    server: pulumi.Output[str]
    """Its managed server."""

    def __init__(
        self, name: str, args: ClusterConnectionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        props = {f.name: value for f in fields(args) if (value := getattr(args, f.name))}
        props[properties.LABEL] = props.pop("label", "")
        props[properties.URN] = urn_of(TYPE_TOKEN, name, opts)
        super().__init__(ClusterConnectionProvider(), name, props, opts)


def _accepts_token(props: Mapping[str, Any]) -> bool:
    """Whether the cluster accepts the token; False if it is gone and the user lets it be dropped.

    Raises:
        CksError: in every other case; the message says what to do.
    """
    report = ResourceLog(props.get(properties.URN)).progress
    try:
        address = Address(**{f.name: str(props.get(f.name) or "") for f in fields(Address)})
        with connected_to(address, report) as cluster:
            cluster.knows_the_token(deadline_seconds=_PATIENCE_SECONDS)
    except CksError as error:
        failure = error
    else:
        return True
    cluster_id = str(props["cluster_id"])
    seen = LastKnownCluster(
        endpoint=str(props["endpoint"]), alias=str(props.get(properties.LABEL) or "")
    )
    with connected(report) as api:  # its error about the token or the cluster is more precise
        try:
            read_existing_cluster(api, cluster_id, seen, deadline_seconds=_PATIENCE_SECONDS)
        except GoneError as error:
            return _drop_or_refuse(error)
    raise failure


def _drop_or_refuse(gone: GoneError) -> bool:
    if forgets_unreachable():
        return False
    message = (
        f"{gone}; its bindings are gone with it: run the command again with "
        f"{DELETE_UNREACHABLE}=true, which removes them from the state"
    )
    raise RefusedError(message)
