"""Rules for namespaces and roles that a stack file names but the cluster does not have.

A binding to a role that does not exist is accepted and grants nothing. A binding in a namespace
that does not exist fails in the middle of the update, after other objects were written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from cks_components.kubernetes.nearest_name import nearest
from cks_components.rules.rule import ERROR, Rule, Violation
from cks_components.stack_file.pipeline import PipelineSettings
from cks_components.stack_file.role import RoleSettings
from cks_components.stack_file.settings import BindingSettings

Entry = BindingSettings | PipelineSettings
"""An entry of a stack file that names a role, and namespaces, on a cluster."""


@dataclass(frozen=True)
class PresentRole:
    """A role on a cluster.

    Attributes:
        namespace: of a Role; None for a ClusterRole.
        is_ours: whether its label says that this program made it.
    """

    namespace: str | None
    name: str
    is_ours: bool


@dataclass(frozen=True, kw_only=True)
class JudgedRole:
    """A role that a stack creates, and the namespaces and roles that are on its cluster."""

    role: RoleSettings
    cluster: str
    namespaces: Mapping[str, bool]
    present: Sequence[PresentRole]


@dataclass(frozen=True, kw_only=True)
class JudgedEntry:
    """An entry, and the names that exist on its cluster.

    Attributes:
        cluster: the cluster's name in messages.
        namespaces: the namespaces on the cluster and those that the stack creates there, and
            whether each is being deleted.
        cluster_roles: the ClusterRoles on the cluster, and those that the stack creates there.
        roles: likewise the Roles, each with its namespace.
    """

    entry: Entry
    cluster: str
    namespaces: Mapping[str, bool]
    cluster_roles: Sequence[str]
    roles: Sequence[tuple[str, str]] = ()


def _pipeline_namespaces(judged: JudgedEntry) -> Iterator[Violation]:
    home = cast("PipelineSettings", judged.entry).namespace  # bindings have rules of their own
    if home not in judged.namespaces:
        yield Violation(
            "namespace",
            f"{_no_namespace(judged, home)}; correct the name, or write createNamespace: true",
        )
    elif judged.namespaces[home]:
        yield Violation("namespace", _is_terminating(judged, home))
    yield from _namespaces(judged)


def _namespaces(judged: JudgedEntry) -> Iterator[Violation]:
    yield from _places(judged, judged.entry.namespaces)


def _role_namespaces(judged: JudgedRole) -> Iterator[Violation]:
    yield from _places(judged, judged.role.namespaces)


def _places(judged: JudgedEntry | JudgedRole, names: Sequence[str] | None) -> Iterator[Violation]:
    for index, name in enumerate(names or ()):
        if name not in judged.namespaces:
            yield Violation(
                f"namespaces[{index}]",
                f"{_no_namespace(judged, name)}; correct the name, or create the namespace first",
            )
        elif judged.namespaces[name]:
            yield Violation(f"namespaces[{index}]", _is_terminating(judged, name))


def _no_namespace(judged: JudgedEntry | JudgedRole, name: str) -> str:
    return f'cluster {judged.cluster} has no namespace "{name}"{nearest(name, judged.namespaces)}'


def _is_terminating(judged: JudgedEntry | JudgedRole, name: str) -> str:
    return (
        f'namespace "{name}" of cluster {judged.cluster} is being deleted, and Kubernetes refuses '
        "new objects in it; wait until it is gone, create it again if others make it, and run "
        '"pulumi up" again'
    )


def _role(judged: JudgedEntry) -> Iterator[Violation]:
    kind, role = judged.entry.role_ref.kind, judged.entry.role_ref.name
    if kind == "Role":
        yield from _role_in_namespaces(judged, role)
    elif role not in judged.cluster_roles:
        yield Violation(
            "clusterRole",
            f"cluster {judged.cluster} has no ClusterRole "
            f'"{role}"{nearest(role, judged.cluster_roles)}, so this would grant nothing; correct '
            "the name, or create the role first",
        )


def _role_in_namespaces(judged: JudgedEntry, role: str) -> Iterator[Violation]:
    for namespace in judged.entry.namespaces or ():
        known = [name for place, name in judged.roles if place == namespace]
        if role not in known and namespace in judged.namespaces:
            is_cluster_role = role in judged.cluster_roles
            cure = f'write "clusterRole: {role}"' if is_cluster_role else "create the role first"
            yield Violation(
                "role",
                f'namespace "{namespace}" of cluster {judged.cluster} has no Role '
                f'"{role}"{nearest(role, known)}, so this would grant nothing there; correct the '
                f"name, or {cure}",
            )


def _name_of_others(judged: JudgedRole) -> Iterator[Violation]:
    taken = {(role.namespace, role.name) for role in judged.present if not role.is_ours}
    for made in judged.role.objects():
        if (made.namespace, made.name) in taken:
            kind = "ClusterRole" if made.namespace is None else "Role"
            where = "" if made.namespace is None else f' in namespace "{made.namespace}"'
            yield Violation(
                "name",
                f'cluster {judged.cluster} has a {kind} "{made.name}"{where} that this program did '
                "not make, and it is not replaced; write another name, or delete that role first",
            )


ROLE_RULES: tuple[Rule[JudgedRole], ...] = (
    Rule(
        "ROLE-12",
        "a role of the stack does not have the name of a role that somebody else made",
        ERROR,
        _name_of_others,
        is_waivable=False,
    ),
    Rule(
        "ROLE-13",
        "the namespaces of a role exist and are not being deleted",
        ERROR,
        _role_namespaces,
    ),
)
PIPELINE_RULES: tuple[Rule[JudgedEntry], ...] = (
    Rule(
        "PIPE-03",
        "the namespaces of a pipeline exist and are not being deleted, or `createNamespace` creates them",
        ERROR,
        _pipeline_namespaces,
    ),
    Rule("PIPE-04", "the ClusterRole or Role of a pipeline exists", ERROR, _role),
)
BINDING_RULES: tuple[Rule[JudgedEntry], ...] = (
    Rule(
        "RBAC-08", "the namespaces of a binding exist and are not being deleted", ERROR, _namespaces
    ),
    Rule("RBAC-09", "the ClusterRole or Role of a binding exists", ERROR, _role),
)
RULES: tuple[Rule[Any], ...] = (*ROLE_RULES, *PIPELINE_RULES, *BINDING_RULES)
