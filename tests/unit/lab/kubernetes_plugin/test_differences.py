from __future__ import annotations

import copy
from typing import Any

import pytest

from lab.kubernetes_plugin import differences, objects
from lab.kubernetes_plugin.differences import Change
from lab.kubernetes_plugin.errors import NotCoveredError
from lab.kubernetes_plugin.kinds import kind_of
from lab.kubernetes_plugin.properties import UNKNOWN

URN = "urn:pulumi:s::p::parent$kubernetes:{}::name"
BINDING = kind_of(URN.format("rbac.authorization.k8s.io/v1:RoleBinding"))
SECRET = kind_of(URN.format("core/v1:Secret"))
INPUTS: dict[str, Any] = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "RoleBinding",
    "metadata": {"name": "rb", "labels": {"a.b/c": "x"}},
    "roleRef": {"kind": "ClusterRole", "name": "view"},
    "subjects": [{"kind": "Group", "name": "dev"}],
}
SECRET_INPUTS: dict[str, Any] = {
    "kind": "Secret",
    "metadata": {"name": "s"},
    "stringData": {"pw": "one"},
}


def stored(inputs: dict[str, Any], **live: Any) -> dict[str, Any]:
    """A state: the live object has the API's defaults beside what was sent."""
    metadata = inputs["metadata"] | {"uid": "u", "namespace": "default", "managedFields": [{}]}
    found = inputs | {"metadata": metadata} | live
    return objects.state(inputs, found, inputs, api_version="v1", manager="m")


LIVE = stored(
    INPUTS,
    roleRef={"kind": "ClusterRole", "name": "view", "apiGroup": "rbac.authorization.k8s.io"},
)


def changed(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(INPUTS) | changes


def test_what_the_api_adds_is_no_difference() -> None:
    assert differences.between(BINDING, LIVE, INPUTS).found == {}


@pytest.mark.parametrize(
    ("news", "path", "change", "replaces"),
    [
        (changed(subjects=[{"kind": "Group", "name": "ops"}]), "subjects[0].name", "update", False),
        (
            changed(subjects=[*INPUTS["subjects"], {"kind": "User"}]),
            "subjects[1]",
            "add",
            False,
        ),
        (changed(subjects=[]), "subjects", "delete", False),
        (
            changed(roleRef={"kind": "ClusterRole", "name": "edit"}),
            "roleRef.name",
            "update",
            True,
        ),
        (changed(roleRef=UNKNOWN), "roleRef", "update", True),
        (changed(metadata={**INPUTS["metadata"], "name": "b"}), "metadata.name", "update", True),
        (
            changed(metadata={**INPUTS["metadata"], "namespace": "n"}),
            "metadata.namespace",
            "update",
            True,
        ),
        (
            changed(metadata={"name": "rb", "labels": {"a.b/c": "y"}}),
            'metadata.labels["a.b/c"]',
            "update",
            False,
        ),
    ],
    ids=[
        "a subject changes",
        "a subject comes",
        "no subject is left",
        "another role",
        "a role not known yet",
        "another name",
        "another namespace",
        "a label whose name has dots",
    ],
)
def test_a_change_is_named_by_its_path(
    news: dict[str, Any], path: str, change: str, replaces: bool
) -> None:
    found = differences.between(BINDING, LIVE, news)

    assert found.found == {path: differences.Difference(Change(change), replaces)}
    assert found.replaces == ([path] if replaces else [])


def test_drift_that_a_refresh_found_is_taken_back() -> None:
    drifted = stored(INPUTS, subjects=[*INPUTS["subjects"], {"kind": "User", "name": "mallory"}])

    found = differences.between(BINDING, drifted, INPUTS).found

    assert found == {"subjects[1]": differences.Difference(Change.DELETE, replaces=False)}


def test_a_replacement_of_the_same_name_deletes_first() -> None:
    news = changed(roleRef={"kind": "ClusterRole", "name": "edit"})

    assert differences.between(BINDING, LIVE, news).delete_first
    news["metadata"]["name"] = "other"
    assert not differences.between(BINDING, LIVE, news).delete_first


def test_a_replacement_with_a_generated_name_creates_first() -> None:
    news = changed(roleRef={"kind": "ClusterRole", "name": "edit"})
    news["metadata"]["annotations"] = {"pulumi.com/autonamed": "true"}

    assert not differences.between(BINDING, LIVE, news).delete_first


@pytest.mark.parametrize("ignored", ["subjects", "subjects[0]", "subjects[0].name"])
def test_an_ignored_path_is_no_difference(ignored: str) -> None:
    news = changed(subjects=[{"kind": "Group", "name": "ops"}])

    assert differences.between(BINDING, LIVE, news, ignored=[ignored]).found == {}


def test_a_secrets_texts_are_compared_with_its_data() -> None:
    live = stored(SECRET_INPUTS, data={"pw": "b25l"})
    news = SECRET_INPUTS | {"stringData": {"pw": "two"}}

    assert differences.between(SECRET, live, SECRET_INPUTS).found == {}
    assert differences.between(SECRET, live, news).replaces == ["stringData.pw"]


def test_a_mutable_secret_is_updated_in_place_unless_it_says_it_is_immutable() -> None:
    live = stored(SECRET_INPUTS, data={"pw": "b25l"})
    news = SECRET_INPUTS | {"stringData": {"pw": "two"}}

    assert differences.between(SECRET, live, news, secret_mutable=True).replaces == []
    news["immutable"] = True
    assert differences.between(SECRET, live, news, secret_mutable=True).replaces


def test_empty_and_read_only_values_are_no_difference() -> None:
    news = changed(
        metadata={**INPUTS["metadata"], "annotations": {}, "namespace": "", "uid": "other"}
    )

    assert differences.between(BINDING, LIVE, news).found == {}


def test_normalising_twice_is_normalising_once() -> None:
    once = objects.normalised(SECRET_INPUTS)

    assert objects.normalised(once) == once


@pytest.mark.parametrize(
    "token",
    ["core/v1:ConfigMap", "core/v1:SecretList", "core/v1:SecretPatch", "helm.sh/v3:Release"],
)
def test_other_kinds_name_the_way_out(token: str) -> None:
    with pytest.raises(NotCoveredError, match=r"not covered .*; install the official plugin"):
        kind_of(URN.format(token))
