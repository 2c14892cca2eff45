"""An existing configuration is taken into the state, and the cluster is not touched by it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from lab.api import fleet

if TYPE_CHECKING:
    from tests.engine.conftest import Project

YES = ("--yes", "--skip-preview")
IDENTITY: dict[str, Any] = {
    "issuerUrl": "https://sso.elsewhere.example",
    "clientId": "k8s",
    "usernameClaim": "email",
}


def import_file(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does, in the project's folder."""
    done = subprocess.run(
        [sys.executable, "-m", "cks_components.cli.command", "import-file", "test", *arguments],
        cwd=project.folder,
        env=project.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    project.texts += [done.stdout, done.stderr]
    return done


def foreign(project: Project) -> dict[str, Any]:
    return next(c for c in project.emulator.clusters() if c["name"] == "foreign")


def test_an_imported_block_is_unchanged_in_the_next_preview_and_left_by_a_restore(
    project: Project,
) -> None:
    project.write(identity=IDENTITY, clusters=[{"name": "foreign"}])

    printed = import_file(project, "--output", "import.json")
    assert printed.returncode == 0, printed.stderr
    command = printed.stdout.splitlines()[-1].split()
    imported = project.pulumi(*command[1:], "--yes")
    assert imported.code == 0, imported.text
    assert imported.sent == []

    up = project.pulumi("up", *YES)
    assert up.code == 0, up.text
    assert up.patches == []
    assert project.pulumi("refresh", "--yes", "--expect-no-changes").code == 0
    before = foreign(project)
    assert project.pulumi("destroy", *YES).code == 0
    assert foreign(project)["oidc"] == before["oidc"]


def test_what_differs_from_the_stack_file_is_shown_after_the_import_and_changed_by_up(
    project: Project,
) -> None:
    """Also where the stack has more clusters than one provider process works on."""
    more = [fleet.cluster(f"00000000-0000-4000-8000-00000000000{n}", f"c{n}") for n in range(4)]
    for cluster in more:
        project.emulator.add(cluster)
    clusters = [{"name": c["name"]} for c in more] + [{"name": "foreign"}]
    project.write(identity=IDENTITY, clusters=clusters[:-1])
    assert project.pulumi("up", *YES).code == 0
    project.write(identity=IDENTITY | {"clientId": "new"}, clusters=clusters)

    printed = import_file(project, "--cluster", "foreign")
    assert printed.returncode == 0, printed.stderr
    (project.folder / "import.json").write_text(printed.stdout)
    command = printed.stderr.splitlines()[-1].split()
    imported = project.pulumi(*command[1:], "--yes")
    assert imported.code == 0, imported.text

    preview = project.pulumi("preview", "--diff")
    assert '"k8s" => "new"' in preview.text
    up = project.pulumi("up", *YES)
    assert up.code == 0, up.text
    mine = [p for p in up.patches if p["id"] == foreign(project)["id"]]
    assert [p["updateMask"] for p in mine] == ["oidc.clientId"]


def test_nothing_to_import_is_said(project: Project) -> None:
    project.write(identity=IDENTITY, clusters=[{"name": "local-east"}])

    printed = import_file(project)

    assert printed.returncode == 1
    assert (
        'cluster "local-east" has none of the blocks in the stack file: nothing to import'
        in printed.stderr
    )
    assert "there is nothing to import" in printed.stderr
    assert json.dumps(printed.stdout) == '""'
