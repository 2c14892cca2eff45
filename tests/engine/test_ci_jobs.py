"""The steps of the workflows after a merge, as their files have them, on the real engine.

A command costs seconds, so most tests look at what one course of steps left.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lab.api import faults
from lab.api.server import serve
from tests import workflow_step
from tests.engine.stack_file import pinned
from tests.engine.test_ci_preview import IDENTITY
from tests.kubernetes_api import FakeKubernetes
from tests.workflow_step import Ended

if TYPE_CHECKING:
    from tests.engine.conftest import Project

GIT = ("git", "-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
NOWHERE = {"GITHUB_EVENT_PATH": "", "CI_MERGE_REQUEST_IID": "", "GITHUB_EVENT_NAME": "push"}
PASSPHRASE = "a-passphrase-of-this-test"
WIDER = IDENTITY | {"adminGroupBinding": "platform-admins"}


@dataclass
class Repository:
    """A checkout of the branch main, in which jobs run."""

    project: Project
    ids: dict[str, str]

    def merge(self, **settings: Any) -> None:
        """Let the branch have this stack file."""
        given = {"environment": "development", "clusters": pinned(self.ids), "bindings": []}
        self.project.write(**given | settings)
        self._git("add", "--all")
        self._git("commit", "--message", "a change", "--allow-empty")

    def step(self, file: str, job: str, name: str, folder: str = ".", **variables: str) -> Ended:
        """Run a step of a job of the stack `test`; the token is a secret of the repository.

        The checkout is around the `folder` of the project that the job is given.
        """
        given = self.project.environment | NOWHERE | variables
        token = given.pop("COREWEAVE_API_TOKEN")
        context = {
            "matrix.stack": "test",
            "inputs.stack": "test",
            "secrets.COREWEAVE_API_TOKEN": token,
            "secrets.COREWEAVE_VIEWER_TOKEN": token,
            "secrets.PULUMI_CONFIG_PASSPHRASE": given["PULUMI_CONFIG_PASSPHRASE"],
            "vars.PULUMI_BACKEND_URL": given["PULUMI_BACKEND_URL"],
        }
        found = workflow_step.step(file, job, name)
        context["inputs.folder"] = folder
        checkout = self.project.folder if folder == "." else self.project.folder.parent
        ended = workflow_step.run(found, checkout, given, context)
        self.project.texts += [ended.log, ended.page]
        return ended

    def component(self, file: str, job: str) -> Ended:
        """Run a job of a GitLab component, whose output is its page."""
        found = workflow_step.component_step(
            file, f"cks-access {job} test", stack="test", setup="echo set up"
        )
        given = self.project.environment | NOWHERE
        ended = workflow_step.run(found, self.project.folder, given, {})
        self.project.texts += [ended.log, ended.page]
        return ended

    def plan(self, **variables: str) -> Ended:
        return self.step("up-stack", "plan", "Plan", **variables)

    def update(self, **variables: str) -> Ended:
        return self.step("up-stack", "update", "Update", **variables)

    def look(self, **variables: str) -> Ended:
        return self.step("drift", "drift", "Look", **variables)

    def patches(self) -> list[str]:
        return [r.path for r in self.project.emulator.requests if r.method == "PATCH"]

    def _git(self, *arguments: str) -> None:
        subprocess.run([*GIT, *arguments], cwd=self.project.folder, check=True, capture_output=True)


@dataclass
class Course:
    """What each step of a course left."""

    repository: Repository
    first_plan: Ended
    first: Ended
    widening: Ended
    other: Ended
    patches_of_other: list[str]
    widened: Ended
    again: Ended
    same: Ended
    quiet: Ended
    drifted: Ended
    issue: str


def repository_of(project: Project) -> Repository:
    (project.folder / ".gitignore").write_text(
        ".venv\ncks_components\nplan.json\ndrift.md\n*.html\n"
    )
    subprocess.run([*GIT, "init"], cwd=project.folder, check=True, capture_output=True)
    return Repository(project, project.add_clusters("train-east", "infer-west"))


@pytest.fixture(scope="module")
def course(shared_project: Project) -> Course:
    project = shared_project
    repository = repository_of(project)
    repository.merge(identity=IDENTITY)
    first_plan, first = repository.component("up", "plan"), repository.component("up", "up")
    repository.merge(identity=WIDER)
    widening = repository.plan()
    approved = (project.folder / "plan.json").read_text()
    repository.merge(identity=WIDER | {"clientId": "another"})
    project.emulator.clear_requests()
    other, patches = repository.update(), repository.patches()
    repository.merge(identity=WIDER)
    (project.folder / "plan.json").write_text(approved)
    widened, again = repository.update(), repository.update()
    repository.merge(identity=WIDER, updateTimeout="20m")  # as it is without it
    same = repository.plan()
    quiet = repository.component("drift", "drift")
    cluster = repository.ids["train-east"]
    oidc = project.emulator.cluster(cluster)["oidc"]
    project.emulator.change(cluster, oidc=oidc | {"groupsPrefix": "by-hand:"})
    project.emulator.remove(repository.ids["infer-west"])
    drifted = repository.look()
    issue = (project.folder / "drift.md").read_text()
    return Course(
        repository,
        first_plan,
        first,
        widening,
        other,
        patches,
        widened,
        again,
        same,
        quiet,
        drifted,
        issue,
    )


def headline(ended: Ended) -> str:
    return ended.page.splitlines()[2].removeprefix("## ")


def test_a_first_update_is_planned_and_then_done(course: Course) -> None:
    assert course.first_plan.code == 0, course.first_plan.log
    assert course.first_plan.outputs == {"changes": "true"}
    assert "compared with no update before" in headline(course.first_plan)
    assert course.first.code == 0, course.first.log
    assert headline(course.first).startswith("Stack `test`: updated (7 created); ")
    assert "- created: `000000000006-oidc` (ClusterOidc, " in course.first.page


def test_a_change_that_widens_access_is_shown_before_the_approval_and_in_the_end(
    course: Course,
) -> None:
    """It is compared with the commit that the engine's history has for the last update."""
    assert course.widening.code == 0, course.widening.log
    assert headline(course.widening).startswith("⚠️ Stack `test`: 1 subject gains rights on 2 clus")
    assert course.widened.code == 0, course.widened.log
    assert headline(course.widened).startswith("Stack `test`: updated (2 updated); 1 subject gains")
    assert "**Gains**" in course.widened.page
    assert "platform-admins" in course.widened.page


