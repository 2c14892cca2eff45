"""A namespace outlives the pipeline that made it, and how one is deleted: real engine and cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.pipelines import UP, Project

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

HOME = "shared-home"
MAKER: dict[str, Any] = {
    "name": "maker",
    "namespace": HOME,
    "createNamespace": True,
    "clusterRole": "view",
    "namespaces": [HOME],
}
GUEST: dict[str, Any] = {"name": "guest", "namespace": HOME, "clusterRole": "system:discovery"}
DELETING = {"deleteNamespace": True}
PATH = f"/api/v1/namespaces/{HOME}"


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Iterator[Project]:
    project = Project(lab, tmp_path / "project")
    yield project
    project.run_release(None)
    project.pulumi("destroy", "--yes", "--skip-preview")
    lab.http.delete(f"https://{lab.host}{PATH}", headers={"Authorization": f"Bearer {lab.token}"})
    lab.eventually(lambda: uid(lab, PATH) is None)


def uid(lab: Lab, path: str) -> str | None:
    metadata = lab.get(lab.host, path, lab.token).json().get("metadata", {})
    found: str | None = metadata.get("uid")
    return found


@pytest.mark.parametrize("release", ["0.1.0", None])
def test_a_namespace_outlives_its_maker_and_whoever_lives_in_it(
    project: Project, lab: Lab, release: str | None
) -> None:
    project.run_release(release)
    project.write_pipelines(MAKER, GUEST)
    project.pulumi(*UP)
    account = f"{PATH}/serviceaccounts/guest"
    before = uid(lab, PATH), uid(lab, account)
    project.run_release(None)
    if release is not None:
        project.write_pipelines(GUEST)
        refused = project.pulumi(*UP, code=1)
        assert f'the namespace "{HOME}" was created by a release before 0.2' in refused
        assert "Traceback" not in refused

    project.write_pipelines(MAKER | {"createNamespace": False}, GUEST)
    project.pulumi(*UP)
    project.write_pipelines(GUEST)
    project.pulumi(*UP)
    project.pulumi(*UP, "--expect-no-changes")
    assert (uid(lab, PATH), uid(lab, account)) == before

    project.write_pipelines({**GUEST, "namespace": "default"})
    left = project.pulumi(*UP)
    assert f'namespace "{HOME}" and everything in it is kept on the cluster' in left
    assert uid(lab, PATH) == before[0]
    assert uid(lab, account) is None

    project.write_pipelines(MAKER)
    again = project.pulumi(*UP)
    assert f'namespace "{HOME}" already exists' in again
    assert uid(lab, PATH) == before[0]


def test_a_namespace_is_deleted_when_told_and_only_when_nothing_is_in_it(
    project: Project, lab: Lab
) -> None:
    project.write_pipelines(MAKER | DELETING, GUEST)
    project.pulumi(*UP)
    config = {"metadata": {"name": "release"}}
    assert lab.post(lab.host, f"{PATH}/configmaps", lab.token, config).status_code == 201

    refused = project.pulumi("destroy", "--yes", "--skip-preview", code=1)
    assert f'cannot delete namespace "{HOME}"' in refused
    assert "it still contains configmaps/release" in refused
    assert uid(lab, f"{PATH}/configmaps/release") is not None

    gone = f"https://{lab.host}{PATH}/configmaps/release"
    lab.http.delete(gone, headers={"Authorization": f"Bearer {lab.token}"})
    project.pulumi("destroy", "--yes", "--skip-preview")
    lab.eventually(lambda: uid(lab, PATH) is None)


def test_a_refused_deletion_is_taken_back_by_writing_the_pipeline_without_it(
    project: Project, lab: Lab
) -> None:
    project.write_pipelines(MAKER | DELETING)
    project.pulumi(*UP)
    before = uid(lab, PATH)
    lab.post(lab.host, f"{PATH}/configmaps", lab.token, {"metadata": {"name": "release"}})
    project.write_pipelines(GUEST | {"namespace": "default"})
    refused = project.pulumi(*UP, code=1)
    assert "it still contains configmaps/release" in refused

    project.write_pipelines(MAKER)
    project.pulumi(*UP)
    project.write_pipelines(GUEST | {"namespace": "default"})
    project.pulumi(*UP)

    assert uid(lab, PATH) == before
