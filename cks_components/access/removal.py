"""What an update takes away on a cluster, compared with what the last one recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cks_components.access.cluster_policy import cluster_policy
from cks_components.access.grants import grants_on
from cks_components.access.rights import Right
from cks_components.kubernetes.subject_names import RBAC_GROUP
from cks_components.rbac.policy import Binding, Policy, RoleRef
from cks_components.rbac.rule import ResourceRequest
from cks_components.stack_file.settings import StackSettings

_WRITES = [
    ResourceRequest(verb=verb, group=RBAC_GROUP, resource=resource)
    for verb in ("create", "update", "patch")
    for resource in ("clusterrolebindings", "rolebindings")
]
"""Each lets its sender bind somebody in the whole cluster."""
Subject = tuple[str, str]
"""A kind and a name at kube-apiserver; a service account has the name of a user."""


@dataclass(frozen=True)
class Removal:
    """What is taken away.

    Attributes:
        lost: the rights of each subject that the cluster has now and loses.
        administrators: the subjects that can change bindings in the whole cluster now.
        keeps_administrator: whether anybody can afterwards.
    """

    lost: Mapping[Subject, tuple[Right, ...]]
    administrators: tuple[str, ...]
    keeps_administrator: bool

    def from_identity(self, name: str, groups: Collection[str]) -> tuple[Right, ...]:
        """What a user with groups loses."""
        return tuple(
            right
            for (kind, subject), rights in self.lost.items()
            if (subject in groups if kind == "Group" else subject == name)
            for right in rights
        )


def removal(
    settings: StackSettings, cluster: int, recorded: Sequence[Mapping[str, Any]]
) -> Removal:
    """Compare the rows of the output `access` with the stack file, for the cluster at an index."""
    had: dict[Subject, set[Right]] = {}
    for row in recorded:
        subject = (str(row["kind"]), str(row["subject"]))
        had.setdefault(subject, set()).update(_rights(row))
    has: dict[Subject, set[Right]] = {}
    for grant in grants_on(settings, cluster):
        subject = (grant.holder.kind, grant.holder.subject)
        has.setdefault(subject, set()).update(grant.rights)
    lost = {
        subject: tuple(r for r in rights if not any(o.covers(r) for o in has.get(subject, ())))
        for subject, rights in had.items()
    }
    policy = cluster_policy(settings, cluster).policy
    administrators = tuple(
        f"{kind} {name}"
        for (kind, name), rights in had.items()
        if any(_writes_bindings(policy, right) for right in rights)
    )
    keeps = any(_writes_bindings(policy, right) for rights in has.values() for right in rights)
    return Removal({s: rights for s, rights in lost.items() if rights}, administrators, keeps)


def in_words(right: Right) -> str:
    """A right as part of a sentence."""
    return f"{right.role} {'cluster wide' if right.namespace is None else f'in {right.namespace}'}"


def _rights(row: Mapping[str, Any]) -> Iterator[Right]:
    role = str(row["clusterRole"]) if "clusterRole" in row else f"role/{row.get('role')}"
    places = row.get("namespaces")
    yield from (Right(role, place) for place in (places if isinstance(places, list) else [None]))


def _writes_bindings(policy: Policy, right: Right) -> bool:
    """Whether a right lets its holder change bindings in the whole cluster, as far as is known."""
    if right.namespace is not None:
        return False
    binding = Binding(name="", role=RoleRef("ClusterRole", right.role), subjects=())
    role = policy.role_of(binding)
    return role is not None and any(
        rule.allows(request) for rule in policy.rules(role) for request in _WRITES
    )