def test_what_was_not_approved_is_not_done(course: Course) -> None:
    assert course.other.code == 1
    assert headline(course.other) == "🛑 Stack `test`: the update failed"
    assert "is no longer what the plan was made for" in course.other.page
    assert course.patches_of_other == []


def test_a_plan_from_before_the_last_update_is_not_done(course: Course) -> None:
    """An approval may come late, and an older plan may undo what a newer one did."""
    assert course.again.code == 1
    assert headline(course.again) == "🛑 Stack `test`: the plan cannot be used"
    assert "after the plan was made" in course.again.page


def test_what_failed_half_way_is_neither_undone_by_an_older_plan_nor_called_known(
    project: Project,
) -> None:
    repository = repository_of(project)
    repository.merge(identity=IDENTITY)
    assert project.up().code == 0
    repository.merge(identity=WIDER)
    assert repository.plan().code == 0
    target = repository.ids["infer-west"]
    faults.add(project.emulator, "refusal", method="PATCH", target=target, times=1, code=7)
    repository.merge(identity=IDENTITY | {"clientId": "newer"})
    assert project.up("--continue-on-error").code != 0
    project.emulator.clear_requests()

    late, patches = repository.update(), repository.patches()
    newer = repository.plan()
    assert project.destroy().code == 0
    rebuilt = repository.plan()

    assert (late.code, patches) == (1, [])
    assert headline(late) == "🛑 Stack `test`: the plan cannot be used"
    assert "after the plan was made" in late.page
    assert newer.code == 0
    assert "a later update failed, and may have done a part of its work" in newer.page
    assert "compared with no update since it was destroyed" in headline(rebuilt)


