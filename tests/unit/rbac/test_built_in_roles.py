"""Kubernetes' own roles, by the data of the pinned version."""

from __future__ import annotations

from cks_components.rbac import built_in_roles
from cks_components.rbac.policy import RoleRef


def test_a_role_is_known_where_kubernetes_has_it() -> None:
    reader = RoleRef("Role", "extension-apiserver-authentication-reader")

    assert built_in_roles.rules_of(reader, ["kube-system"])
    assert built_in_roles.rules_of(reader, ["training"]) is None
    assert built_in_roles.rules_of(RoleRef("ClusterRole", reader.name), None) is None


def test_an_aggregated_role_has_the_rules_of_its_parts() -> None:
    assert len(built_in_roles.rules_of(RoleRef("ClusterRole", "admin"), None) or ()) > 1
