"""Rights that a reviewer must look at, because they lead to more than their role says, or may."""

from __future__ import annotations

from cks_components.access import role_meaning
from cks_components.access.grants import Access
from cks_components.access.rights import Scope
from cks_components.rbac import built_in_roles, escalation
from cks_components.rbac.policy import RoleRef


def is_strong(version: Access, cluster: str, scope: Scope) -> bool:
    """Whether it is cluster-admin, nearly that, or leads to more than the role says, or may."""
    return (
        scope.role == role_meaning.CLUSTER_ADMIN
        or is_nearly_cluster_admin(version, cluster, scope)
        or bool(consequences(version, cluster, scope))
        or is_unknown(version, cluster, scope)
    )


def is_nearly_cluster_admin(version: Access, cluster: str, scope: Scope) -> bool:
    """Whether it is `admin` or `edit`, cluster wide or where the control plane's accounts are."""
    is_near = escalation.reaches_control_plane(scope.namespaces)
    base = version.base_role(cluster, scope.role)
    return is_near and base in (role_meaning.ADMIN, role_meaning.EDIT)


def consequences(version: Access, cluster: str, scope: Scope) -> list[str]:
    """What a role of the stack, or of Kubernetes itself, lets its holder get at beyond its rules."""
    role = version.own_role(cluster, scope.role)
    if role is not None:
        return escalation.consequences(role.policy_rules, scope.namespaces)
    return escalation.consequences_of(RoleRef.of(scope.role), scope.namespaces)


def is_unknown(version: Access, cluster: str, scope: Scope) -> bool:
    """Whether a role is named that neither the stack nor Kubernetes defines: only a cluster knows it."""
    ref = RoleRef.of(scope.role)
    return (
        ref.name != ""
        and version.own_role(cluster, scope.role) is None
        and built_in_roles.rules_of(ref, scope.namespaces) is None
    )