def test_a_handover_begins_with_its_plan_and_is_recorded(project: Project) -> None:
    """Its end is known in the update alone; without the record the old names would go at once."""
    repository = repository_of(project)
    repository.merge(identity=IDENTITY)
    assert project.up().code == 0
    repository.merge(identity=IDENTITY | {"groupsPrefix": "new:", "handover": "24h"})

    planned, updated = repository.plan(), repository.update()
    later = repository.plan()

    assert planned.code == 0, planned.log
    assert updated.code == 0, updated.log
    former = {entry["former"]["groups_prefix"] for entry in project.output("handovers").values()}
    assert former == {IDENTITY["groupsPrefix"]}
    assert (later.code, later.outputs["changes"]) == (0, "false"), later.log


def test_a_harmless_change_asks_nobody_for_an_approval(course: Course) -> None:
    assert (course.same.code, course.same.outputs) == (0, {"artifact": "test", "changes": "false"})
    assert "nobody gains or loses rights" in headline(course.same)


def test_drift_is_found_and_named(course: Course) -> None:
    assert course.quiet.code == 0, course.quiet.log
    assert "no drift" in headline(course.quiet)
    assert course.drifted.code == 0, course.drifted.log
    assert course.drifted.outputs == {"artifact": "test", "code": "2"}
    assert "drift: 2 resources changed outside of the stack" in headline(course.drifted)
    text = course.issue
    assert text.startswith("<!-- cks-access drift: test -->\n")
    assert (
        "cluster `train-east`: ClusterOidc `000000000006-oidc` was changed in `groups_prefix`"
        in text
    )
    assert "cluster `infer-west`: ClusterOidc `000000000007-oidc` is gone" in text
    assert '"idp:" => "by-hand:"' in text or '"okta:" => "by-hand:"' in text
    assert "<h1>Access by test" in (course.repository.project.folder / "access.html").read_text()


def test_a_token_that_has_expired_fails_the_watch_with_what_to_do(course: Course) -> None:
    ended = course.repository.look(COREWEAVE_API_TOKEN="CW-SECRET-expired-one")

    assert (ended.code, ended.outputs) == (1, {"artifact": "test", "code": "1"})
    assert headline(ended) == "🛑 Stack `test`: the clusters could not be compared with the state"
    assert "the API answered 401" in ended.page
    assert "create a new one in the console" in ended.page
    assert "CW-SECRET" not in ended.log + ended.page


def test_a_project_in_a_folder_is_planned_and_updated_there(course: Course) -> None:
    """The plan of the folder lies where the job keeps it, and the other job gets it."""
    repository = course.repository
    folder = repository.project.folder

    plan = repository.step("up-stack", "plan", "Plan", folder.name)
    update = repository.step("up-stack", "update", "Update", folder.name)

    assert (plan.code, update.code) == (0, 0), plan.log + update.log
    assert plan.outputs["artifact"] == f"{folder.name}--test"
    assert (folder / "plan.json").exists()
    assert headline(update).startswith("Stack `test`: there was nothing to update; ")


def test_a_missing_secret_fails_before_anything_is_run(course: Course) -> None:
    for ended in (
        course.repository.plan(COREWEAVE_API_TOKEN=""),
        course.repository.look(COREWEAVE_API_TOKEN=""),
        course.repository.step("rotate", "rotate", "Rotate", COREWEAVE_API_TOKEN=""),
    ):
        assert ended.code == 1
        assert "COREWEAVE\\_API\\_TOKEN is not set" in ended.page


