"""The meaning of each role that a report names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cks_components.access import role_meaning, rule_wording
from cks_components.access.grants import Access
from cks_components.access.role_meaning import Meaning


@dataclass(frozen=True)
class RoleEntry:
    """A role, and what it gives.

    Attributes:
        role: as in `Scope.role`.
        clusters: the clusters where it has this meaning; empty if that is everywhere.
        is_own: whether the stack defines it, so that the meaning has words of its file.
    """

    role: str
    clusters: tuple[str, ...]
    meaning: Meaning
    is_own: bool

    @property
    def label(self) -> str:
        """The role, and its clusters if it is not the same everywhere."""
        return f"{self.role} ({', '.join(self.clusters)})" if self.clusters else self.role


def meaning_of(access: Access, cluster: str, role: str) -> Meaning:
    """What a role gives on a cluster: as the stack defines it, or as every cluster has it."""
    own = access.own_role(cluster, role)
    return role_meaning.meaning(role) if own is None else rule_wording.meaning(own)


def entries(used: Iterable[tuple[Access, str, str]]) -> list[RoleEntry]:
    """The roles of some grants, strongest first; each is an access, a cluster's key and a role."""
    found: dict[str, dict[Meaning, list[str]]] = {}
    own_roles: set[str] = set()
    for access, cluster, role in used:
        if access.own_role(cluster, role) is not None:
            own_roles.add(role)
        meaning = meaning_of(access, cluster, role)
        clusters = found.setdefault(role, {}).setdefault(meaning, [])
        if cluster not in clusters:
            clusters.append(cluster)
    return [
        RoleEntry(role, tuple(clusters) if len(found[role]) > 1 else (), meaning, role in own_roles)
        for role in sorted(found, key=role_meaning.strength)
        for meaning, clusters in found[role].items()
    ]
