"""ClusterOidc: which identity provider an existing CKS cluster trusts, as a Pulumi resource.

It owns the cluster's `oidc` block and nothing else: it never creates, replaces or deletes a
cluster. Module path, class names, type token and property names lie in the state of every stack
and never change.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from typing import Any, cast

import pulumi
from pulumi import dynamic

from cks_components.api.models import Cluster, OidcConfig
from cks_components.api.waiting import DEFAULT_TIMEOUT_SECONDS
from cks_components.engine import bag
from cks_components.engine.operation import operation
from cks_components.identity import rules
from cks_components.lifecycle import OnDelete, OnDrift, Owner

TYPE_TOKEN = "pulumi-python:dynamic/cks:ClusterOidc"  # noqa: S105 - a type, not a secret
_LEAVES = tuple(OidcConfig.model_fields)
_POLICY: dict[str, Any] = {
    "adopt": False,
    "on_drift": "refuse",
    "on_delete": "restore",
    "update_timeout_seconds": DEFAULT_TIMEOUT_SECONDS,
}
_PREVIOUS = "previous"
_EMPTY = "issuerUrl: is missing; write the issuer and the client id of your identity provider"


@dataclass(frozen=True, kw_only=True)
class ClusterOidcArgs:
    """What a cluster shall trust. The ten leaves are described in `api.models.OidcConfig`.

    Attributes:
        cluster_id: the cluster's UUID; another one is another resource.
        ca: PEM text, or base64 of it.
        adopt: take over a block that somebody else made; False refuses and shows it.
        on_drift: "refuse" or "overwrite" a block that changed outside since the last refresh.
        on_delete: "restore" what was there before, "clear" the block, or "retain" it.
        update_timeout_seconds: limit for one operation; default 20 minutes.
    """

    cluster_id: pulumi.Input[str]
    issuer_url: pulumi.Input[str]
    client_id: pulumi.Input[str]
    username_claim: pulumi.Input[str] | None = None
    username_prefix: pulumi.Input[str] | None = None
    groups_claim: pulumi.Input[str] | None = None
    groups_prefix: pulumi.Input[str] | None = None
    ca: pulumi.Input[str] | None = None
    required_claim: pulumi.Input[str] | None = None
    signing_algorithms: pulumi.Input[list[str]] | None = None
    admin_group_binding: pulumi.Input[str] | None = None
    adopt: bool = False
    on_drift: OnDrift = "refuse"
    on_delete: OnDelete = "restore"
    update_timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS


class ClusterOidcProvider(dynamic.ResourceProvider):
    """Turns the engine's calls into the lifecycle's; holds nothing, so its pickle is a reference."""

    serialize_as_secret_always = False

    def configure(self, _req: dynamic.ConfigureRequest) -> None:
        """Make an error one line in the engine's output."""
        sys.tracebacklimit = 0

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Normalise what is known and report every broken rule at once."""
        desired = _block(bag.known(news))
        failures = []
        if not any(bag.is_unknown(news.get(leaf)) for leaf in _LEAVES):
            found = [str(finding) for finding in rules.findings(desired) if finding.refuses]
            found = found or ([] if not desired.is_unset else [_EMPTY])
            failures = [dynamic.CheckFailure("", finding) for finding in found]
        return dynamic.CheckResult(_normal(news), failures)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Compare what is stored with what is wanted; only another cluster is a replacement."""
        news = bag.visible(_news)
        olds = {k: v for k, v in bag.visible(_olds).items() if k != _PREVIOUS}
        news.pop(_PREVIOUS, None)
        other = olds.get("cluster_id") != news.get("cluster_id")
        return dynamic.DiffResult(
            changes=bag.is_unknown(news) or _comparable(olds) != _comparable(news),
            replaces=["cluster_id"] if other else [],
            delete_before_replace=False,
        )

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Adopt: the block exists as soon as the cluster does."""
        with _operation(props) as owner:
            previous = owner.create(_block(props), adopt=bool(props.get("adopt")))
        outs = _normal(props) | {_PREVIOUS: _stored(previous)}
        return dynamic.CreateResult(str(props["cluster_id"]), outs)

    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> dynamic.UpdateResult:
        """Read, compare, write only the leaves that differ, verify."""
        on_drift: OnDrift = _news.get("on_drift") or _POLICY["on_drift"]
        with _operation(_news) as owner:
            owner.update(_block(_olds), _block(_news), on_drift=on_drift)
        return dynamic.UpdateResult(_normal(_news) | {_PREVIOUS: _olds.get(_PREVIOUS) or {}})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Leave the cluster as `on_delete` says; a cluster that is gone is a success."""
        previous = OidcConfig.model_validate(_props.get(_PREVIOUS) or {})
        on_delete: OnDelete = _props.get("on_delete") or _POLICY["on_delete"]
        with _operation(_props | {"cluster_id": _id}) as owner:
            owner.delete(_block(_props), previous, on_delete=on_delete)

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Show the live block, as inputs and outputs, so that drift has a name."""
        with _operation(props | {"cluster_id": id_}) as owner:
            cluster = owner.read()
        if cluster is None:
            return dynamic.ReadResult(id_="", outs={})
        inputs = _live(id_, cluster, props)
        outs = inputs | {_PREVIOUS: props.get(_PREVIOUS) or {}}
        return dynamic.ReadResult(id_, outs, inputs)


class ClusterOidc(dynamic.Resource, module="cks", name="ClusterOidc"):
    """The `oidc` block of one existing cluster."""

    cluster_id: pulumi.Output[str]
    """The cluster's UUID."""
    issuer_url: pulumi.Output[str]
    """The issuer that the cluster trusts."""
    client_id: pulumi.Output[str]
    """The audience that a token must have."""
    previous: pulumi.Output[dict[str, Any]]
    """The block that was there before, which `on_delete: restore` brings back."""

    def __init__(
        self, name: str, args: ClusterOidcArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        given = {
            f.name: value for f in fields(args) if (value := getattr(args, f.name)) is not None
        }
        parent = opts.parent.urn.future() if opts and opts.parent else None
        # future(): no dependency is recorded, and a component as parent is not waited for.
        given[bag.URN] = pulumi.create_urn(name, TYPE_TOKEN, cast("Awaitable[str] | None", parent))
        super().__init__(ClusterOidcProvider(), name, given | {_PREVIOUS: None}, opts)


def _block(props: Mapping[str, Any]) -> OidcConfig:
    return OidcConfig.model_validate({leaf: props.get(leaf) for leaf in _LEAVES})


def _stored(oidc: OidcConfig) -> dict[str, Any]:
    return oidc.model_dump(mode="json", exclude_none=True)


def _normal(props: Mapping[str, Any]) -> dict[str, Any]:
    """The bag as check leaves it: policies filled in, leaves normalised, unknown values kept."""
    known = bag.known(props)
    unknown = {k: v for k, v in props.items() if k not in known}
    own = {k: v for k, v in known.items() if k not in _LEAVES and k != bag.PROVIDER}
    provider = {bag.PROVIDER: props[bag.PROVIDER]} if bag.PROVIDER in props else {}
    settled = {k: v for k, v in own.items() if v is not None and k != _PREVIOUS}
    return _POLICY | settled | _stored(_block(known)) | unknown | provider


def _live(cluster_id: str, cluster: Cluster, props: Mapping[str, Any]) -> dict[str, Any]:
    own = {k: v for k, v in props.items() if k not in _LEAVES}
    return _normal(own | _stored(cluster.oidc) | {"cluster_id": cluster_id})


def _comparable(props: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in _normal(props).items() if not k.startswith(bag.HIDDEN)}


def _operation(props: Mapping[str, Any]) -> AbstractContextManager[Owner]:
    timeout = float(props.get("update_timeout_seconds") or DEFAULT_TIMEOUT_SECONDS)
    return operation(str(props["cluster_id"]), props.get(bag.URN), timeout)
