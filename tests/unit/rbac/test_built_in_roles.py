"""What Kubernetes' own roles lead to, by their rules in the data of the pinned version."""

from __future__ import annotations

import pytest

from cks_components.rbac import built_in_roles
from cks_components.rbac.policy import RoleRef

LEADING_TO_MORE = {
    "system:aggregate-to-admin",
    "system:aggregate-to-edit",
    "system:certificates.k8s.io:kube-apiserver-client-approver",
    "system:certificates.k8s.io:kube-apiserver-client-kubelet-approver",
    "system:certificates.k8s.io:kubelet-serving-approver",
    "system:certificates.k8s.io:legacy-unknown-approver",
    "system:controller:certificate-controller",
    "system:controller:clusterrole-aggregation-controller",
    "system:controller:cronjob-controller",
    "system:controller:daemon-set-controller",
    "system:controller:deployment-controller",
    "system:controller:generic-garbage-collector",
    "system:controller:job-controller",
    "system:controller:namespace-controller",
    "system:controller:persistent-volume-binder",
    "system:controller:replicaset-controller",
    "system:controller:replication-controller",
    "system:controller:resourcequota-controller",
    "system:controller:statefulset-controller",
    "system:kube-controller-manager",
    "system:kubelet-api-admin",
    "system:node",
    "system:persistent-volume-provisioner",
    "role/system:controller:bootstrap-signer",
    "role/system:controller:token-cleaner",
}


def test_those_that_lead_to_more_are_these() -> None:
    """A new version of Kubernetes may add one: look at it, and write it here."""
    found = {
        role.ref.text
        for role in built_in_roles.policy().roles
        if built_in_roles.consequences(role.ref, role.namespace and [role.namespace])
    }

    assert found == LEADING_TO_MORE


@pytest.mark.parametrize("text", ["edit", "gpu-reader", "role/edit", "role/view"])
def test_any_other_role_leads_to_nothing_that_is_said_here(text: str) -> None:
    assert built_in_roles.consequences(RoleRef.of(text), None) == []


def test_a_role_is_known_where_kubernetes_has_it() -> None:
    reader = RoleRef("Role", "extension-apiserver-authentication-reader")

    assert built_in_roles.rules_of(reader, ["kube-system"])
    assert built_in_roles.rules_of(reader, ["training"]) is None
    assert built_in_roles.rules_of(RoleRef("ClusterRole", reader.name), None) is None


def test_an_aggregated_role_has_the_rules_of_its_parts() -> None:
    assert len(built_in_roles.rules_of(RoleRef("ClusterRole", "admin"), None) or ()) > 1
