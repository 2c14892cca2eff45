"""ClusterConnection: the way to a cluster's managed server, tried before anything there is removed.

It depends on everything that is written to one cluster, so that a destroy begins with it: where
the cluster refuses the token, or cannot be reached, the deletes behind it are never tried, and what
is said is not the Kubernetes plugin's advice to forget what it cannot reach. It owns nothing.
Module path, class names, type token and property names lie in the state of every stack and never
change.
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
from cks_components.engine.operation import connected, connected_to
from cks_components.engine.progress import ResourceLog
from cks_components.engine.resource_names import urn_of
from cks_components.kubernetes.address import Address
from cks_components.lifecycle.missing_cluster import LastKnownCluster, read_existing_cluster

TYPE_TOKEN = "pulumi-python:dynamic/cks:ClusterConnection"  # noqa: S105 - a type, not a secret
_PATIENCE_SECONDS = 30.0
"""For each of the two servers that are asked, with repetitions."""
_STAYS = (
    f"do not set {DELETE_UNREACHABLE}, even if the Kubernetes plugin advises it: Pulumi would "
    "remove the bindings from the state, but they would stay on the cluster"
)


@dataclass(frozen=True, kw_only=True)
class ClusterConnectionArgs:
    """Which cluster, and where.

    Attributes:
        cluster_id: the cluster's UUID.
        endpoint: its `apiServerEndpoint`, by which a cluster of another organisation is known.
        server: its managed server, an https URL.
        proxy_url: and the next two, how the server is reached; as `Address` has them.
    """

    cluster_id: pulumi.Input[str]
    endpoint: pulumi.Input[str]
    server: pulumi.Input[str]
    proxy_url: pulumi.Input[str] | None = None
    tls_server_name: pulumi.Input[str] | None = None
    certificate_authority: pulumi.Input[str] | None = None


class ClusterConnectionProvider(Provider):
    """Asks the cluster in a refresh and in a delete; an update has been checked by the program."""

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Compare what is written; another cluster is no other resource, since nothing is owned."""
        changes = properties.is_unknown(_news) or properties.visible(_olds) != properties.visible(
            _news
        )
        return dynamic.DiffResult(changes=changes)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Note the way."""
        return dynamic.CreateResult(str(props["cluster_id"]), dict(props))

    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> dynamic.UpdateResult:
        """Note the way anew."""
        return dynamic.UpdateResult(dict(_news))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Say of a cluster that it takes the token; one that is gone takes its connection along."""
        try:
            is_there = _answers(props)
        except RefusedError:
            raise
        except CksError as error:
            message = f"{error}; {_STAYS}"
            raise RefusedError(message) from None
        if is_there:
            return dynamic.ReadResult(id_, dict(props), dict(props))
        return dynamic.ReadResult(id_="", outs={})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Succeed only where the deletes that come next can."""
        _answers(_props)


class ClusterConnection(dynamic.Resource, module="cks", name="ClusterConnection"):
    """The way to one cluster; its options' `depends_on` names what shall be removed after it."""

    cluster_id: pulumi.Output[str]
    """The cluster's UUID."""
    server: pulumi.Output[str]
    """Its managed server."""

    def __init__(
        self, name: str, args: ClusterConnectionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        props = {f.name: value for f in fields(args) if (value := getattr(args, f.name))}
        props[properties.URN] = urn_of(TYPE_TOKEN, name, opts)
        super().__init__(ClusterConnectionProvider(), name, props, opts)


def _answers(props: Mapping[str, Any]) -> bool:
    """Whether the cluster is there and takes the token; False where it is gone and may be forgotten.

    Raises:
        CksError: neither; the message says what to do.
    """
    tell = ResourceLog(props.get(properties.URN)).progress
    try:
        address = Address(**{f.name: str(props.get(f.name) or "") for f in fields(Address)})
        with connected_to(address, tell) as cluster:
            cluster.knows_the_token(deadline_seconds=_PATIENCE_SECONDS)
    except CksError as error:
        failure = error
    else:
        return True
    cluster_id, endpoint = str(props["cluster_id"]), str(props["endpoint"])
    with connected(tell) as api:  # what is wrong with the token, or with the cluster, says more
        try:
            read_existing_cluster(
                api, cluster_id, LastKnownCluster("", endpoint), deadline_seconds=_PATIENCE_SECONDS
            )
        except GoneError as error:
            return _forgotten(error)
    raise failure


def _forgotten(gone: GoneError) -> bool:
    if forgets_unreachable():
        return False
    message = (
        f"{gone}; its bindings are gone with it: run the command again with "
        f"{DELETE_UNREACHABLE}=true, which removes them from the state"
    )
    raise RefusedError(message)