def test_an_api_that_cannot_be_reached_fails_before_anything_is_changed(course: Course) -> None:
    repository = course.repository
    repository.project.write(
        environment="development", identity=WIDER, clusters=[{"name": "train-east"}], bindings=[]
    )

    ended = repository.plan(COREWEAVE_API_ENDPOINT="http://127.0.0.1:9")

    repository.merge(identity=WIDER)
    assert (ended.code, ended.outputs) == (1, {"artifact": "test", "changes": "false"})
    assert headline(ended) == "🛑 Stack `test`: the preview failed"
    assert "no answer came back" in ended.page
    assert "check the network" in ended.page


def test_a_locked_state_fails_with_what_to_do(course: Course) -> None:
    project = course.repository.project
    locks = project.folder.parent / "state" / ".pulumi" / "locks" / "organization" / "cks-access"
    (locks / "test").mkdir(parents=True, exist_ok=True)
    lock = locks / "test" / "somebody.json"
    lock.write_text(json.dumps({"pid": 1, "username": "somebody", "hostname": "elsewhere"}))
    plan = project.folder / "plan.json"
    content = json.loads(plan.read_text())
    content["manifest"]["time"] = datetime.now(UTC).isoformat()
    plan.write_text(json.dumps(content))

    ended = course.repository.update()

    lock.unlink()
    assert ended.code == 1
    assert headline(ended) == "🛑 Stack `test`: the update failed"
    assert "another update of this stack is running" in ended.page
    assert "`pulumi cancel` removes its lock" in ended.page


def test_a_state_that_cannot_be_reached_fails_with_what_to_do(course: Course) -> None:
    plan = course.repository.plan(PULUMI_BACKEND_URL="file:///none")
    look = course.repository.look(PULUMI_BACKEND_URL="file:///none")

    for ended in (plan, look):
        assert ended.code == 1
        assert "the backend of the state cannot be reached" in ended.page


def test_a_change_that_breaks_a_rule_is_not_planned(course: Course) -> None:
    repository = course.repository
    repository.merge(identity=WIDER | {"issuerUrl": "http://acme.okta.com"})

    ended = repository.plan()

    repository.merge(identity=WIDER)
    assert (ended.code, ended.outputs) == (1, {"artifact": "test", "changes": "false"})
    assert headline(ended).startswith("🛑 Stack `test`: refused by the rules (")
    assert "OIDC-01" in ended.page


def test_the_code_of_a_pull_request_is_never_updated_with(course: Course, tmp_path: Path) -> None:
    ends = {"head": {"repo": {"full_name": "x/y"}}, "base": {"repo": {"full_name": "acme/y"}}}
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": ends}))
    fork = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event)}
    own = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": ""}
    repository = course.repository
    repository.project.emulator.clear_requests()

    for variables, why in ((fork, "the code of a fork"), (own, "what is not merged")):
        for ended in (
            repository.plan(**variables),
            repository.update(**variables),
            repository.step("rotate", "rotate", "Rotate", **variables),
        ):
            assert ended.code == 1
            assert why in ended.page
    assert repository.look(**fork).code == 1
    assert repository.project.emulator.requests == []


def test_a_base_that_is_not_in_the_clone_stops_an_update_only_if_it_was_named(
    course: Course,
) -> None:
    """The commit of the last update may be gone for good, and must not stop every later one."""
    folder = course.repository.project.folder
    named = subprocess.run(
        ["cks-access", "ci", "up", "test", "--base", "v0", "--save-plan", "plan.json"],
        cwd=folder,
        env=course.repository.project.environment | NOWHERE,
        capture_output=True,
        text=True,
        check=False,
    )
    shutil.move(folder / ".git", folder.parent / "history")
    subprocess.run([*GIT, "init"], cwd=folder, check=True, capture_output=True)

    derived = course.repository.plan()

    shutil.rmtree(folder / ".git")
    shutil.move(folder.parent / "history", folder / ".git")
    assert named.returncode == 1
    assert "its access could not be compared with `v0`" in named.stdout
    assert derived.code == 0, derived.log
    assert headline(derived).startswith("⚠️ Stack `test`: its access could not be compared with")


