"""A change of the prefix on a real cluster: at no moment is somebody bound under the wrong name only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from lab.api import fleet
from lab.issuer import provider
from tests.lab.pipelines import PIPELINE, UP, Project

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

BINDINGS = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings"
VIEWERS = {"groups": ["ml"], "clusterRole": "view", "namespaces": ["default"]}


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Iterator[Project]:
    project = Project(lab, tmp_path / "project")
    yield project
    project.pulumi("destroy", "--yes", "--skip-preview")


def write(project: Project, prefix: str, **more: str) -> None:
    identity = {
        "issuerUrl": provider.URL,
        "clientId": provider.CLIENT,
        "usernameClaim": "email",
        "groupsClaim": "groups",
        "groupsPrefix": prefix,
        "discovery": "off",
        "adopt": True,
        **more,
    }
    project.write_pipelines(PIPELINE, identity=identity, bindings=[VIEWERS])


def test_names_change_without_a_gap_and_the_old_ones_stay_as_long_as_asked(
    project: Project, lab: Lab
) -> None:
    def holders() -> list[str]:
        items = lab.get(lab.host, BINDINGS, lab.token).json()["items"]
        return [s["name"] for i in items for s in i["subjects"] if s["name"].endswith(":ml")]

    write(project, "old:")
    project.pulumi(*UP)
    assert holders() == ["old:ml"]

    ended, gaps = Event(), list[tuple[str, list[str]]]()

    def watch() -> None:
        while not ended.wait(0.05):
            before = holders()
            prefix = str(lab.control.cluster(fleet.CONTROL_PLANE)["oidc"]["groupsPrefix"])
            if f"{prefix}ml" not in {*before, *holders()}:
                gaps.append((prefix, before))

    write(project, "new:", handover="24h")
    watching = Thread(target=watch)
    watching.start()
    try:
        said = project.pulumi(*UP)
    finally:
        ended.set()
        watching.join()
    assert gaps == []
    assert "bindings get the new names of people and groups before the block is changed" in said
    assert sorted(holders()) == ["new:ml", "old:ml"]
    assert "stay bound for another 23 hours" in project.pulumi(*UP, "--expect-no-changes")

    write(project, "new:")
    project.pulumi(*UP)
    assert holders() == ["new:ml"]
