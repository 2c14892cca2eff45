"""NamespaceGuard: keeps a namespace that a stack created, or deletes it only if it is empty.

It is removed after everything that the stack put into the namespace, and deletes the namespace
itself, so that nothing happens between its check and the delete. The namespace's own resource has
`retain_on_delete`. The state of every stack holds the module path, the class names, the type token
and the property names, so they never change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import pulumi
from pulumi import dynamic
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cks_components.api.errors import RefusedError
from cks_components.api.models import label
from cks_components.engine import block_ownership, properties
from cks_components.engine.dynamic_provider import Provider, malformed
from cks_components.engine.progress import ResourceLog
from cks_components.engine.provider_call import connected_to
from cks_components.engine.resource_names import urn_of
from cks_components.kubernetes.address import Address

TYPE_TOKEN = "pulumi-python:dynamic/cks:NamespaceGuard"  # noqa: S105 - a type, not a secret
_SHOWN = 10
"""The number of names that a message lists."""


class GuardProperties(BaseModel):
    """The inputs; the state of every stack holds the names, so they never change."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True
    )

    server: str = Field(min_length=1)
    cluster_id: str = Field(min_length=1)
    namespace: str = Field(min_length=1)
    deletes: bool
    proxy_url: str = ""
    tls_server_name: str = ""
    certificate_authority: str = Field(default="", repr=False)

    @property
    def address(self) -> Address:
        """The address of the managed server."""
        return Address(**{f.name: getattr(self, f.name) for f in fields(Address)})


@dataclass(frozen=True, kw_only=True)
class NamespaceGuardArgs:
    """The namespace, and whether it may be deleted.

    Attributes:
        server: the cluster's managed server, an https URL.
        cluster_id: the cluster's UUID; another cluster or namespace replaces the resource.
        namespace: its name.
        deletes: whether to delete it when it is no longer declared; False keeps it.
        proxy_url: this and the next two say how to reach the server, as in `Address`.
        label: the cluster's name in messages.
    """

    server: pulumi.Input[str]
    cluster_id: pulumi.Input[str]
    namespace: pulumi.Input[str]
    deletes: pulumi.Input[bool]
    proxy_url: pulumi.Input[str] = ""
    tls_server_name: pulumi.Input[str] = ""
    certificate_authority: pulumi.Input[str] = ""
    label: str = ""


class NamespaceGuardProvider(Provider):
    """Connects to the cluster in its delete only, which may delete the namespace."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Normalise the inputs once they are known."""
        if properties.is_unknown(news):
            return dynamic.CheckResult(dict(news), [])
        try:
            checked = _normal(news)
        except ValidationError as error:
            wrong = [dynamic.CheckFailure("", text) for text in malformed(error)]
            return dynamic.CheckResult(dict(news), wrong)
        block_ownership.want(_key(checked), str(checked.get(properties.URN)))
        return dynamic.CheckResult(checked, [])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Compare the inputs; another cluster or namespace replaces the resource."""
        replaces = [
            key for key in ("cluster_id", "namespace") if properties.differs(_olds[key], _news[key])
        ]
        changes = properties.is_unknown(_news) or properties.visible(_olds) != properties.visible(
            _news
        )
        return dynamic.DiffResult(changes=changes, replaces=replaces, delete_before_replace=False)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Record the inputs."""
        return dynamic.CreateResult(f"{props['cluster_id']}/{props['namespace']}", _normal(props))

    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> dynamic.UpdateResult:
        """Record the new inputs."""
        return dynamic.UpdateResult(_normal(_news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Report that the namespace is kept, or delete it if it is empty.

        A guard that was replaced does nothing: its successor guards the namespace.

        Raises:
            RefusedError: the namespace should be deleted but is not empty.
        """
        if block_ownership.is_wanted(_key(_props)):
            return
        wanted, row = (
            GuardProperties.model_validate(_props),
            ResourceLog(_props.get(properties.URN)),
        )
        if not wanted.deletes:
            row.note(f"cluster {_cluster(_props)}: {stays(wanted.namespace)}")
            return
        with connected_to(wanted.address) as client:
            found = client.contents(wanted.namespace)
            if found:
                raise RefusedError(_refusal(wanted, _cluster(_props), found), differences=found)
            client.delete_namespace(wanted.namespace)
        row.note(f'namespace "{wanted.namespace}" was empty and was deleted')

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Return the inputs: the namespace itself is read by its own resource."""
        return dynamic.ReadResult(id_, _normal(props), _normal(props))


class NamespaceGuard(dynamic.Resource, module="cks", name="NamespaceGuard"):
    """Guards one namespace; declare it after the namespace and before everything in it."""

    def __init__(
        self, name: str, args: NamespaceGuardArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        given = {k: v for k, v in asdict(args).items() if v != ""}
        given[properties.LABEL] = given.pop("label", "")
        given[properties.URN] = urn_of(TYPE_TOKEN, name, opts)
        super().__init__(
            NamespaceGuardProvider(),
            name,
            given,
            opts,
        )


def stays(namespace: str) -> str:
    """The message about a namespace that is no longer declared and is kept on the cluster."""
    return (
        f'namespace "{namespace}" and everything in it is kept on the cluster; to delete it, '
        'restore its pipeline with "deleteNamespace: true", run "pulumi up", empty the namespace, '
        "and remove the pipeline again"
    )


def _cluster(props: Mapping[str, Any]) -> str:
    return label(str(props["cluster_id"]), str(props.get(properties.LABEL) or ""))


def _refusal(wanted: GuardProperties, cluster: str, found: Sequence[str]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return (
        f'cannot delete namespace "{wanted.namespace}" on cluster {cluster}, because it '
        f"still contains {', '.join(found[:_SHOWN])}{more}; move or delete them and run the same "
        "command again, or, to keep the namespace, restore its pipeline without deleteNamespace, "
        'run "pulumi up", and then remove the pipeline'
    )


def _key(props: Mapping[str, Any]) -> block_ownership.Key:
    return str(props["cluster_id"]).lower(), f"namespace {props['namespace']}"


def _normal(props: Mapping[str, Any]) -> dict[str, Any]:
    hidden = {k: v for k, v in props.items() if k.startswith(properties.HIDDEN)}
    return (
        GuardProperties.model_validate(props).model_dump(mode="json", exclude_defaults=True)
        | hidden
    )
