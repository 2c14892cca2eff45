"""Subjects are added to a binding in the name of whoever manages it."""

from __future__ import annotations

from typing import Any

from cks_components.kubernetes.binding_patch import adding

OLD = {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "old:ml"}
NEW = OLD | {"name": "new:ml"}
ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}


def live(**entry: Any) -> dict[str, Any]:
    metadata = {
        "name": "b",
        "namespace": "a",
        "resourceVersion": "7",
        "labels": {"ours": "1", "theirs": "2"},
        "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:metadata": {}}}, entry],
    }
    return {"metadata": metadata, "roleRef": ROLE, "subjects": [OLD]}


def test_nothing_is_sent_if_every_subject_is_there() -> None:
    assert adding(live(), "RoleBinding", [OLD]) is None


def test_an_applied_binding_is_applied_with_everything_that_its_manager_owns() -> None:
    fields: dict[str, Any] = {"f:metadata": {"f:labels": {".": {}, "f:ours": {}}}, "f:subjects": {}}
    given = live(manager="pulumi-1", operation="Apply", fieldsV1=fields)

    patch = adding(given, "RoleBinding", [OLD, NEW])

    assert patch is not None
    assert (patch.manager, patch.content_type) == ("pulumi-1", "application/apply-patch+yaml")
    assert patch.body == {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {
            "name": "b",
            "namespace": "a",
            "labels": {"ours": "1"},
            "resourceVersion": "7",
        },
        "roleRef": ROLE,
        "subjects": [OLD, NEW],
    }


def test_a_created_binding_is_merged_in_the_name_of_its_creator() -> None:
    given = live(manager="pulumi-1", operation="Update", fieldsV1={"f:subjects": {}})

    patch = adding(given, "RoleBinding", [NEW])

    assert patch is not None
    assert (patch.manager, patch.content_type) == ("pulumi-1", "application/merge-patch+json")
    assert patch.body == {"metadata": {"resourceVersion": "7"}, "subjects": [OLD, NEW]}


def test_a_binding_of_an_unknown_manager_without_subjects_gets_them_too() -> None:
    given = {"metadata": {"name": "b"}, "roleRef": ROLE}

    patch = adding(given, "ClusterRoleBinding", [NEW])

    assert patch is not None
    assert patch.manager == "cks-access"
    assert patch.body["subjects"] == [NEW]
