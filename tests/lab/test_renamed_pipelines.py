"""What ordinary edits of a stack file do to pipelines: nothing, on the real engine and a cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lab.api import fleet
from tests.lab.pipelines import STORED, UP, Project

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

DEPLOYER: dict[str, Any] = {
    "name": "deployer",
    "namespace": "default",
    "clusterRole": "edit",
    "namespaces": ["default", "kube-public"],
    "token": STORED,
}
WATCHER: dict[str, Any] = {
    "name": "watcher",
    "namespace": "default",
    "clusterRole": "system:discovery",
}
IDENTITY = {
    "issuerUrl": "https://idp.example.com",
    "clientId": "cks",
    "usernameClaim": "email",
    "groupsClaim": "groups",
    "groupsPrefix": "idp:",
    "discovery": "off",
}
BINDINGS = [{"groups": ["ml"], "clusterRole": "edit", "namespaces": ["default"]}]
RENAMED = {
    "id": fleet.CONTROL_PLANE,
    "alias": "renamed",
    "endpoint": fleet.endpoint("local-east"),
}
RBAC = "/apis/rbac.authorization.k8s.io/v1"
OURS = "?labelSelector=app.kubernetes.io/managed-by=cks-access"


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Iterator[Project]:
    project = Project(lab, tmp_path / "project")
    yield project
    project.pulumi("destroy", "--yes", "--skip-preview")


def made(lab: Lab) -> dict[str, str]:
    """The uid of everything of ours that lies on the cluster, by kind and name."""
    kinds = ("namespaces", "serviceaccounts", "secrets")
    paths = [f"/api/v1/{kind}" for kind in kinds]
    paths += [f"{RBAC}/rolebindings", f"{RBAC}/clusterrolebindings"]
    found = {p: lab.get(lab.host, f"{p}{OURS}", lab.token).json()["items"] for p in paths}
    return {
        f"{path} {item['metadata']['name']}": item["metadata"]["uid"]
        for path, items in found.items()
        for item in items
    }


def token(project: Project, cluster: str) -> str:
    output = ("stack", "output", "automationKubeconfigs", "--show-secrets", "--json")
    project.run("pulumi", *output)
    text: str = json.loads(project.out)[cluster]["deployer"]
    return text.partition("token: ")[2].split()[0]


def summary(text: str) -> str:
    return text.rpartition("Resources:")[2]


def test_a_cluster_of_0_1_with_pipelines_gets_another_name_and_nothing_happens(
    project: Project, lab: Lab
) -> None:
    """Row l: it was "already exists", on every run."""
    project.run_release("0.1.0")
    project.write_pipelines(DEPLOYER, WATCHER)
    project.pulumi(*UP)
    before, stored = made(lab), token(project, "local-east")
    assert len(before) == 6  # two accounts, a Secret, three bindings
    project.run_release(None)

    project.write_pipelines(DEPLOYER, WATCHER, cluster=RENAMED)
    upgraded = project.pulumi(*UP)

    changed = [w for w in ("deleted", "replaced") if w in summary(upgraded)]
    assert changed == [], upgraded
    # Its connection, and the provider of the stack: neither writes anything.
    assert "+ 2 created" in summary(upgraded), upgraded
    assert made(lab) == before
    assert token(project, "renamed") == stored

    project.write_pipelines(WATCHER, DEPLOYER)
    project.pulumi(*UP, "--expect-no-changes")
    assert made(lab) == before


def test_an_upgrade_from_0_1_that_is_refused_half_way_is_completed_by_the_next(
    project: Project, lab: Lab
) -> None:
    """The component has its new name by then, and what lies in it has not: it was "already exists"."""
    project.run_release("0.1.0")
    project.write_pipelines(DEPLOYER, WATCHER, identity=IDENTITY, bindings=BINDINGS)
    project.pulumi(*UP)
    before, stored = made(lab), token(project, "local-east")
    project.run_release(None)
    lab.configure(oidc={"issuerUrl": "https://idp.example.com", "clientId": "theirs"})
    changed = {"identity": IDENTITY | {"groupsPrefix": "new:"}, "bindings": BINDINGS}

    project.write_pipelines(DEPLOYER, WATCHER, cluster=RENAMED, **changed)
    refused = project.pulumi(*UP, code=1)
    assert "it was changed outside this stack" in refused
    project.pulumi("refresh", "--yes", "--skip-preview")
    project.pulumi(*UP)

    assert made(lab) == before
    assert token(project, "renamed") == stored
