"""The jobs after a merge, from stack file, git and engine to summary and exit code."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cks_components.api import environment
from cks_components.ci import rotation_job
from cks_components.service_account_token import TYPE_TOKEN
from tests.unit.cli.test_access import bound

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Engine, History
    from tests.unit.conftest import Folder, Printed

URN = "urn:pulumi:test::cks-access::cks:index:ClusterAccess$pulumi-python:dynamic/cks:{}::{}"
OIDC = "pulumi-python:dynamic/cks:ClusterOidc"
BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
STACK = "pulumi:pulumi:Stack"
FILE = "stacks/Pulumi.test.yaml"


def step(
    operation: str,
    kind: str = OIDC,
    name: str = "00000000abcd-oidc",
    **outputs: Any,
) -> dict[str, Any]:
    """An event about a step; `old` and `new` are outputs."""
    versions = {k: {"outputs": v} for k, v in outputs.items()}
    urn = URN.format("Thing", name)
    return {
        "resOutputsEvent": {"metadata": {"op": operation, "type": kind, "urn": urn, **versions}}
    }


def update(head: str = "mian", **more: Any) -> dict[str, Any]:
    """An entry of the engine's history; the revision `mian` is in no clone."""
    whole = {"kind": "update", "result": "succeeded", "endTime": "2026-11-28T12:00:00.000Z"}
    return whole | {"environment": {"git.head": head}} | more


PLAN = '{{"manifest": {{"time": "{}"}}, "resourcePlans": {{}}}}'