def test_a_stack_file_that_was_deleted_or_renamed_is_not_updated(course: Course) -> None:
    folder = course.repository.project.folder / "stacks"
    (folder / "Pulumi.test.yaml").rename(folder / "Pulumi.renamed.yaml")

    plan, look = course.repository.plan(), course.repository.look(PULUMI_BACKEND_URL="file:///none")

    (folder / "Pulumi.renamed.yaml").rename(folder / "Pulumi.test.yaml")
    assert (plan.code, look.code) == (1, 1)
    for ended in (plan, look):
        assert "cannot read stacks/Pulumi.test.yaml" in ended.page.replace("\\", "")


def test_a_fork_sees_rules_and_access_and_gets_no_preview(course: Course, tmp_path: Path) -> None:
    """GitHub gives its jobs no secret; the comment goes to the job's page."""
    ends = {"head": {"repo": {"full_name": "x/y"}}, "base": {"repo": {"full_name": "acme/y"}}}
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": ends}))
    fork = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event)}

    ended = course.repository.step("preview", "preview", "Examine", COREWEAVE_API_TOKEN="", **fork)
    shown = course.repository.step("preview", "preview", "Summarise")

    assert ended.code == 0, ended.log
    assert shown.page.startswith("<!-- cks-access preview: test -->")
    assert "**Preview**: left out, because it comes from a fork" in shown.page


def test_the_action_runs_a_job_as_a_step_and_drift_does_not_fail_it(course: Course) -> None:
    found = workflow_step.action_step("Run")
    inputs = {"inputs.command": "drift", "inputs.stack": "test", "inputs.options": "--json"}
    project = course.repository.project

    ended = workflow_step.run(found, project.folder, project.environment | NOWHERE, inputs)
    wrong = workflow_step.run(
        found, project.folder, project.environment | NOWHERE, inputs | {"inputs.options": "--no"}
    )

    assert (ended.code, ended.outputs) == (0, {"code": "2"}), ended.log
    assert '"change": "gone"' in ended.log
    assert (wrong.code, wrong.outputs) == (1, {"code": "1"})


@pytest.fixture
def tokens(bare_project: Project) -> Iterator[tuple[Repository, FakeKubernetes, str]]:
    fake = FakeKubernetes(
        bare_project.environment["COREWEAVE_API_TOKEN"], now=lambda: datetime.now(UTC)
    )
    fake.add_account("ci", "deployer")
    with serve(fake) as url:
        yield Repository(bare_project, {}), fake, url
        bare_project.destroy()
    stored = bare_project.stored()
    assert [minted for minted in fake.minted if minted in stored] == []


def test_tokens_near_their_end_are_renewed_and_nothing_else(
    tokens: tuple[Repository, FakeKubernetes, str],
) -> None:
    repository, fake, url = tokens
    project = repository.project
    account = {
        "server": url,
        "cluster_id": "c",
        "namespace": "ci",
        "service_account": "deployer",
        "lifetime_seconds": 1200,
    }
    due, kept = account | {"renew_before_seconds": 1199}, account | {"renew_before_seconds": 60}
    project.write(clusters={}, tokens={"due": due, "kept": kept})
    assert project.up().code == 0
    project.write(clusters={}, tokens={"due": due, "kept": kept, "new": kept})

    ended = repository.step("rotate", "rotate", "Rotate")

    assert ended.code == 0, ended.log
    assert "1 token renewed" in headline(ended)
    assert "- the token of `ci/deployer` (`due`): renewed; it expires at 2" in ended.page
    assert "- the token of `ci/deployer` (`kept`): kept; it expires at 2" in ended.page
    assert "1 other change waits for an update" in ended.page
    assert len(fake.minted) == 3
    assert "new" not in project.names()
