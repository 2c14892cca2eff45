"""A right with an end on a real cluster: plans before it stay valid, and `up` after it takes it away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.pipelines import UP, Project

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

ONCALL = {"users": ["ann"], "clusterRole": "view", "namespaces": ["default"]}
CD = {"name": "cd", "namespace": "default", "clusterRole": "view", "namespaces": ["default"]}
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings"
SAVE = ("preview", "--save-plan", "plan.json", "--expect-no-changes")


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Iterator[Project]:
    project = Project(lab, tmp_path / "project")
    yield project
    project.pulumi("destroy", "--yes", "--skip-preview")


def write(project: Project, **end: str) -> None:
    project.write_pipelines(CD, bindings=[ONCALL | end])


def test_a_plan_is_valid_until_the_end_and_explained_after_it(project: Project, lab: Lab) -> None:
    def holders() -> list[str]:
        items = lab.get(lab.host, BINDINGS, lab.token).json()["items"]
        return [subject["name"] for item in items for subject in item["subjects"]]

    write(project)
    project.pulumi(*UP)
    assert {"ann", "cd"} <= {*holders()}

    write(project, until="2999-12-31")
    began = datetime.now(UTC)
    project.pulumi(*SAVE)
    project.pulumi(*UP, "--plan", "plan.json", "--expect-no-changes")

    # Long enough for another preview, for which this machine needs less than for both commands.
    end = datetime.now(UTC) + max(timedelta(seconds=10), datetime.now(UTC) - began)
    write(project, until=f"{end:%Y-%m-%dT%H:%M:%SZ}")
    assert "bindings[0].until: ends in " in project.pulumi(*SAVE)
    time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds()))

    late = project.pulumi(*UP, "--plan", "plan.json", code=1)
    assert "a plan that was saved before the end does not allow it" in late
    assert "violates plan" in late
    assert "ann" in holders()
    assert "bindings[0]: ann: view ended " in project.access("expired", code=2)

    project.pulumi(*UP)
    assert "ann" not in holders()
    assert "cd" in holders()
    project.pulumi(*UP, "--expect-no-changes")
