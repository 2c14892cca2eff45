"""Rights that a reviewer must look at, because they lead to more than their role says."""

from __future__ import annotations

from cks_components.access import role_meaning
from cks_components.access.grants import Access
from cks_components.access.rights import Scope
from cks_components.rbac import escalation

_CONTROLLERS = "kube-system"


def is_strong(version: Access, cluster: str, scope: Scope) -> bool:
    """Whether it is cluster-admin, nearly that, or leads to more than the role says."""
    return (
        scope.role == role_meaning.CLUSTER_ADMIN
        or is_nearly_cluster_admin(version, cluster, scope)
        or bool(consequences(version, cluster, scope))
    )


def is_nearly_cluster_admin(version: Access, cluster: str, scope: Scope) -> bool:
    """Whether it is `admin` or `edit`, cluster wide or where the control plane's accounts are."""
    is_near = scope.namespaces is None or _CONTROLLERS in scope.namespaces
    base = version.base_role(cluster, scope.role)
    return is_near and base in (role_meaning.ADMIN, role_meaning.EDIT)


def consequences(version: Access, cluster: str, scope: Scope) -> list[str]:
    """What a role of the stack lets its holder get at beyond its own rules."""
    role = version.own_role(cluster, scope.role)
    rules = role.policy_rules if role is not None else ()
    return list(dict.fromkeys(o.consequence for rule in rules for o in escalation.included(rule)))
