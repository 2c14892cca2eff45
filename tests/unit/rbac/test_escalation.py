"""What leads to more than it says, Kubernetes' own roles among it."""

from __future__ import annotations

import pytest

from cks_components.kubernetes.subject_names import RBAC_GROUP
from cks_components.rbac import built_in_roles, escalation
from cks_components.rbac.policy import RoleRef
from cks_components.rbac.rule import PolicyRule

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
    "system:controller:legacy-service-account-token-cleaner",
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
        if escalation.consequences_of(role.ref, role.namespace and [role.namespace])
    }

    assert found == LEADING_TO_MORE


@pytest.mark.parametrize("text", ["edit", "gpu-reader", "role/edit", "role/view"])
def test_any_other_role_leads_to_nothing_that_is_said_here(text: str) -> None:
    assert escalation.consequences_of(RoleRef.of(text), None) == []


def test_to_bind_a_role_that_leads_to_more_leads_to_more() -> None:
    found = {
        role.ref.text
        for role in built_in_roles.policy().roles
        if escalation.BINDING.given_by(
            PolicyRule(
                verbs=("bind",),
                api_groups=(RBAC_GROUP,),
                resources=(f"{role.ref.kind.lower()}s",),
                resource_names=(role.name,),
            )
        )
    }

    assert found == LEADING_TO_MORE | {"cluster-admin", "admin", "edit"}
