"""What Kubernetes' own roles give to whom they are bound."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from cks_components.rbac.built_in import built_in
from cks_components.rbac.policy import Policy, RoleRef
from cks_components.rbac.rule import PolicyRule

USER_FACING = ("cluster-admin", "admin", "edit", "view")
"""The roles that are made for people; what they lead to is known, and judged for each of them."""


@cache
def policy() -> Policy:
    """Kubernetes' own roles, without a binding."""
    return Policy(built_in().roles, ())


def is_for_components(ref: RoleRef) -> bool:
    """Whether a role is one of Kubernetes' own, and not one of those that are made for people."""
    return ref.text not in USER_FACING and any(role.ref == ref for role in policy().roles)


def rules_of(ref: RoleRef, namespaces: Collection[str] | None) -> tuple[PolicyRule, ...] | None:
    """The rules of one of Kubernetes' own roles; None if a role is not among them.

    Args:
        ref: the role.
        namespaces: where it is bound, and a Role is sought; None for cluster wide.
    """
    places = [None] if ref.kind == "ClusterRole" else list(namespaces or ())
    roles = [role for place in places if (role := policy().role(place, ref.name))]
    return tuple(rule for role in roles for rule in policy().rules(role)) if roles else None
