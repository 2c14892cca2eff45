"""ci/preview as a CI system runs it: real git, real engine, one Markdown comment for each change."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from lab.api import fleet
from tests.engine.stack_file import pinned
from tests.examples import OKTA
from tests.program import ROOT

if TYPE_CHECKING:
    from tests.engine.conftest import Project

STACK_FILE = "stacks/Pulumi.test.yaml"
IDENTITY: dict[str, Any] = {
    "provider": "okta",
    **OKTA,
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

_NO_JOB = {"GITHUB_ACTIONS": "", "GITHUB_EVENT_PATH": "", "CI_MERGE_REQUEST_PROJECT_ID": ""}
"""The job that runs the tests says nothing about the pull requests in them."""


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
            env=self.project.environment | _NO_JOB | self.git_settings | more,
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

    def commit(self, message: str) -> None:
        """Let the next change be compared with what there is now."""
        for command in (["add", "--all"], ["commit", "--message", message]):
            done = self.run("git", *command)
            assert done.returncode == 0, done.stderr

    def comment(self, stack: str = "test", **more: str) -> tuple[int, str]:
        """Run the script as a CI system does; returns its exit code and the comment."""
        self.project.emulator.requests.clear()
        done = self.run("ci/preview", stack, "--base", "HEAD", "--output", "comment.md", **more)
        text = (self.project.folder / "comment.md").read_text()
        self.project.texts += [done.stdout, done.stderr]
        return done.returncode, text


@pytest.fixture
def repository(project: Project) -> Repository:
    # Bindings are previewed by the project's own Kubernetes plugin, before no cluster at all. The
    # rest of the home is each test's own, where notes between runs lie.
    home = Path(project.environment["PULUMI_HOME"])
    home.mkdir()
    (home / "plugins").symlink_to(ROOT / ".tools" / "pulumi-home" / "plugins")
    copy_script(project.folder)
    made = Repository(project)
    made.change()
    assert made.run("git", "init").returncode == 0
    made.commit("the base")
    return made


def copy_script(folder: Path) -> None:
    (folder / "ci").mkdir()
    shutil.copy(ROOT / "ci" / "preview", folder / "ci" / "preview")
    (folder / ".gitignore").write_text("/.venv\n/cks_components\n/comment.md\n")


def headline(text: str) -> str:
    return text.splitlines()[2].removeprefix("## ")


def points(text: str) -> list[str]:
    """What must be looked at, which stands above everything else."""
    return [line for line in text.splitlines() if line.startswith(("- 🛑", "- ⚠️"))]


def test_a_harmless_change_is_previewed_and_changes_nobodys_access(repository: Repository) -> None:
    repository.change(updateTimeout="30m")

    code, text = repository.comment()

    assert code == 0, text
    assert text.startswith("<!-- cks-access preview: test -->\n")
    assert "nobody gains or loses rights; no rule is broken" in headline(text)
    assert points(text) == []
    preview = text.partition("<details><summary>Preview: ")[2]
    assert preview.startswith("9 to create</summary>")  # one line, and nothing else beside it
    assert "an update over it may be refused" in preview
    assert "update_timeout_seconds: 1800" in preview
    # The rules say it, and the part about access: the preview does not say it again.
    assert "OIDC-19" not in text
    assert "kubeconfig" not in text
    # Every cluster is pinned: the comment says that none was asked, and none was.
    assert "this preview read none of them" in preview
    assert repository.project.emulator.requests == []


def test_a_change_that_widens_access_is_flagged_for_the_reviewer(repository: Repository) -> None:
    repository.change(bindings=WIDER)

    code, text = repository.comment()

    assert code == 0, text
    assert headline(text) == (
        "⚠️ Stack `test`: 1 subject gains rights on 1 cluster; 1 change needs a second look"
    )
    assert points(text)[0].startswith(
        "- ⚠️ `train-east`: Group `okta:ml-engineers` (`ml-engineers`)"
    )
    gains = text.partition("**Gains**")[2].partition("<details>")[0]
    assert "Group `okta:ml-engineers` (`ml-engineers`) | `cluster-admin` | cluster wide" in gains


def test_a_change_that_breaks_a_rule_is_refused_with_the_rule(repository: Repository) -> None:
    repository.change(identity=IDENTITY | {"issuerUrl": "http://acme.okta.com"})

    code, text = repository.comment()

    assert code == 1
    assert headline(text).startswith("🛑 Stack `test`: refused by the rules (")
    assert "is not https" in text
    assert "OIDC-01" in text
    assert "**Preview**: left out, because of what failed above." in text
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
    repository.commit("it is broken")
    path.write_text(whole)
    repository.change(bindings=WIDER)

    code, text = repository.comment()

    assert code == 0, text
    assert "the file at `HEAD` could not be read" in points(text)[0]
    assert "**Gains**" in text


def test_without_a_token_there_are_rules_and_access(repository: Repository) -> None:
    repository.change(bindings=WIDER)

    code, text = repository.comment(COREWEAVE_API_TOKEN="", PULUMI_CONFIG_PASSPHRASE="")

    assert code == 0, text
    assert "**Preview**: left out, because COREWEAVE\\_API\\_TOKEN is not set" in text
    assert "**Gains**" in text
    assert repository.project.emulator.requests == []


def test_the_program_of_a_fork_does_not_run_with_a_secret(repository: Repository) -> None:
    """On GitLab a member can start a fork's pipeline with the secrets of the project."""
    trap = repository.project.folder / "trap"
    (repository.project.folder / "__main__.py").write_text(f"open({str(trap)!r}, 'w').close()\n")
    fork = {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "6", "CI_MERGE_REQUEST_PROJECT_ID": "5"}

    code, text = repository.comment(**fork)

    assert code == 0, text
    assert "**Preview**: left out, because it comes from a fork" in text
    assert headline(text) == "⚠️ Stack `test`: the program changes"
    assert points(text)[0].startswith("- ⚠️ the program changes (`__main__.py`): ")
    assert not trap.exists()


