"""Descriptions of the roles that every cluster has, and which of them includes which.

What a role of the stack gives is in its rules, and what one of others gives on the cluster.
"""

from __future__ import annotations

from dataclasses import dataclass

CLUSTER_ADMIN, ADMIN, EDIT, VIEW = "cluster-admin", "admin", "edit", "view"


@dataclass(frozen=True)
class Meaning:
    """What a role gives, and what it notably does not give (empty if there is nothing to say)."""

    gives: str
    withholds: str = ""

    @property
    def sentence(self) -> str:
        """Both parts as one sentence without a full stop."""
        return f"{self.gives}; not {self.withholds}" if self.withholds else self.gives


_MEANINGS = {
    CLUSTER_ADMIN: Meaning(
        "may do everything, and give every right to anybody; bound in a namespace, everything in "
        "that namespace"
    ),
    ADMIN: Meaning(
        "may do what edit may, and manage the namespace's roles and bindings up to its own rights",
        "nodes or anything outside namespaces",
    ),
    EDIT: Meaning(
        "may change most things in a namespace, read its Secrets, and create tokens for any of its "
        "service accounts",
        "roles, bindings or nodes",
    ),
    VIEW: Meaning(
        "may read most things in a namespace, and the namespaces themselves",
        "Secrets, roles, bindings, nodes or persistent volumes",
    ),
}
_CHAIN = tuple(_MEANINGS)  # strongest first: each includes the next
_OTHER = Meaning("may do what the ClusterRole of this name allows on the cluster")
_OTHER_ROLE = Meaning("may do what the Role of this name allows in the namespace")


def meaning(role: str) -> Meaning:
    """A description of what a role gives; it is general if the role is not made for people."""
    return _MEANINGS.get(role, _OTHER_ROLE if role.startswith("role/") else _OTHER)


def covers(role: str, other: str) -> bool:
    """Whether `role` includes everything that `other` gives in the same place."""
    if role in (other, CLUSTER_ADMIN):
        return True
    return role in _CHAIN and other in _CHAIN and _CHAIN.index(role) < _CHAIN.index(other)


def common(role: str, other: str) -> str | None:
    """The role that both include; None if none is known."""
    if covers(role, other):
        return other
    return role if covers(other, role) else None


def strength(role: str) -> tuple[int, str]:
    """A key that sorts the strongest role first, and unknown roles by name after the known ones."""
    return (_CHAIN.index(role) if role in _CHAIN else len(_CHAIN), role)
