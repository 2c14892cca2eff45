"""ci/preview as a CI system runs it: real git, real engine, one Markdown comment for each change."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from lab.api import fleet
from tests.program import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import Project

IDENTITY: dict[str, Any] = {
    "provider": "okta",
    "issuerUrl": "https://acme.okta.com",
    "clientId": "0oa1example",
    "usernameClaim": "preferred_username",
    "usernamePrefix": "okta:",
    "groupsClaim": "groups",
    "groupsPrefix": "okta:",
    "discovery": "off",  # nothing goes beyond loopback
}
PINNED = [
    {
        "id": fleet.CONTROL_PLANE,
        "alias": "train-east",
        "endpoint": fleet.endpoint("local-east"),
    }
]
BASE: dict[str, Any] = {
    "environment": "production",
    "identity": IDENTITY,
    "clusters": PINNED,
    "bindings": [
        {"groups": ["platform-admins"], "clusterRole": "cluster-admin"},
        {"groups": ["ml-engineers"], "clusterRole": "edit", "namespaces": ["training"]},
    ],
}
WIDER = [BASE["bindings"][0], {"groups": ["ml-engineers"], "clusterRole": "cluster-admin"}]


@dataclass
class Repository:
    """The project under version control, as the base of pull requests."""

    project: Project
    git_settings: dict[str, str] = field(
        default_factory=lambda: {
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_SYSTEM": "/dev/null",
            "GIT_AUTHOR_NAME": "Somebody",
            "GIT_AUTHOR_EMAIL": "somebody@example.com",
            "GIT_COMMITTER_NAME": "Somebody",
            "GIT_COMMITTER_EMAIL": "somebody@example.com",
        }
    )

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.project.folder,
            env=self.project.environment | self.git_settings | more,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def change(self, **settings: Any) -> None:
        """Write the stack file anew, with the engine's own entries as they are."""
        path = self.project.folder / "stacks" / "Pulumi.test.yaml"
        kept = yaml.safe_load(path.read_text()) if path.exists() else {}
        config = {f"cks-access:{key}": value for key, value in (BASE | settings).items()}
        path.write_text(yaml.safe_dump(kept | {"config": config}))

    def comment(self, **more: str) -> tuple[int, str]:
        """Run the script as a CI system does; returns its exit code and the comment."""
        self.project.emulator.requests.clear()
        done = self.run("ci/preview", "test", "--base", "HEAD", "--output", "comment.md", **more)
        text = (self.project.folder / "comment.md").read_text()
        self.project.texts += [done.stdout, done.stderr]
        return done.returncode, text


@pytest.fixture
def repository(project: Project) -> Repository:
    # Bindings are previewed by the project's own Kubernetes plugin, before no cluster at all.
    project.environment["PULUMI_HOME"] = str(ROOT / ".tools" / "pulumi-home")
    copy_script(project.folder)
    made = Repository(project)
    made.change()
    for command in (["init"], ["add", "--all"], ["commit", "--message", "the base"]):
        done = made.run("git", *command)
        assert done.returncode == 0, done.stderr
    return made


def copy_script(folder: Path) -> None:
    (folder / "ci").mkdir()
    shutil.copy(ROOT / "ci" / "preview", folder / "ci" / "preview")
    (folder / ".gitignore").write_text("/.venv\n/cks_components\n/comment.md\n")


def test_a_harmless_change_is_previewed_and_changes_nobodys_access(repository: Repository) -> None:
    repository.change(updateTimeout="30m")

    code, text = repository.comment()

    assert code == 0, text
    assert text.startswith("<!-- cks-access preview: test -->\n")
    assert "nothing refuses this change" in text
    assert "nobody gains or loses" in text.lower()
    summary = text.partition("<details><summary>")[2].partition("</summary>")[0]
    assert summary.startswith("+ ")  # the engine's own summary, and nothing that was said beside it
    assert "OIDC-19" not in summary
    said, _, folded = text.partition("What it has to say:")[2].partition("<details>")
    assert "will get cluster-admin cluster wide [OIDC-19]" in said
    assert "OIDC-19" not in folded
    assert "an update over it may be refused" in text
    assert "update_timeout_seconds: 1800" in text
    # Every cluster is pinned: the comment says that none was asked, and none was.
    assert "this preview read none of them" in text
    assert repository.project.emulator.requests == []


def test_a_change_that_widens_access_is_flagged_for_the_reviewer(repository: Repository) -> None:
    repository.change(bindings=WIDER)

    code, text = repository.comment()

    assert code == 0, text
    assert "⚠️" in text
    gains = text.partition("**Gains**")[2].partition("**")[0]
    assert "Group `okta:ml-engineers` (`ml-engineers`) | `cluster-admin` | cluster wide" in gains


def test_a_change_that_breaks_a_rule_is_refused_with_the_rule(repository: Repository) -> None:
    repository.change(identity=IDENTITY | {"issuerUrl": "http://acme.okta.com"})

    code, text = repository.comment()

    assert code == 1
    assert text.splitlines()[2] == "## Stack `test`: refused"
    assert "is not https" in text
    assert "OIDC-01" in text
    assert "Traceback" not in text


def test_a_finding_is_shown_on_its_line_in_github_actions(repository: Repository) -> None:
    repository.change(identity=IDENTITY | {"issuerUrl": "http://acme.okta.com"})
    file = repository.project.folder / "stacks" / "Pulumi.test.yaml"
    (line,) = [i for i, t in enumerate(file.read_text().splitlines(), 1) if "issuerUrl" in t]

    quiet, _ = repository.comment(GITHUB_ACTIONS="", COREWEAVE_API_TOKEN="")
    unannotated = repository.project.texts[-2]
    code, text = repository.comment(GITHUB_ACTIONS="true", COREWEAVE_API_TOKEN="")

    assert (quiet, code, unannotated) == (1, 1, "")
    commands = repository.project.texts[-2].splitlines()
    place = f"::error file=stacks/Pulumi.test.yaml,line={line},col=5,title=cks-access OIDC-01::"
    assert [c for c in commands if c.startswith(f"{place}identity.issuerUrl: ")]
    assert f"stacks/Pulumi.test.yaml:{line}:5: identity.issuerUrl: " in text


def test_a_change_that_repairs_a_broken_file_is_not_refused(repository: Repository) -> None:
    path = repository.project.folder / "stacks" / "Pulumi.test.yaml"
    whole = path.read_text()
    path.write_text("config: [\n")
    for command in (["add", "--all"], ["commit", "--message", "it is broken"]):
        assert repository.run("git", *command).returncode == 0
    path.write_text(whole)
    repository.change(bindings=WIDER)

    code, text = repository.comment()

    assert code == 0, text
    assert "the file at `HEAD` could not be read" in text
    assert "**Gains**" in text


def test_a_fork_gets_rules_and_access_without_any_secret(repository: Repository) -> None:
    repository.change(bindings=WIDER)

    code, text = repository.comment(COREWEAVE_API_TOKEN="", PULUMI_CONFIG_PASSPHRASE="")

    assert code == 0, text
    assert "Left out: COREWEAVE_API_TOKEN is not set, as in a pull request from a fork" in text
    assert "**Gains**" in text
    assert "Every rule was applied" in text
    assert repository.project.emulator.requests == []
