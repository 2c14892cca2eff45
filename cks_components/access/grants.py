"""The access that one version of a stack file grants, cluster by cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Literal

from cks_components.access import role_meaning
from cks_components.access.rights import Right, Scope
from cks_components.api.models import OidcConfig
from cks_components.kubernetes import subject_names
from cks_components.stack_file.pipeline import PipelineSettings
from cks_components.stack_file.role import GrantSettings, RoleSettings
from cks_components.stack_file.settings import BindingSettings, Located, StackSettings

Kind = Literal["User", "Group", "ServiceAccount"]


@dataclass(frozen=True)
class Subject:
    """A user, a group or a service account that is granted a role.

    Attributes:
        name: the name in the stack file and at the identity provider.
        subject: the name at kube-apiserver, byte for byte.
        is_bound_by_cks: whether CKS itself binds it, by `adminGroupBinding`, and not this stack.
            It is not documented whether CKS adds the groups prefix, so the subject is then the name
            as written, and is never treated as the subject of a binding.
    """

    kind: Kind
    name: str
    subject: str
    is_bound_by_cks: bool = False


@dataclass(frozen=True)
class Cluster:
    """A cluster as the stack file refers to it: by the name or the id that it has at CoreWeave.

    Attributes:
        key: its name in resource names and outputs.
        trusted: the webhooks and the addresses to which tokens are sent, each with its path in the
            stack file.
    """

    key: str
    name: str | None
    id: str | None
    trusted: tuple[tuple[str, str], ...] = ()

    @property
    def reference(self) -> str:
        """The id or the name by which the stack file finds it at CoreWeave."""
        return str(self.id or self.name)


@dataclass(frozen=True)
class Grant:
    """A role for one subject on one cluster.

    Attributes:
        cluster: the cluster's key.
        source: its path in the stack file.
        until: when it ends; None if it does not.
        reason: why it is given, if the file says so.
    """

    cluster: str
    holder: Subject
    scope: Scope
    source: str
    until: datetime | None = None
    reason: str = ""

    @property
    def rights(self) -> frozenset[Right]:
        """The role in each of its places."""
        places = self.scope.namespaces if self.scope.namespaces is not None else (None,)
        return frozenset(Right(self.scope.role, place) for place in places)


@dataclass(frozen=True)
class Access:
    """All that one version of a stack file grants, in its order.

    Attributes:
        oidc: unset if the stack does not manage the clusters' login.
        roles: the stack's own roles, each with the key of its cluster.
        ended: what it granted until an `until` that is over; the next update takes it away.
        promises: the sentences of `expect`, each with the key of its cluster, if they were read.
        is_verified: whether an update ends with these tests.
    """

    clusters: tuple[Cluster, ...]
    oidc: OidcConfig
    grants: tuple[Grant, ...]
    roles: tuple[tuple[str, RoleSettings], ...] = ()
    ended: tuple[Grant, ...] = ()
    promises: tuple[tuple[str, str], ...] = ()
    is_verified: bool = False

    def giving(self, cluster: str, holder: Subject, role: str) -> tuple[list[Grant], list[Grant]]:
        """The grants of a role (`Scope.role`) to a subject on a cluster: in force, and ended."""
        key = (cluster, holder, role)
        return self._by_right.get(key, []), self._ended_by_right.get(key, [])

    @cached_property
    def _by_right(self) -> Mapping[tuple[str, Subject, str], list[Grant]]:
        return _by_right(self.grants)

    @cached_property
    def _ended_by_right(self) -> Mapping[tuple[str, Subject, str], list[Grant]]:
        return _by_right(self.ended)

    def own_role(self, cluster: str, role: str) -> RoleSettings | None:
        """The definition of a role (`Scope.role`) on a cluster, if it is the stack's own."""
        found = (own for key, own in self.roles if key == cluster and own.ref.text == role)
        return next(found, None)

    def base_role(self, cluster: str, role: str) -> str:
        """A role, or the one of every cluster that it extends."""
        own = self.own_role(cluster, role)
        return role if own is None else own.extends or role