def test_a_token_that_is_refused_fails_with_what_to_do(repository: Repository) -> None:
    repository.change(clusters=[{"name": "train-east"}])

    code, text = repository.comment(COREWEAVE_API_TOKEN="CW-SECRET-expired")

    assert code == 1
    assert headline(text) == "🛑 Stack `test`: the preview failed"
    (point,) = [p for p in points(text) if p.startswith("- 🛑")]
    assert "cannot list the clusters: the API answered 401" in point
    assert "create a new one in the console" in point


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PULUMI_BACKEND_URL": "file:///none"}, "the backend of the state cannot be reached"),
        (
            {"PULUMI_BACKEND_URL": "https://127.0.0.1:9", "PULUMI_ACCESS_TOKEN": "x"},
            "the backend of the state cannot be reached",
        ),
        (
            {"PULUMI_BACKEND_URL": "https://127.0.0.1:9", "PULUMI_ACCESS_TOKEN": ""},
            "for Pulumi Cloud `PULUMI_ACCESS_TOKEN`",
        ),
    ],
    ids=["no folder", "no answer", "no credentials"],
)
def test_a_state_that_cannot_be_read_fails_with_what_to_do(
    repository: Repository, variables: dict[str, str], said: str
) -> None:
    code, text = repository.comment(**variables)

    assert code == 1
    assert headline(text) == "🛑 Stack `test`: the preview failed"
    assert said in points(text)[-1]


def test_a_deleted_file_leads_to_an_empty_cluster_step_by_step(repository: Repository) -> None:
    def trusted() -> Any:
        return repository.project.emulator.cluster(fleet.CONTROL_PLANE).get("oidc")

    repository.change(bindings=[])
    repository.commit("without bindings, which need a cluster")
    assert repository.project.up().code == 0
    assert trusted()
    wrong, unread = repository.comment(PULUMI_CONFIG_PASSPHRASE="another")
    (repository.project.folder / "stacks" / "Pulumi.test.yaml").unlink()

    code, text = repository.comment()
    command = re.search(r"`(pulumi destroy [^`]*)`, then `(pulumi stack rm [^`]*)`", text)
    assert command is not None
    done = [repository.run(*c.split(), "--yes", "--non-interactive") for c in command.groups()]
    after, destroyed = repository.comment()

    assert (wrong, code, after) == (1, 0, 0)
    assert (
        "incorrect passphrase; give the job the stack's `PULUMI_CONFIG_PASSPHRASE`"
        in points(unread)[0]
    )
    assert headline(text).startswith("⚠️ Stack `test`: its file is deleted; ")
    assert "<summary>What pulumi destroy would do: 4 to delete</summary>" in text
    assert [d.returncode for d in done] == [0, 0], done
    assert not trusted()
    assert "its file is deleted, and nothing of it is left on the clusters" in headline(destroyed)


def test_a_renamed_file_leads_to_a_renamed_state(repository: Repository) -> None:
    repository.change(bindings=[])
    repository.commit("without bindings, which need a cluster")
    assert repository.project.up().code == 0
    assert repository.run("git", "mv", STACK_FILE, "stacks/Pulumi.prod.yaml").returncode == 0

    code, text = repository.comment()
    early, unknown = repository.comment("prod")
    (command,) = re.findall(r"`(pulumi stack rename [^`]*)`", text)
    renamed = repository.run(*command.split(), "--non-interactive")
    after, known = repository.comment("prod")

    assert (code, early, after) == (0, 0, 0)
    assert headline(text) == "⚠️ Stack `test`: its file is renamed, so the stack `prod` replaces it"
    assert "is not in the backend of the state yet" in unknown
    assert renamed.returncode == 0, renamed.stderr
    assert "nobody gains or loses rights" in headline(known)
    assert "there is nothing to update" in headline(known)


def test_what_several_clusters_have_in_common_is_said_once(repository: Repository) -> None:
    def fleet_of(role: str) -> list[dict[str, Any]]:
        ids = {f"cluster-{i}": f"00000000-0000-4000-8000-{i:012d}" for i in range(5)}
        own = [{"groups": [f"team-{n}" for n in range(9)], "clusterRole": role}]
        return [c | {"bindings": own} for c in pinned(ids)]

    quiet = {"environment": "development", "bindings": []}
    repository.change(clusters=fleet_of("view"), **quiet)
    repository.commit("a fleet")
    repository.change(clusters=fleet_of("edit"), **quiet)

    code, text = repository.comment()

    assert code == 0, text
    assert "9 subjects gain rights on 5 clusters" in headline(text)
    assert "all 5 clusters: Group `okta:team-0`" in points(text)[0]
    assert "<summary>Preview: " in text
