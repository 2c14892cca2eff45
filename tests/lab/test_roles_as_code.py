"""Roles of a stack file on a real cluster, and the promises that are tested on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.pipelines import UP, Project

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

GROUP = "rbac.authorization.k8s.io"
JOBS = {"verbs": ["get", "create"], "apiGroups": ["batch"], "resources": ["jobs"]}
SCALE = {"verbs": ["patch"], "apiGroups": ["apps"], "resources": ["deployments/scale"]}
ONE_SECRET = {
    "verbs": ["get"],
    "apiGroups": [""],
    "resources": ["secrets"],
    "resourceNames": ["db"],
}
ROLES = [
    {"name": "lab-jobs", "rules": [JOBS]},
    {"name": "lab-on-call", "extends": "view", "rules": [SCALE]},
    {"name": "lab-db", "namespaces": ["default"], "rules": [ONE_SECRET]},
]
BINDINGS = [
    {"users": ["ann"], "clusterRole": "lab-jobs", "namespaces": ["default"]},
    {"users": ["ben"], "clusterRole": "lab-on-call"},
]
PIPELINE = {"name": "cd", "namespace": "default", "role": "lab-db", "namespaces": ["default"]}
EXPECT: list[dict[str, Any]] = [
    {"user": "ann", "can": ["create jobs -n default"], "cannot": ["get secrets", "get jobs -n x"]},
    {"user": "ben", "can": ["list pods", "patch deployments/scale"], "cannot": ["get secrets"]},
    {"serviceAccount": "default/cd", "can": ["get secrets db -n default"], "cannot": ["get pods"]},
]
PROMISES = 8


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Iterator[Project]:
    project = Project(lab, tmp_path / "project")
    yield project
    project.pulumi("destroy", "--yes", "--skip-preview")


def write(project: Project, roles: list[dict[str, Any]] = ROLES, **more: Any) -> None:
    project.write_pipelines(PIPELINE, roles=roles, bindings=BINDINGS, expect=EXPECT, **more)


def test_what_the_file_promises_is_kept_on_the_cluster_and_a_foreign_binding_is_explained(
    project: Project, lab: Lab
) -> None:
    write(project, verify=True)
    offline = json.loads(project.access("test", "test", "--json"))
    assert [promise["verdict"] for promise in offline] == ["kept"] * PROMISES

    done = project.pulumi(*UP)
    assert f"tests of access: {PROMISES} promises: {PROMISES} kept" in done
    project.pulumi(*UP, "--expect-no-changes")
    live = json.loads(project.access("test", "test", "--live", "--json"))
    assert [promise["verdict"] for promise in live] == ["kept"] * PROMISES

    with lab.role("ann", "edit"):
        differing = json.loads(project.access("test", "test", "--live", "--json", code=2))
        refused = project.pulumi(*UP, code=1)
    (broken,) = [promise for promise in differing if promise["verdict"] == "broken"]
    assert (broken["path"], broken["offline"]) == ("expect[0].cannot[0]", "kept")
    assert "RoleBinding lab-" in broken["difference"]
    assert "which this stack did not make" in broken["difference"]
    assert "broken: local-east: expect[0].cannot[0]: ann cannot get secrets" in refused
    assert "Traceback" not in refused


OWN = ("roles of the stack", "service accounts")


def test_what_somebody_deleted_of_the_stack_is_found_and_made_again(
    project: Project, lab: Lab
) -> None:
    def doctor() -> list[str]:
        """What is wrong with what the stack made; people's names are nobody's without a block."""
        results = json.loads(project.access("doctor", "test", "--json", code=2))
        own = [r for r in results if r["subject"].removeprefix("cluster local-east: ") in OWN]
        assert len({r["subject"] for r in own}) == len(OWN)
        return [r["text"] for r in own if r["state"] != "fine"]

    write(project)
    project.pulumi(*UP)
    lab.eventually(lambda: doctor() == [])

    for path in (
        f"/apis/{GROUP}/v1/clusterroles/lab-jobs",
        f"/apis/{GROUP}/v1/clusterroles/cks-access:aggregate-to-lab-on-call",
        f"/apis/{GROUP}/v1/namespaces/default/roles/lab-db",
        "/api/v1/namespaces/default/serviceaccounts/cd",
    ):
        headers = {"Authorization": f"Bearer {lab.token}"}
        assert lab.http.delete(f"https://{lab.host}{path}", headers=headers).status_code == 200
    found = doctor()
    audit = json.loads(project.access("audit", "test", "--json", code=2))
    project.pulumi("refresh", "--yes", "--skip-preview")
    project.pulumi(*UP)

    assert [text.partition(": ")[2].partition(", so")[0] for text in found] == [
        "the cluster has no ClusterRole lab-jobs",
        "the cluster has no ClusterRole cks-access:aggregate-to-lab-on-call",
        "the cluster has no Role default/lab-db",
        "the cluster has no ServiceAccount default/cd",
    ]
    assert {f["kind"] for f in audit["findings"]} == {"dangling-binding"}
    assert doctor() == []


def test_a_role_may_begin_and_cease_to_extend_another(project: Project, lab: Lab) -> None:
    def rules() -> list[str]:
        path = f"/apis/{GROUP}/v1/clusterroles/lab-on-call"
        found = lab.get(lab.host, path, lab.token).json().get("rules") or []
        return [resource for rule in found for resource in rule.get("resources", [])]

    write(project)
    project.pulumi(*UP)
    lab.eventually(lambda: {"pods", "deployments/scale"} <= {*rules()})

    write(project, [ROLES[0], {"name": "lab-on-call", "rules": [SCALE]}, ROLES[2]])
    project.pulumi(*UP)
    assert rules() == ["deployments/scale"]

    write(project)
    project.pulumi(*UP)
    lab.eventually(lambda: {"pods", "deployments/scale"} <= {*rules()})


def test_a_role_of_somebody_else_is_never_taken_over(project: Project, lab: Lab) -> None:
    path = f"/apis/{GROUP}/v1/clusterroles"
    theirs = {"metadata": {"name": "lab-jobs"}, "rules": [SCALE]}
    assert lab.post(lab.host, path, lab.token, theirs).status_code == 201
    write(project)
    try:
        refused = project.pulumi(*UP, code=1)
        live = lab.get(lab.host, f"{path}/lab-jobs", lab.token).json()
    finally:
        headers = {"Authorization": f"Bearer {lab.token}"}
        lab.http.delete(f"https://{lab.host}{path}/lab-jobs", headers=headers)

    assert 'has a ClusterRole "lab-jobs" that this program did not make' in refused
    assert live["rules"] == [SCALE]
