"""What an update takes away on a cluster, compared with the recorded rows of `access`."""

from __future__ import annotations

from typing import Any

import pytest

from cks_components.access.removal import Removal, in_words, removal
from cks_components.access.rights import Right
from cks_components.stack_file.settings import StackSettings
from tests.unit.access.conftest import IDENTITY

ADMINS = {"groups": ["admins"], "clusterRole": "cluster-admin"}
MASTER = {
    "kind": "Group",
    "subject": "okta:admins",
    "clusterRole": "cluster-admin",
    "namespaces": "*",
}
EDITOR = {"kind": "User", "subject": "ann", "clusterRole": "edit", "namespaces": ["a", "b"]}
BIND = {
    "verbs": ["create"],
    "apiGroups": ["rbac.authorization.k8s.io"],
    "resources": ["rolebindings"],
}


def removed(recorded: list[dict[str, Any]], *bindings: dict[str, Any], **values: Any) -> Removal:
    clusters = [{"name": "east"}, {"name": "west", "bindings": [ADMINS]}]
    given = {"clusters": clusters, "identity": IDENTITY, "bindings": list(bindings)}
    return removal(StackSettings.model_validate(given | values), 0, recorded)


def test_nothing_is_lost_if_the_file_gives_the_same_or_more() -> None:
    more = {"users": ["ann"], "clusterRole": "admin"}

    found = removed([MASTER, EDITOR], ADMINS, more)

    assert found.lost == {}
    assert found.keeps_administrator


def test_what_a_subject_loses_is_known_by_place() -> None:
    found = removed([EDITOR], {"users": ["ann"], "clusterRole": "edit", "namespaces": ["a"]})

    assert found.lost == {("User", "ann"): (Right("edit", "b"),)}
    assert found.from_identity("ann", ()) == (Right("edit", "b"),)
    assert found.from_identity("ben", ["ann"]) == ()
    assert [in_words(right) for right in found.from_identity("ann", ())] == ["edit in b"]
    assert in_words(Right("view", None)) == "view cluster wide"


def test_a_group_is_lost_by_its_members() -> None:
    assert removed([MASTER], EDITOR_BINDING).from_identity("eve", ["okta:admins"]) == (
        Right("cluster-admin", None),
    )


EDITOR_BINDING = {"users": ["ann"], "clusterRole": "edit"}


@pytest.mark.parametrize(
    ("bindings", "keeps"),
    [
        ([ADMINS], True),
        ([ADMINS | {"namespaces": ["a"]}], False),
        ([{"groups": ["x"], "clusterRole": "admin"}], True),
        ([EDITOR_BINDING], False),
        ([{"groups": ["x"], "clusterRole": "binder"}], True),
        ([{"groups": ["x"], "clusterRole": "narrow"}], False),
        ([{"groups": ["x"], "clusterRole": "unknown"}], False),
        ([{"groups": ["x"], "role": "local", "namespaces": ["a"]}], False),
    ],
)
def test_an_administrator_can_change_bindings_in_the_whole_cluster(
    bindings: list[dict[str, Any]], keeps: bool
) -> None:
    roles = [
        {"name": "binder", "rules": [BIND]},
        {"name": "narrow", "rules": [BIND | {"resourceNames": ["x"]}]},
        {"name": "local", "namespaces": ["a"], "rules": [BIND]},
    ]

    found = removed([MASTER, EDITOR], *bindings, roles=roles)

    assert found.administrators == ("Group okta:admins",)
    assert found.keeps_administrator is keeps


def test_a_role_in_namespaces_is_a_right_of_its_own() -> None:
    row = {"kind": "User", "subject": "ann", "role": "queue", "namespaces": ["a"]}

    assert removed([row], ADMINS).lost == {("User", "ann"): (Right("role/queue", "a"),)}