def _by_right(grants: Iterable[Grant]) -> Mapping[tuple[str, Subject, str], list[Grant]]:
    found: dict[tuple[str, Subject, str], list[Grant]] = {}
    for grant in grants:
        found.setdefault((grant.cluster, grant.holder, grant.scope.role), []).append(grant)
    return found


NO_ACCESS = Access((), OidcConfig(), ())
"""The access of a stack file that does not exist."""


def granted_access(settings: StackSettings, now: datetime | None = None) -> Access:
    """Read what a stack file grants; sends nothing.

    Args:
        settings: of the stack.
        now: the time at which it is judged what has ended; without it nothing has.
    """
    oidc = settings.oidc
    clusters = tuple(
        Cluster(c.key, c.name, c.id, tuple(_trusted(settings, index)))
        for index, c in enumerate(settings.clusters)
    )
    grants = [grant for index in range(len(clusters)) for grant in grants_on(settings, index)]

    def has_ended(grant: Grant) -> bool:
        return now is not None and grant.until is not None and grant.until <= now

    roles = [
        (cluster.key, role)
        for index, cluster in enumerate(settings.clusters)
        for _, role in settings.roles_on(index)
    ]
    granted = tuple(grant for grant in grants if not has_ended(grant))
    return Access(clusters, oidc, granted, tuple(roles), tuple(filter(has_ended, grants)))


def grants_on(settings: StackSettings, cluster: int) -> list[Grant]:
    """What a stack file grants on the cluster at an index."""
    oidc, key = settings.oidc, settings.clusters[cluster].key
    found = [
        *_bound_by_cks(oidc),
        *_bound(oidc, settings.bindings_on(cluster)),
        *_automated(settings.pipelines_on(cluster)),
    ]
    return [replace(grant, cluster=key) for grant in found]


def _trusted(settings: StackSettings, cluster: int) -> Iterator[tuple[str, str]]:
    for path, hook in settings.webhooks_on(cluster).values():
        name = path.rpartition(".")[2]  # whether it is the stack's or the cluster's own
        written = {"server": hook.server, "ca": hook.ca or ""}
        yield from ((f"webhooks.{name}.{leaf}", text) for leaf, text in written.items())
    for texts in settings.clusters[cluster].address_texts.values():
        yield from texts.items()


def _bound_by_cks(oidc: OidcConfig) -> Iterator[Grant]:
    group = oidc.admin_group_binding
    if group is not None:
        holder = Subject("Group", group, group, is_bound_by_cks=True)
        yield Grant(
            "", holder, Scope(role_meaning.CLUSTER_ADMIN, None), "identity.adminGroupBinding"
        )


def _bound(oidc: OidcConfig, bindings: Iterable[Located[BindingSettings]]) -> Iterator[Grant]:
    for path, binding in bindings:
        users = (
            Subject("User", name, subject_names.user(oidc, name))
            for name in dict.fromkeys(binding.users)
        )
        groups = (
            Subject("Group", name, subject_names.group(oidc, name))
            for name in dict.fromkeys(binding.groups)
        )
        for holder in (*users, *groups):
            yield _grant(path, binding, holder)


def _automated(pipelines: Iterable[Located[PipelineSettings]]) -> Iterator[Grant]:
    for path, pipeline in pipelines:
        subject = subject_names.service_account(pipeline.namespace, pipeline.name)
        holder = Subject("ServiceAccount", f"{pipeline.namespace}/{pipeline.name}", subject)
        yield _grant(path, pipeline, holder)


def _grant(path: str, entry: GrantSettings, holder: Subject) -> Grant:
    places = None if entry.namespaces is None else tuple(dict.fromkeys(entry.namespaces))
    scope = Scope(entry.role_ref.text, places)
    return Grant("", holder, scope, path, entry.until, entry.reason.strip())
