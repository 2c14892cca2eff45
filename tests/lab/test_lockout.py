"""An update that would lock out is refused in production, with nothing sent, until somebody has seen it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lab.control_plane import ADMINISTRATOR
from lab.issuer import provider
from tests.lab.pipelines import UP, Project

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

BINDINGS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
IDENTITY = {
    "issuerUrl": provider.URL,
    "clientId": provider.CLIENT,
    "usernameClaim": "email",
    "groupsClaim": "groups",
    "groupsPrefix": "lab:",
    "discovery": "off",
    "adopt": True,
}
ADMINS: dict[str, Any] = {"groups": ["platform-admins"], "clusterRole": "cluster-admin"}
RUNNER: dict[str, Any] = {"users": [ADMINISTRATOR], "clusterRole": "view"}
VIEWERS: dict[str, Any] = {"groups": ["ml"], "clusterRole": "view", "namespaces": ["default"]}


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Iterator[Project]:
    project = Project(lab, tmp_path / "project")
    yield project
    project.pulumi("destroy", "--yes", "--skip-preview")


def test_the_last_administrator_and_the_rights_of_who_runs_it_go_only_with_an_acknowledgement(
    project: Project, lab: Lab
) -> None:
    def write(*bindings: dict[str, Any], **more: Any) -> None:
        given = {"environment": "production", "identity": IDENTITY, "bindings": list(bindings)}
        project.write_pipelines(**(given | more))

    def holders() -> set[str]:
        items = lab.get(lab.host, BINDINGS, lab.token).json()["items"]
        return {s["name"] for item in items for s in item.get("subjects") or ()}

    bound = {"lab:platform-admins", ADMINISTRATOR}
    write(ADMINS, RUNNER, VIEWERS, waivers=[{"rule": "RBAC-04", "reason": "for this test"}])
    project.pulumi(*UP)
    assert bound <= holders()

    write(VIEWERS)
    lab.control.clear_requests()
    refused = project.pulumi(*UP, code=1)
    assert "LOCK-01" in refused
    assert "LOCK-02" in refused
    assert f"takes view cluster wide on cluster local-east from {ADMINISTRATOR}" in refused
    assert bound <= holders()
    assert not [r for r in lab.control.requests() if r.method not in ("GET", "HEAD")]

    seen = [{"risk": risk, "reason": "INC-1"} for risk in ("no-administrator", "own-rights")]
    write(VIEWERS, acknowledge=seen)
    assert "waived: INC-1" in project.pulumi(*UP)
    assert not bound & holders()