@pytest.fixture
def merged(folder: Folder, history: History, engine: Engine) -> Folder:
    """A stack whose last update was made from the revision `main`."""
    folder.write(**bound("view", "ml"))
    history["Pulumi.test.yaml"] = (folder.path / FILE).read_bytes()
    engine.history = [
        update(message="cks-access ci rotate"),
        update(kind="refresh"),
        update("main"),
        update(result="failed"),
        update(kind="destroy"),
    ]
    engine.update.events = [step("update", new={"a": 1}), step("same", STACK, "test")]
    return folder


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job of GitHub Actions; its page, beside which its outputs lie."""
    page = tmp_path / "page.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    return page


def headline(printed: Printed) -> str:
    return printed.out.splitlines()[2].removeprefix("## ")


def points(printed: Printed) -> list[str]:
    return [line for line in printed.out.splitlines() if line.startswith(("- 🛑", "- ⚠️"))]


def options(command: list[str], name: str) -> list[str]:
    return [c.partition("=")[2] for c in command if c.startswith(f"--{name}=")]


def test_an_update_does_what_it_has_planned_and_says_who_gains(
    merged: Folder, engine: Engine, job: Path
) -> None:
    merged.write(**bound("cluster-admin", "ml"))

    printed = merged.run("ci", "up", "test")

    history, preview, update = engine.commands
    assert printed.code == 0, printed.out
    assert "history" in history
    assert preview[1] == "preview"
    assert update[1:5] == ["up", "--yes", "--skip-preview", "--continue-on-error"]
    assert options(preview, "save-plan") == options(update, "plan") != []
    assert options(update, "message") == ["cks-access ci up"]
    assert headline(printed).startswith("Stack `test`: updated (1 updated); 1 subject gains")
    assert "**Gains**" in printed.out
    assert "- updated: `00000000abcd-oidc` (ClusterOidc)" in printed.out
    assert [p for p in points(printed) if "cluster-admin" in p]
    assert job.read_text() == printed.out


def test_a_plan_shows_what_updates_may_do_now_and_that_the_program_changes(
    merged: Folder, history: History, engine: Engine, job: Path
) -> None:
    """Whoever approves it sees no comment of a pull request."""
    assert job.parent.exists()
    engine.plans(update=1)
    history.changed = ["__main__.py"]
    given = bound("view", "ml")
    merged.write(**given | {"identity": given["identity"] | {"adopt": True}})

    printed = merged.run("ci", "up", "test", "--save-plan", "plan.json")

    assert printed.code == 0, printed.out
    adoption, program = points(printed)
    assert adoption.startswith("- ⚠️ `identity.adopt`: `false` → `true`: ")
    assert program.startswith("- ⚠️ the program changes (`__main__.py`): ")


def test_after_a_destroy_everybody_of_the_file_gains(merged: Folder, engine: Engine) -> None:
    merged.write(**bound("cluster-admin", "ml"))
    engine.history.insert(0, update(kind="destroy"))
    engine.plans(create=3)

    printed = merged.run("ci", "up", "test", "--save-plan", "plan.json")

    assert headline(printed).startswith("⚠️ Stack `test`: 1 subject gains rights on 1 cluster; ")
    assert "compared with no update since it was destroyed" in printed.out


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"result": "failed"}, "a later update failed, and may have done a part of its work"),
        (
            {"result": "failed", "kind": "destroy"},
            "a later destroy failed, and may have done a part of its work",
        ),
        (
            {"environment": {"git.head": "main", "git.dirty": "true"}},
            "the last update was made beside files that were not committed: what these gave is not in",
        ),
    ],
    ids=["failed", "half destroyed", "uncommitted"],
)
def test_what_no_commit_has_is_looked_at_before_an_approval(
    merged: Folder, engine: Engine, entry: dict[str, Any], said: str
) -> None:
    engine.history.insert(0, update(**entry))
    engine.plans(update=1)

    printed = merged.run("ci", "up", "test", "--save-plan", "plan.json")
    named = merged.run("ci", "up", "test", "--save-plan", "plan.json", "--base", "main")

    assert printed.code == 0
    (point,) = points(printed)
    assert point.startswith(f"- ⚠️ {said}")
    assert point.endswith("only the preview shows whether somebody gains or loses it now")
    assert points(named) == []


def test_a_file_that_git_does_not_track_makes_no_job_doubtful(
    merged: Folder, history: History, engine: Engine
) -> None:
    """Such as a plan in the checkout; the engine calls it dirty then."""
    dirty = {"git.head": "main", "git.dirty": "true"}
    engine.history.insert(0, update(environment=dirty, message="cks-access ci up"))

    printed = merged.run("ci", "up", "test")
    history.changed = [str(merged.path / FILE)]
    merged.run("ci", "up", "test")
    history.unknown.add("HEAD")
    merged.run("ci", "up", "test")

    messages = [options(c, "message")[0] for c in engine.commands if c[1] == "up"]
    clean, changed, outside = messages
    assert points(printed) == []
    assert clean == outside == "cks-access ci up"
    assert changed == "cks-access ci up, with changes that are not committed"


@pytest.mark.parametrize(
    ("entry", "is_refused"),
    [
        ({"resourceChanges": {"same": 3, "update": 1}}, True),
        ({"resourceChanges": {"same": 3}}, False),
        ({}, True),
        ({"kind": "destroy", "result": "succeeded"}, True),
        ({"kind": "refresh"}, False),
    ],
    ids=["a part", "nothing", "unknown", "destroyed", "refreshed"],
)
def test_a_plan_from_before_any_later_change_is_not_done(
    merged: Folder, engine: Engine, entry: dict[str, Any], *, is_refused: bool
) -> None:
    """What a failed update has done is undone by an older plan too."""
    later = {"result": "failed", "endTime": "2026-11-28T14:00:00.000Z"}
    engine.history.insert(0, update(**later | entry))
    Path("plan.json").write_text(PLAN.format("2026-11-28T13:00:00Z"))

    printed = merged.run("ci", "up", "test", "--plan", "plan.json")

    refused = "the stack was changed at 2026-11-28 14:00:00, after the plan was made"
    assert (refused in printed.out) == is_refused
    assert printed.code == int(is_refused)


def test_an_update_without_a_change_says_so(merged: Folder, engine: Engine) -> None:
    engine.update.events = [step("same", STACK, "test")]

    printed = merged.run("ci", "up", "test")

    assert printed.code == 0
    assert headline(printed).startswith("Stack `test`: there was nothing to update; ")


def test_steps_of_the_engine_are_counted_once_and_described(merged: Folder, engine: Engine) -> None:
    engine.update.events = [
        step("create-replacement"),
        step("replace"),
        step("delete-replaced"),
        step("odd", BINDING, "b"),
        step("create", new={"cluster_name": "train-east"}),
        {
            "diagnosticEvent": {
                "severity": "info",
                "ephemeral": True,
                "urn": URN.format("Thing", "b"),
                "message": "binding of ml\n",
            }
        },
    ]

    printed = merged.run("ci", "up", "test")

    assert "updated (1 replaced, 1 odd, 1 created);" in headline(printed)
    assert "- created: `00000000abcd-oidc` (ClusterOidc, cluster `train-east`)" in printed.out
    assert "- odd: `b` (RoleBinding, binding of ml)" in printed.out
    engine.update.events = [step("create-replacement")]
    assert "updated (replacements only)" in headline(merged.run("ci", "up", "test"))


def test_a_warning_of_an_update_stands_first(merged: Folder, engine: Engine) -> None:
    warning = {"severity": "warning", "message": "the token expires soon\n"}
    engine.update.events.append({"diagnosticEvent": warning})

    printed = merged.run("ci", "up", "test")

    assert headline(printed) == "⚠️ Stack `test`: updated (1 updated)"
    assert points(printed) == ["- ⚠️ the token expires soon"]


def test_a_plan_for_an_approval_changes_nothing_and_says_whether_there_is_a_change(
    merged: Folder, engine: Engine, job: Path
) -> None:
    engine.plans(update=1)
    engine.events.append(step("same", STACK, "test", old={"access": 1}, new={"access": 2}))

    printed = merged.run("ci", "up", "test", "--save-plan", "plan.json")

    assert printed.code == 0
    assert options(engine.commands[-1], "save-plan") == ["plan.json"]
    assert [c[1] for c in engine.commands] == ["--non-interactive", "preview"]
    assert job.with_name("outputs").read_text() == "changes=true\n"
    engine.events = [step("same", STACK, "test", old={"access": 1}, new={"access": 1})]
    merged.run("ci", "up", "test", "--save-plan", "plan.json")
    assert job.with_name("outputs").read_text() == "changes=true\nchanges=false\n"


def test_a_plan_that_was_approved_is_done_without_another(merged: Folder, engine: Engine) -> None:
    Path("plan.json").write_text(PLAN.format("2026-11-28T12:00:00.5Z"))

    printed = merged.run("ci", "up", "test", "--plan", "plan.json")

    assert printed.code == 0
    assert [c[1] for c in engine.commands] == ["--non-interactive", "up"]
    assert options(engine.commands[-1], "plan") == ["plan.json"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "cannot read the plan plan.json: No such file or directory"),
        ("{", "plan.json is not a plan of pulumi"),
        ("{}", "plan.json is not a plan of pulumi"),
        ("[" * 100_000, "plan.json is not a plan of pulumi"),
        (
            PLAN.format("2026-11-28T11:59:59.5+00:00"),
            "the stack was changed at 2026-11-28 12:00:00",
        ),
    ],
)
def test_a_file_that_is_no_plan_or_an_old_one_is_named(
    merged: Folder, engine: Engine, text: str | None, told: str
) -> None:
    if text is not None:
        Path("plan.json").write_text(text)

    printed = merged.run("ci", "up", "test", "--plan", "plan.json")

    assert (printed.code, headline(printed)) == (1, "🛑 Stack `test`: the plan cannot be used")
    assert told in points(printed)[0]
    assert "--save-plan" in points(printed)[0] or "run the whole job again" in points(printed)[0]
    assert len(engine.commands) == 1


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        ("resource x violates plan: properties changed", "run the whole job again for a new plan"),
        ("cannot change OIDC: 403", "the next update continues where this one stopped"),
    ],
)
def test_a_failed_update_says_what_to_do(
    merged: Folder, engine: Engine, error: str, advice: str
) -> None:
    engine.update.code = 255
    for message in (error, "update failed"):  # as the engine ends with --continue-on-error
        engine.update.events.append({"diagnosticEvent": {"severity": "error", "message": message}})

    printed = merged.run("ci", "up", "test")

    assert (printed.code, headline(printed)) == (1, "🛑 Stack `test`: the update failed")
    assert error in points(printed)[0]
    assert advice in points(printed)[1]
    assert "<summary>What was changed: 1 updated</summary>" in printed.out


def test_a_locked_state_is_a_failure_with_what_to_do(merged: Folder, engine: Engine) -> None:
    engine.update.code, engine.update.events = 1, []
    engine.update.err = (
        "warning: A new version of Pulumi is available. To upgrade\n"
        "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es)\n"
        "  s3://b/.pulumi/locks/x.json: created by ann@laptop (pid 7) at 2026-11-28T12:00:00Z\n"
    )

    printed = merged.run("ci", "up", "test")

    assert printed.code == 1
    (point,) = points(printed)
    assert point.startswith(
        "- 🛑 the state is locked by ann@laptop (pid 7) at 2026-11-28T12:00:00Z; another update of "
        "this stack is running: run the job again when it has ended"
    )


def test_a_missing_engine_is_a_failure(merged: Folder, engine: Engine) -> None:
    engine.update.failure = FileNotFoundError(2, "No such file or directory")

    printed = merged.run("ci", "up", "test")

    assert printed.code == 1
    assert points(printed) == ["- 🛑 pulumi is not installed; install it"]


def test_an_interrupt_is_handed_on_and_its_end_is_waited_for(
    merged: Folder, engine: Engine
) -> None:
    engine.update.is_interrupted, engine.update.code = True, 1

    printed = merged.run("ci", "up", "test")

    assert engine.update.signals == [signal.SIGINT]
    assert (printed.code, headline(printed)) == (1, "🛑 Stack `test`: the update failed")


def test_a_preview_that_fails_stops_the_update(merged: Folder, engine: Engine) -> None:
    engine.code = 1
    engine.said("error", "cannot list the clusters: the API answered 401")

    printed = merged.run("ci", "up", "test")

    assert (printed.code, headline(printed)) == (1, "🛑 Stack `test`: the preview failed")
    assert [c[1] for c in engine.commands] == ["--non-interactive", "preview"]


def test_a_rule_stops_the_update(merged: Folder, engine: Engine) -> None:
    merged.write(**bound("view", "ml") | {"environment": "prod"})

    for more in ([], ["--save-plan", "plan.json"]):
        printed = merged.run("ci", "up", "test", *more)
        assert printed.code == 1
        assert headline(printed).startswith("🛑 Stack `test`: refused by the rules")
    assert engine.commands == []


def test_a_broken_promise_stops_the_update(merged: Folder, engine: Engine) -> None:
    promise = {"groups": ["ml"], "can": ["delete nodes"]}
    merged.write(**bound("view", "ml") | {"expect": [promise]})

    printed = merged.run("ci", "up", "test")

    assert printed.code == 1
    assert "tests of access" in headline(printed)
    assert engine.commands == []


def test_what_stood_in_the_file_at_the_merge_is_not_new(merged: Folder) -> None:
    merged.write(**bound("edti", "ml"))

    printed = merged.run("ci", "up", "test")

    assert printed.code == 0
    assert "Rules: 1 warning as before" in printed.out


def test_a_file_that_cannot_be_read_stops_the_update(merged: Folder, engine: Engine) -> None:
    (merged.path / FILE).write_text("config: [")

    printed = merged.run("ci", "up", "test")

    assert (printed.code, headline(printed)) == (1, "🛑 Stack `test`: its file cannot be read")
    assert engine.commands == []


def test_a_first_update_is_compared_with_nothing(merged: Folder, engine: Engine) -> None:
    engine.history = []
    first = merged.run("ci", "up", "test")
    engine.history = [update() | {"environment": {}}]
    outside = merged.run("ci", "up", "test")

    assert "compared with no update before" in first.out
    assert "compared with no revision" in outside.out


def test_a_history_that_cannot_be_read_stops_the_update(merged: Folder, engine: Engine) -> None:
    engine.history_error = "error: getting stack: incorrect passphrase"

    printed = merged.run("ci", "up", "test")

    assert (printed.code, headline(printed)) == (
        1,
        "🛑 Stack `test`: its history cannot be read",
    )
    assert "give the job the stack's `PULUMI_CONFIG_PASSPHRASE`" in points(printed)[0]


def test_a_commit_that_is_gone_stops_an_update_only_if_it_was_named(
    merged: Folder, engine: Engine
) -> None:
    engine.history = [update()]

    derived, named = (
        merged.run("ci", "up", "test"),
        merged.run("ci", "up", "test", "--base", "mian"),
    )

    assert (derived.code, named.code) == (0, 1)
    assert headline(derived).startswith(
        "Stack `test`: updated (1 updated); its access could not be"
    )
    assert headline(named) == "🛑 Stack `test`: its access could not be compared with `mian`"


def test_access_that_is_not_known_offline_does_not_stop_an_update(merged: Folder) -> None:
    settings = bound("view", "ml")
    bindings = {"secure": "v1:abc"}
    merged.write(**settings | {"bindings": bindings})

    printed = merged.run("ci", "up", "test")

    assert printed.code == 0, printed.out
    assert "**Access**: left out, because " in printed.out


@pytest.mark.parametrize(
    "variables",
    [
        {"GITHUB_EVENT_NAME": "pull_request_target"},
        {"GITHUB_EVENT_NAME": "merge_group"},
        {"GITHUB_EVENT_NAME": "issue_comment"},
        {"GITHUB_EVENT_NAME": "workflow_run"},
        {"CI_MERGE_REQUEST_IID": "7"},
    ],
)
@pytest.mark.parametrize("verb", ["up", "rotate"])
def test_a_pull_request_changes_nothing(
    merged: Folder,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    verb: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    printed = merged.run("ci", verb, "test")

    assert printed.code == 1
    assert "what is not merged has not been approved" in points(printed)[0]
    assert engine.commands == []


@pytest.mark.parametrize("verb", ["up", "rotate", "drift"])
def test_the_code_of_a_fork_and_a_missing_token_are_said_at_once(
    merged: Folder, engine: Engine, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setenv("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "6")
    monkeypatch.setenv("CI_MERGE_REQUEST_PROJECT_ID", "5")
    monkeypatch.delenv(environment.TOKEN)

    printed = merged.run("ci", verb, "test")

    assert printed.code == 1
    fork, token = points(printed)
    assert "the code of a fork" in fork
    assert "COREWEAVE\\_API\\_TOKEN is not set" in token
    assert engine.commands == []


def test_a_page_that_cannot_be_written_is_named(merged: Folder, job: Path) -> None:
    job.mkdir()

    printed = merged.run("ci", "up", "test")

    assert (printed.code, "cannot write to" in printed.err) == (1, True)


@pytest.mark.parametrize("end", ["-passphrase", "_pass*phrase", '"pass\\phrase"', "<pass&phrase>"])
def test_no_secret_of_the_job_is_in_a_summary(
    merged: Folder, engine: Engine, job: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    secret = "not-a-real" + end
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", secret)
    warning = {"severity": "warning", "message": f"it is {secret}"}
    engine.events = [{"diagnosticEvent": warning}, step("update", name=secret, old={secret: 1})]
    engine.update.events.append({"diagnosticEvent": warning})

    up = merged.run("ci", "up", "test")
    drift = merged.run("ci", "drift", "test", "--output", "drift.md")
    data = merged.run("ci", "drift", "test", "--json")

    texts = (up.out, up.err, drift.out, data.out, job.read_text(), Path("drift.md").read_text())
    assert [text for text in texts if "not-a-real" in text] == []
    assert [text for text in texts if "[secret]" in text] == list(texts[:1] + texts[2:])


NAMED = {"cluster_id": "1b5274f2-0000-0000-0000-00000000abcd", "cluster_name": "train-east"}


def test_no_drift_is_said_with_what_was_looked_at(merged: Folder, engine: Engine) -> None:
    engine.events = [step("same", old=NAMED), step("same", STACK, "test", old={"a": 1})]

    one = merged.run("ci", "drift", "test")
    engine.events.append(step("same", BINDING, "00000000abcd-ml", old={"a": 1}))
    two = merged.run("ci", "drift", "test")

    assert (one.code, two.code) == (0, 0)
    assert headline(one) == "Stack `test`: no drift in 1 resource"
    assert headline(two) == "Stack `test`: no drift in 2 resources"
    assert engine.commands[0][1:3] == ["refresh", "--preview-only"]


def test_a_state_without_resources_is_no_proof_that_nothing_has_drifted(
    merged: Folder, engine: Engine
) -> None:
    engine.events = [step("same", STACK, "test", old={"a": 1})]

    printed = merged.run("ci", "drift", "test")
    data = json.loads(merged.run("ci", "drift", "test", "--json").out)

    assert (printed.code, headline(printed)) == (
        1,
        "🛑 Stack `test`: not everything could be looked at",
    )
    (point,) = points(printed)
    assert "nothing was compared: the state of this stack is empty; was the stack ever" in point
    assert len(data["problems"]) == 1


@pytest.mark.parametrize(
    "job", [("up",), ("up", "--save-plan", "new"), ("up", "--plan", "old"), ("drift",), ("rotate",)]
)
def test_a_missing_virtual_environment_is_named_before_the_engine_fails_without_it(
    merged: Folder, engine: Engine, job: tuple[str, ...]
) -> None:
    project = merged.path / "Pulumi.yaml"
    runtime = "runtime: {name: python, options: {virtualenv: .venv}}"
    project.write_text(f"{project.read_text()}{runtime}\n")

    Path("old").write_text(PLAN.format("2026-11-28T13:00:00Z"))

    missing = merged.run("ci", job[0], "test", *job[1:])
    asked = [command for command in engine.commands if "history" not in command]
    (merged.path / ".venv").mkdir()
    merged.run("ci", job[0], "test", *job[1:])

    assert missing.code == 1
    (point,) = points(missing)
    assert "the folder .venv that Pulumi.yaml names (virtualenv) does not exist; run the" in point
    assert asked == []
    assert [command for command in engine.commands if "history" not in command]


def test_drift_is_named_by_cluster_resource_and_key(merged: Folder, engine: Engine) -> None:
    engine.said("info", "somebody changed it")
    engine.events += [
        step("update", old=NAMED | {"groups_prefix": "a", "__x": 1}, new=NAMED | {"__x": 2}),
        step("delete", BINDING, "00000000abcd-ml", old={"a": 1}),
        step("update", BINDING, "elsewhere"),
    ]

    printed = merged.run("ci", "drift", "test", "--output", "drift.md", "--html", "access.html")
    data = json.loads(merged.run("ci", "drift", "test", "--json").out)

    assert printed.code == 2
    assert headline(printed) == "⚠️ Stack `test`: drift: 3 resources changed outside of the stack"
    assert points(printed) == [
        "- ⚠️ cluster `train-east`: ClusterOidc `00000000abcd-oidc` was changed in `groups_prefix`",
        "- ⚠️ cluster `train-east`: RoleBinding `00000000abcd-ml` is gone",
        "- ⚠️ RoleBinding `elsewhere` was changed",
    ]
    assert "- somebody changed it" in printed.out
    assert "`pulumi refresh` and then `pulumi up` undo it" in printed.out
    assert Path("drift.md").read_text() == printed.out
    assert "<h1>Access by test</h1>" in Path("access.html").read_text()
    assert [(d["cluster"], d["change"], d["keys"]) for d in data["drift"]] == [
        ("train-east", "changed", ["groups_prefix"]),
        ("train-east", "gone", []),
        ("", "changed", []),
    ]
    assert (data["stack"], data["ended"], data["problems"]) == ("test", [], [])


def test_a_page_of_drift_in_a_folder_that_is_not_there_is_refused_before_the_look(
    merged: Folder, engine: Engine
) -> None:
    printed = merged.run("ci", "drift", "test", "--html", "no/such/folder/a.html")

    assert (printed.code, printed.out) == (1, "")
    assert "there is no folder no/such/folder; create it" in printed.err
    assert engine.commands == []


def test_one_resource_is_one(merged: Folder, engine: Engine) -> None:
    engine.events = [step("delete")]

    assert "drift: 1 resource changed" in headline(merged.run("ci", "drift", "test"))


def test_rights_that_have_ended_are_found_too(merged: Folder, engine: Engine) -> None:
    engine.events = [step("same", old=NAMED)]
    ended = {"groups": ["ml"], "clusterRole": "view", "until": "2020-01-01"}
    merged.write(**bound("view", "ml") | {"bindings": [ended]})

    one = merged.run("ci", "drift", "test")
    data = json.loads(merged.run("ci", "drift", "test", "--json").out)
    merged.write(**bound("view", "ml") | {"bindings": [ended, ended | {"groups": ["a"]}]})
    two = merged.run("ci", "drift", "test")

    assert (one.code, two.code) == (2, 2)
    assert "1 right has ended" in headline(one)
    assert "2 rights have ended" in headline(two)
    assert "run `pulumi up` first, which takes it away" in points(one)[0]
    assert data["ended"][0]["path"] == "bindings[0]"


def test_what_could_not_be_looked_at_fails_and_the_rest_is_shown(
    merged: Folder, engine: Engine
) -> None:
    engine.code = 255
    engine.said("error", "cannot read cluster train-east: 403")
    engine.events.append(step("delete", old=NAMED))

    printed = merged.run("ci", "drift", "test")
    data = json.loads(merged.run("ci", "drift", "test", "--json").out)

    assert printed.code == 1
    assert headline(printed) == "🛑 Stack `test`: the clusters could not be compared with the state"
    assert len(points(printed)) == 2
    assert data["problems"] == ["cannot read cluster train-east: 403"]


def test_a_deleted_stack_file_fails_and_the_clusters_are_looked_at(
    merged: Folder, engine: Engine
) -> None:
    (merged.path / FILE).unlink()

    printed = merged.run("ci", "drift", "test", "--html", "access.html")

    assert (printed.code, headline(printed)) == (
        1,
        "🛑 Stack `test`: not everything could be looked at",
    )
    assert len(engine.commands) == 1
    assert not Path("access.html").exists()


def token(operation: str, name: str, old: str, new: str = "") -> dict[str, Any]:
    account = {"namespace": "ci", "service_account": name}
    before, after = account | {"expires_at": old}, account | {"expires_at": new or old}
    return step(operation, rotation_job.TYPE_TOKEN, name, old=before, new=after)


def test_tokens_that_are_due_are_renewed_and_nothing_else(merged: Folder, engine: Engine) -> None:
    engine.events = [
        token("update", "due", "2026-01-01"),
        token("same", "kept", "2027-01-01"),
        step("update"),
        step("update", STACK, "test"),
    ]
    engine.update.events = [token("update", "due", "2026-01-01", "2026-02-01")]

    printed = merged.run("ci", "rotate", "test")

    assert printed.code == 0
    assert options(engine.commands[-1], "target") == [URN.format("Thing", "due")]
    assert options(engine.commands[-1], "message") == ["cks-access ci rotate"]
    assert headline(printed) == "⚠️ Stack `test`: 1 token renewed"
    assert "hand out the new kubeconfigs" in points(printed)[0]
    assert "- the token of `ci/due` (`due`): renewed; it expires at 2026-02-01" in printed.out
    assert "- the token of `ci/kept` (`kept`): kept; it expires at 2027-01-01" in printed.out
    assert "1 other change waits for an update, and this job leaves it to" in printed.out


def test_without_a_token_that_is_due_nothing_is_run(merged: Folder, engine: Engine) -> None:
    engine.events = [token("same", "kept", "2027-01-01"), step("update"), step("create", name="b")]

    printed = merged.run("ci", "rotate", "test")
    engine.events = []
    none = merged.run("ci", "rotate", "test")

    assert (printed.code, none.code) == (0, 0)
    assert headline(printed).startswith("Stack `test`: no token is due, of 1 token stored; ")
    assert "2 other changes wait for an update, and this job leaves them to" in printed.out
    assert headline(none) == "Stack `test`: no token is stored"
    assert {c[1] for c in engine.commands} == {"preview"}


def test_a_token_that_could_not_be_renewed_fails_with_its_end(
    merged: Folder, engine: Engine
) -> None:
    engine.events = [token("update", n, "2026-01-01") for n in ("a", "b", "c")]
    engine.update.code = 255
    engine.update.events = [
        token("update", "a", "2026-01-01", "2026-02-01"),
        {"diagnosticEvent": {"severity": "error", "message": "cannot mint a token: 403"}},
        {"diagnosticEvent": {"severity": "warning", "message": "the lifetime was shortened"}},
    ]

    printed = merged.run("ci", "rotate", "test")

    assert printed.code == 1
    assert headline(printed) == "🛑 Stack `test`: 2 tokens could not be renewed; 1 token renewed"
    assert points(printed)[0] == "- 🛑 cannot mint a token: 403"
    assert (
        "the token of `ci/b` (`b`) was not renewed; it expires at 2026-01-01" in points(printed)[1]
    )
    assert "- the token of `ci/c` (`c`): not renewed; it expires at" in printed.out
    assert "- ⚠️ the lifetime was shortened" in points(printed)


def test_a_preview_that_fails_stops_the_rotation(merged: Folder, engine: Engine) -> None:
    engine.code, engine.err = 1, "error: no stack named 'test' found"

    printed = merged.run("ci", "rotate", "test")

    assert printed.code == 1
    assert headline(printed) == "🛑 Stack `test`: it could not be found out which tokens are due"
    assert "a new stack is made with `pulumi stack init`" in points(printed)[0]


def test_a_stored_token_has_the_type_that_the_rotation_looks_for() -> None:
    assert rotation_job.TYPE_TOKEN == TYPE_TOKEN
