"""What a stack's resources are on clusters: the real providers, and a stand-in for Kubernetes'."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pulumi.dynamic import ResourceProvider

from cks_components import cluster_connection, namespace_guard, service_account_token
from tests.kubernetes_api import FakeKubernetes
from tests.mocks.engine_model import Resource
from tests.unit.lifecycle.engine_model import travelled
from tests.unit.lifecycle.schedule import Killed

TOKEN = service_account_token.TYPE_TOKEN
GUARD = namespace_guard.TYPE_TOKEN
NAMESPACE = "kubernetes:core/v1:Namespace"
ACCOUNT = "kubernetes:core/v1:ServiceAccount"
BINDINGS = (
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
)
BLOCKS = "pulumi-python:dynamic/cks:ClusterOidc"
_T = TypeVar("_T")
_PROVIDERS: dict[str, ResourceProvider] = {
    TOKEN: service_account_token.ServiceAccountTokenProvider(),
    GUARD: namespace_guard.NamespaceGuardProvider(),
    cluster_connection.TYPE_TOKEN: cluster_connection.ClusterConnectionProvider(),
}


class AlreadyThereError(Exception):
    """The Kubernetes plugin makes nothing that is there.

    Attributes:
        thing: what was to be made.
    """

    def __init__(self, new: Resource) -> None:
        super().__init__(new.urn)
        self.thing = thing_of(new)


@dataclass(frozen=True)
class Deed:
    """What was done to something on a cluster.

    Attributes:
        thing: what people would call the same, whatever its resource is called.
    """

    verb: str
    thing: tuple[str, ...]


@dataclass
class Clusters:
    """The outside of an engine; a `ResourceOperations`.

    Attributes:
        kubernetes: by the cluster's id.
        deeds: what was done and recorded, since somebody cleared it.
        kill: how many deeds are done before the process is ended, and whether the last one is done.
    """

    kubernetes: Mapping[str, FakeKubernetes]
    deeds: list[Deed] = field(default_factory=list)
    kill: tuple[int, bool] | None = None
    _count: int = 0

    def create(self, new: Resource) -> Resource:
        return self._done("create", new, lambda: self._create(new))

    def update(self, old: Resource, new: Resource) -> Resource:
        return self._done("update", new, lambda: self._update(old, new))

    def delete(self, old: Resource) -> None:
        self._done("delete", old, lambda: self._delete(old))

    def read(self, old: Resource) -> Resource | None:
        if provider := _PROVIDERS.get(old.type):
            found = provider.read(old.id, dict(old.outputs))
            inputs, outputs = travelled(found.inputs), travelled(found.outs)
            return replace(old, inputs=inputs, outputs=outputs) if found.id else None
        kind = self._kind(old)
        return old if kind is None or _key(old) in kind else None

    def differs(self, old: Resource, new: Resource) -> tuple[bool, bool]:
        if provider := _PROVIDERS.get(new.type):
            found = provider.diff(old.id, dict(old.outputs), self._checked(new, old.inputs))
            return bool(found.changes), bool(found.replaces)
        takes_another = self._kind(new) is not None and (
            old.cluster != new.cluster
            or _metadata(old) != _metadata(new)
            or old.inputs.get("roleRef") != new.inputs.get("roleRef")
        )
        return old.inputs != new.inputs, takes_another

    def _done(self, verb: str, on: Resource, deed: Callable[[], _T]) -> _T:
        """Do something, unless the process is ended before that, or right after it."""
        ends = None
        thing = thing_of(on)
        if (thing or on.type == GUARD) and self.kill is not None:
            left, is_done = self.kill
            # An object that the plugin makes, and nobody records, is a pending operation of the
            # engine, which says so, and has to be imported or deleted by hand.
            is_pending = verb == "create" and self._kind(on) is not None
            ends = (is_done and not is_pending) if left == 0 else None
            self.kill = (left - 1, is_done) if left else None
        if ends is False:
            raise Killed
        made = deed()
        if ends:
            raise Killed
        if thing:
            self.deeds.append(Deed(verb, thing))
        return made

    def _create(self, new: Resource) -> Resource:
        if provider := _PROVIDERS.get(new.type):
            inputs = self._checked(new, {})
            created = provider.create(inputs)
            return replace(new, id=created.id, inputs=inputs, outputs=travelled(created.outs))
        self._count += 1
        made = replace(new, id=f"{new.name}-{self._count}", outputs=new.inputs)
        if new.type == NAMESPACE:
            if _key(made)[1] in self._at(new).namespaces:
                raise AlreadyThereError(new)
            self._at(new).namespaces.append(_key(made)[1])
        elif (kind := self._kind(new)) is not None:
            namespace = _key(made)[0]
            assert namespace in ("", *self._at(new).namespaces), f"{new.urn} comes too early"
            if _key(made) in kind:
                raise AlreadyThereError(new)
            kind[_key(made)] = self._at(new).uid()
        return made

    def _update(self, old: Resource, new: Resource) -> Resource:
        if provider := _PROVIDERS.get(new.type):
            inputs = self._checked(new, old.inputs)
            updated = provider.update(old.id, dict(old.outputs), inputs)
            return replace(new, id=old.id, inputs=inputs, outputs=travelled(updated.outs))
        return replace(new, id=old.id, outputs=new.inputs)

    def _delete(self, old: Resource) -> None:
        if provider := _PROVIDERS.get(old.type):
            provider.delete(old.id, dict(old.outputs))
        elif old.type == NAMESPACE:
            self._at(old).delete_namespace(_key(old)[1])
        elif (kind := self._kind(old)) is not None:
            kind.pop(_key(old), None)

    def _at(self, resource: Resource) -> FakeKubernetes:
        return self.kubernetes[resource.cluster]

    def _kind(self, resource: Resource) -> Any:
        """Where the objects of a resource's kind are on its cluster; None for what is no object."""
        if resource.type == ACCOUNT:
            return self._at(resource).accounts
        if resource.type == NAMESPACE:
            return [("", name) for name in self._at(resource).namespaces]
        return self._at(resource).bindings if resource.type in BINDINGS else None

    @staticmethod
    def _checked(new: Resource, olds: Mapping[str, Any]) -> dict[str, Any]:
        checked = _PROVIDERS[new.type].check(dict(olds), dict(new.inputs))
        assert not checked.failures, checked.failures
        return dict(checked.inputs)


def thing_of(resource: Resource) -> tuple[str, ...]:
    """What a resource is to people; empty for what owns nothing on a cluster."""
    inputs, kind = resource.inputs, resource.type.rpartition(":")[2]
    if resource.type in BINDINGS:
        subjects = inputs["subjects"]
        is_pipeline = subjects[0]["kind"] == "ServiceAccount"
        whose = subjects[0]["name"] if is_pipeline else "people"
        namespace = _metadata(resource).get("namespace", "")
        return (kind, resource.cluster, namespace, inputs["roleRef"]["name"], whose)
    if resource.type in (ACCOUNT, NAMESPACE):
        return (kind, resource.cluster, *_metadata(resource).values())
    if resource.type == TOKEN:
        return (kind, resource.cluster, inputs["namespace"], inputs["service_account"])
    return (kind, resource.cluster) if resource.type == BLOCKS else ()


def _metadata(resource: Resource) -> dict[str, str]:
    """What an object is called; a name that the plugin makes up is not there."""
    given = resource.inputs.get("metadata") or {}
    return {key: given[key] for key in ("namespace", "name") if key in given}


def _key(resource: Resource) -> tuple[str, str]:
    named = _metadata(resource)
    return named.get("namespace", ""), named.get("name", resource.id)
