"""A fleet in several stacks, which are written from one fleet file; a cluster moves between them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from cks_components.engine.resource_names import cluster_name
from cks_components.project.configuration import LARGEST_SIZE, size
from tests.engine.stack_file import IDENTITY, pinned
from tests.program import ROOT

if TYPE_CHECKING:
    from tests.engine.command_result import Run
    from tests.engine.conftest import Project

YES = ("--yes", "--skip-preview")
WHOLE = IDENTITY | {"usernameClaim": "preferred_username", "usernamePrefix": "idp:"}


def test_what_is_called_too_large_is_what_pulumi_cannot_pass_to_the_program(
    project: Project,
) -> None:
    clusters = pinned(project.add_clusters("a"))
    waiver = {"rule": "OIDC-10", "reason": ""}
    values: dict[str, Any] = {"identity": WHOLE, "clusters": clusters, "waivers": [waiver]}
    room = LARGEST_SIZE - size({f"cks-access:{key}": value for key, value in values.items()})

    for length, is_passed in ((room, True), (room + 1, False)):
        project.write(**values | {"waivers": [waiver | {"reason": "x" * length}]})
        preview = project.pulumi("preview")
        assert ("argument list too long" not in preview.text) is is_passed, preview.text[:2000]


def render(project: Project, *arguments: str, **clusters: list[dict[str, str]]) -> int:
    """Write the fleet file and the stack files that follow from it; gives the exit code."""
    content: dict[str, Any] = {
        "common": {"identity": WHOLE},
        "stacks": {name: {"clusters": listed} for name, listed in clusters.items()},
    }
    (project.folder / "fleet.yaml").write_text(json.dumps(content))
    command = [sys.executable, "-m", "cks_components.cli.command", "fleet", "render", *arguments]
    environment = project.environment | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=project.folder, env=environment, check=False).returncode


def run(project: Project, stack: str, *arguments: str) -> Run:
    done = project.pulumi(*arguments, environment={"PULUMI_STACK": stack})
    assert done.code == 0, done.text
    return done


def test_a_cluster_moves_between_the_stacks_of_a_fleet_and_is_not_touched(
    project: Project,
) -> None:
    clusters = pinned(project.add_clusters("a", "b", "c"))
    a, b, c = clusters
    assert render(project, east=[a, b], west=[c]) == 0
    for stack in ("east", "west"):
        run(project, stack, "stack", "init", stack, "--no-select")
    assert render(project, "--check", east=[a, b], west=[c]) == 0  # Pulumi's own key may stay
    patches = [
        p["id"] for stack in ("east", "west") for p in run(project, stack, "up", *YES).patches
    ]
    assert sorted(patches) == [cluster["id"] for cluster in clusters]

    listed = json.loads(run(project, "east", "stack", "export").text)["deployment"]["resources"]
    moved = [r["urn"] for r in listed if f"::{cluster_name(b['id'])}" in r["urn"]]
    run(project, "east", "state", "move", "--source", "east", "--dest", "west", "--yes", *moved)
    assert render(project, east=[a], west=[b, c]) == 0

    for stack in ("east", "west"):
        again = run(project, stack, "up", *YES, "--expect-no-changes")
        assert again.patches == []
    changed = run(project, "west", "destroy", *YES)
    assert {p["id"] for p in changed.patches} == {b["id"], c["id"]}
    assert project.emulator.cluster(a["id"])["oidc"] == WHOLE
