"""An audit of a real cluster: what others made is found, and fifty clusters are read at once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.lab.pipelines import PIPELINE, UP, Project

if TYPE_CHECKING:
    from tests.lab.conftest import Lab

VIEWERS = {"users": ["ann"], "clusterRole": "view", "namespaces": ["default"]}
COUNT = 50


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Iterator[Project]:
    project = Project(lab, tmp_path / "project")
    yield project
    project.pulumi("destroy", "--yes", "--skip-preview")


def findings(project: Project, *arguments: str, code: int = 2) -> list[dict[str, Any]]:
    text = project.access("audit", "test", "--json", *arguments, code=code)
    found: list[dict[str, Any]] = json.loads(text)["findings"]
    return [finding for finding in found if finding["place"].startswith("RoleBinding default/")]


def test_a_foreign_binding_is_found_and_accepted_and_what_the_stack_made_is_owned(
    project: Project, lab: Lab
) -> None:
    project.write_pipelines(PIPELINE, bindings=[VIEWERS])
    project.pulumi(*UP)
    before = json.loads(project.access("audit", "test", "--json", code=0))
    assert before["findings"] == []  # a fresh cluster has nothing that nobody knows
    owned = before["clusters"][0]["owned"]
    assert sorted(one["who"] for one in owned if one["who"]) == [
        ["ServiceAccount ci/deployer"],
        ["User ann"],
    ]
    assert [one["place"] for one in owned if not one["who"]] == [
        "Namespace ci",
        "ServiceAccount ci/deployer",
    ]

    with lab.role("eve", "admin"):
        (found,) = findings(project)
        accepted = {"id": found["id"], "reason": "INC-1", "until": "2999-12-31"}
        (project.folder / "audit.yaml").write_text(yaml.safe_dump({"accepted": [accepted]}))
        again = findings(project, "--baseline", "audit.yaml", code=0)

    assert (found["kind"], found["who"], found["what"]) == (
        "foreign-binding",
        ["User eve"],
        "admin in default",
    )
    assert "tokens of service accounts" in found["paths"]
    (acceptance,) = (one["accepted"] for one in again)
    assert acceptance == {"reason": "INC-1", "until": "2999-12-31T00:00:00Z"}


def test_fifty_clusters_are_read_in_seconds(
    project: Project, lab: Lab, record_property: Callable[[str, object], None]
) -> None:
    clusters = [
        {"id": f"1b5274f2-8012-4b68-9010-{i:012d}", "alias": f"c{i}", "endpoint": lab.host}
        for i in range(COUNT)
    ]
    project.write_pipelines(cluster={"name": "local-east"}, bindings=[VIEWERS])
    path = project.folder / "stacks" / "Pulumi.test.yaml"
    content = yaml.safe_load(path.read_text())
    own = path.read_text()
    content["config"]["cks-access:clusters"] = clusters
    path.write_text(yaml.safe_dump(content))

    begin = time.monotonic()
    printed = project.run("cks-access", "audit", "test", code=1)  # the CKS API has one cluster
    seconds = time.monotonic() - begin
    path.write_text(own)
    record_property("audit", f"{COUNT} clusters in {seconds:.1f} s")

    assert printed.count("its login and webhooks are not known") == COUNT
    assert f"{COUNT} of {COUNT} clusters read" in printed
    assert seconds < 60, seconds
